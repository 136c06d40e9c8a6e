"""Subjects come back as they were written, whatever reads them."""

from __future__ import annotations

import re
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.providers.smtp.encoded_words import encode_words

pytestmark = pytest.mark.one_database

LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])
DANISH = st.lists(
    st.sampled_from(["Brand", "på", "Københavnsvej", "Nørrebro", "ild", "–", "i", "Ærø", ""])
).map(" ".join)


@given(st.one_of(st.text(LETTERS), DANISH))
def test_a_subject_comes_back(subject: str) -> None:
    encoded = encode_words(subject, len("Subject: "))
    lines = f"Subject: {encoded}".split("\r\n")
    assert all(len(line) <= 76 for line in lines)
    assert all(len(word) <= 75 for word in re.findall(r"=\?\S+", encoded))
    assert str(make_header(decode_header(encoded.replace("\r\n", "")))) == subject
