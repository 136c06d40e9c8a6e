"""Alert codes can be read aloud and typed back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.codes import ALPHABET, CODE_LENGTH, new_code, normalise_code


def test_codes_use_no_letters_that_look_alike() -> None:
    assert not set(ALPHABET) & set("0O1IL")
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) for code in codes)


@given(st.text(ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH))
def test_a_code_is_known_however_it_is_typed(code: str) -> None:
    assert normalise_code(f" {code[:3].lower()}-{code[3:]} ") == code
