"""Keys and slips of street names, and readings of addresses, for every text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from areas.addresses.street_keys import (
    SHORTEST_MISSPELT,
    is_slip,
    slips,
    street_key,
    street_keys,
)
from areas.addresses.written_address import HIGHEST_NUMBER, LONGEST_ADDRESS, read_address

pytestmark = pytest.mark.one_database

WORDS = ["Slots", "Sankt", "Anne", "Gammel", "Ågade", "vej", "Øster", "Ærø", "H.C.", "Kær", "10."]
names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
letters = st.sampled_from("bcfghjkmnpqrsvwxz")
keys = st.text(letters, min_size=SHORTEST_MISSPELT, max_size=20)


@given(names)
def test_case_accents_and_spaces_make_no_difference(name: str) -> None:
    plain = name.replace("Å", "Aa").replace("Ø", "Oe").replace("Æ", "Ae").replace("æ", "ae")
    for written in (name.upper(), name.lower(), plain, f"  {name} ", name.replace("å", "a")):
        assert street_key(written) == street_key(name)


@given(st.text(max_size=100))
def test_every_name_is_found_by_its_own_key(name: str) -> None:
    key = street_key(name)
    assert key in street_keys(name) or not key
    assert len(key) <= 80


@given(keys, st.data())
def test_a_key_with_one_slip_shares_a_number(key: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(key) - 1))
    letter = data.draw(letters)
    slipped = [
        key[:at] + letter + key[at + 1 :],
        key[:at] + letter + key[at:],
        key[:at] + key[at + 1 :],
        key[:at] + key[at + 1 : at + 2] + key[at] + key[at + 2 :],
    ]
    for other in slipped:
        if len(other) >= SHORTEST_MISSPELT:
            assert slips(key) & slips(other)
            assert is_slip(other, key) or other == key or street_key(other) == street_key(key)


@given(st.text(max_size=LONGEST_ADDRESS + 20))
def test_every_text_can_be_read(text: str) -> None:
    for reading in read_address(text):
        assert any(map(str.isalpha, reading.street))
        assert reading.number is None or 1 <= reading.number <= HIGHEST_NUMBER
        assert reading.last is None or reading.last > (reading.number or 0)
        assert reading.postcode is None or len(reading.postcode) == 4


@given(
    st.sampled_from(["Slotsgade", "Sankt Anne Gade", "Ågade", "1. Maj Allé"]),
    st.integers(1, HIGHEST_NUMBER),
    st.sampled_from(["", "A", "B", "K"]),
    st.sampled_from(["", ", st. tv", ", 2. th.", ", kl.", ", 1. sal"]),
    st.sampled_from(["", ", 3400 Hillerød", ", Hillerød", " 3400"]),
)
def test_a_written_address_is_read_back(
    street: str, number: int, letter: str, floor: str, place: str
) -> None:
    first = read_address(f"{street} {number}{letter}{floor}{place}")[0]

    assert (first.street, first.number, first.letter) == (street, number, letter)
    assert first.postcode == ("3400" if "3400" in place else None)
    assert first.town == ("Hillerød" if "Hillerød" in place else "")
