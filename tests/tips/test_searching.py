"""Searching a case: plates and numbers are found however they are written, in the tip or here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.tips.factories import ROBBERY, actor_of, case_of, make_appeal, text_in
from tips.inbox import search_tips
from tips.searching import Search

PLATES = ["AB 12 345", "AB12345", "ab12345", "AB-12-345", "ab 12345", "A B 1 2 3 4 5", "AB12 345"]
PHONES = [
    "22334455", "22 33 44 55", "+45 22 33 44 55", "+4522334455", "0045 22334455", "22-33-44-55",
    "4522334455", "2233 4455", "+45-22334455",
]  # fmt: skip


@pytest.mark.parametrize("kind", [PLATES, PHONES])
def test_every_spelling_finds_every_other(kind: list[str]) -> None:
    for written in kind:
        for searched in kind:
            assert Search(searched).finds(f"Ring til {written}, tak"), (written, searched)
            assert Search(f"tak {searched} ring").finds(f"Ring til {written}, tak")


@pytest.mark.parametrize(
    ("searched", "text"),
    [
        ("AB 12 345", "AB 12 354"), ("AB12345", "CD12345"), ("22334455", "22334456"),
        ("12", "3412"), ("bil AB12345", "AB12345"), ("", "AB12345"),
        ("B12345", "AB 12345"), ("--", "--"),
    ],
)  # fmt: skip
def test_what_is_something_else_is_not_found(searched: str, text: str) -> None:
    assert not Search(searched).finds(text)


def test_words_are_found_by_their_beginnings_in_any_order() -> None:
    assert Search("vogn rød").finds("En RØD vogntog-lastbil")
    assert not Search("vogn rød").finds("En rød varevogn")


@given(
    st.from_regex(r"[A-Z]{2}[0-9]{5}", fullmatch=True),
    st.lists(st.sampled_from(["", " ", "-", ". "]), min_size=6, max_size=6),
    st.lists(st.sampled_from(["", " ", "-"]), min_size=6, max_size=6),
)
def test_any_breaks_in_a_plate_change_nothing(
    plate: str, in_text: list[str], in_search: list[str]
) -> None:
    def broken(breaks: list[str]) -> str:
        return plate[0] + "".join(a + b for a, b in zip(breaks, plate[1:], strict=True))

    assert Search(broken(in_search)).finds(f"set {broken(in_text)} i går")


def test_among_three_hundred_tips_the_same_ones_are_found(session: Session) -> None:
    make_appeal(session)
    for number in range(300):
        spelling = PLATES[number % len(PLATES)] if number % 50 == 0 else f"CD {number:02} 999"
        phone = f"+45201{number:05}"
        text_in(session, f"Bilen var {spelling}, sag {ROBBERY}", phone=phone)
    case, reader = case_of(session), actor_of(session)
    found = [
        {row.tip.id for row in search_tips(session, reader, case, spelling).rows}
        for spelling in PLATES
    ]
    assert len(found[0]) == 6
    assert all(each == found[0] for each in found)
    assert len(search_tips(session, reader, case, "bilen").rows) == 200
    assert search_tips(session, reader, case, "bilen").total == 300
