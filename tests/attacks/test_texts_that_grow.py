"""Letters that stand for many others do not make a short text a long one to read."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable

import pytest

from dispatch.addresses import AddressError, parse_sender
from dispatch.models import Channel
from subscribers.sms.vocabulary import words_in
from tips.intake.danger import is_dangerous
from web.texts.folding import LONGEST, compose, fold, fold_words
from web.texts.words import plain_words

pytestmark = pytest.mark.one_database

LETTER_OF_EIGHTEEN = "\ufdfa"
GROWING = [
    letter
    for letter in map(chr, range(sys.maxunicode + 1))
    if len(unicodedata.normalize("NFKC", letter)) > 5
]
READERS: list[Callable[[str], str]] = [
    compose,
    fold,
    fold_words,
    plain_words,
    lambda text: " ".join(words_in(text)),
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("letter", [LETTER_OF_EIGHTEEN, "å", "\u0390", "½ ", "🆘", "x "])
def test_what_is_compared_is_bounded(read: Callable[[str], str], letter: str) -> None:
    assert len(read(letter * 30_000)) <= LONGEST + 2


def test_no_letter_is_read_as_more_than_the_bound() -> None:
    assert LETTER_OF_EIGHTEEN in GROWING
    for letter in GROWING:
        assert len(plain_words(letter * 10_000)) <= LONGEST + 2, hex(ord(letter))


def test_a_tip_of_the_greatest_length_is_read_to_its_end() -> None:
    before = "å" * 3 + " "
    text = before * 2_490 + "han skyder"
    assert len(text) < 10_000
    assert is_dangerous(text)
    assert not is_dangerous(before * 2_490)


def test_a_sender_that_grows_is_refused() -> None:
    with pytest.raises(AddressError):
        parse_sender(Channel.SMS, LETTER_OF_EIGHTEEN * 10_000)
