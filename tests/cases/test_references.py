"""Journal numbers are found however people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.references import find_case_references, parse_case_reference

digits = st.text("0123456789", min_size=16, max_size=16)
separators = st.sampled_from(["", "-", " ", " - ", "–", ".", "/", "\u00a0"])


def normal(sixteen: str) -> str:
    return f"{sixteen[:4]}-{sixteen[4:9]}-{sixteen[9:14]}-{sixteen[14:]}"


@given(digits, separators, separators, separators)
def test_any_separators_mean_the_same_reference(
    sixteen: str, one: str, two: str, three: str
) -> None:
    typed = one.join(
        [sixteen[:4], two.join([sixteen[4:9], three.join([sixteen[9:14], sixteen[14:]])])]
    )
    assert parse_case_reference(f" {typed} ") == normal(sixteen)


@given(digits, st.text(st.characters(exclude_categories=["Nd"]), max_size=30))
def test_a_reference_is_found_within_any_text(sixteen: str, around: str) -> None:
    assert find_case_references(f"{around} {normal(sixteen)} {around}") == [normal(sixteen)]


@given(st.text())
def test_whatever_is_parsed_is_normal_and_parses_again(text: str) -> None:
    found = parse_case_reference(text)
    if found is not None:
        assert parse_case_reference(found) == found
        assert find_case_references(text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0900-10161-00018",
        "0900-10161-00018-245",
        "10900-10161-00018-24",
        "090-10161-00018-24",
        "0900-1016-00018-24",
        "0900 ---- 10161-00018-24",
        "٠٩٠٠-10161-00018-24",
    ],
)
def test_other_numbers_are_no_reference(text: str) -> None:
    assert parse_case_reference(text) is None


def test_several_references_come_once_each_in_their_order() -> None:
    text = "Sag 0900 10161 00018 24 og 0100-12345-54321-25, igen 0900101610001824"
    assert find_case_references(text) == ["0900-10161-00018-24", "0100-12345-54321-25"]
