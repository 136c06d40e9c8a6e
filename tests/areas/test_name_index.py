"""Places as people write them: what each spelling means, and what is asked back."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from areas.errors import AmbiguousArea, AreaNotFound
from areas.kinds import AreaKind
from areas.name_index import NameIndex, Tier, edits_between, key_of, without_accents
from areas.search import resolve_area, search_areas
from areas.titles import area_title
from web.texts.folding import fold_words

DANISH = st.text(alphabet="abcdefghijklmnoprstuvyæøåÆØÅé -.", max_size=30)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("3400", "3400 Hillerød"),
        (" dk-3400 ", "3400 Hillerød"),
        ("3400 Hillerød", "3400 Hillerød"),
        ("Hillerød 3400", "3400 Hillerød"),
        ("3400 hileroed", "3400 Hillerød"),
        ("3320 Hillerød", "3320 Skævinge"),
        ("8000 Århus C", "8000 Aarhus C"),
        ("2200 kbh. n", "2200 København N"),
        ("0219", "Hillerød Kommune"),
    ],
)
def test_a_postcode_means_that_postcode(shipped: Session, written: str, meant: str) -> None:
    assert area_title(resolve_area(shipped, written)) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Hillerød", "Hillerød Kommune"),
        ("HILLERØD", "Hillerød Kommune"),
        ("hilleroed", "Hillerød Kommune"),
        ("Hillerod", "Hillerød Kommune"),
        ("Hillerød Kommune", "Hillerød Kommune"),
        ("hele Hillerød", "Hillerød Kommune"),
        ("Ringkøbing", "6950 Ringkøbing"),
        ("Ringkøbing Skjern", "Ringkøbing-Skjern Kommune"),
        ("hoeje taastrup", "Høje-Taastrup Kommune"),
        ("Tåstrup", "2630 Taastrup"),
        ("Ålborg", "Aalborg Kommune"),
        ("A\N{COMBINING RING ABOVE}benra\N{COMBINING RING ABOVE}", "Aabenraa Kommune"),
        ("Københavns Kommune", "Københavns Kommune"),
        ("Copenhagen", "Københavns Kommune"),
        ("Elsinore", "Helsingør Kommune"),
        ("Bornholm", "Bornholms Regionskommune"),
        ("Bornholms Politi", "Bornholms Politi"),
        ("Nordsjælland", "Nordsjællands Politi"),
        ("nordsjællands politikreds", "Nordsjællands Politi"),
        ("Nordfyn", "Nordfyns Kommune"),
        ("kgs. Lyngby", "2800 Kongens Lyngby"),
        ("Nykøbing Falster", "4800 Nykøbing F"),
        ("nykoebing sjaelland", "4500 Nykøbing Sj"),
        ("København nordvest", "2400 København NV"),
        ("Vejle Ø", "7120 Vejle Øst"),
        ("Stoholm", "7850 Stoholm Jyll"),
        ("Lærkehaven", "Lærkehaven"),
    ],
)
def test_a_name_is_understood_however_it_is_written(
    shipped: Session, written: str, meant: str
) -> None:
    assert area_title(resolve_area(shipped, written)) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Hillrød", "Hillerød Kommune"),
        ("Hilelrød", "Hillerød Kommune"),
        ("Ebletoft", "8400 Ebeltoft"),
        ("Frederikshvan", "Frederikshavn Kommune"),
        ("Holbek", "Holbæk Kommune"),
    ],
)
def test_a_slip_of_the_thumb_is_forgiven(shipped: Session, written: str, meant: str) -> None:
    assert area_title(resolve_area(shipped, written)) == meant


@pytest.mark.parametrize(
    ("written", "candidates"),
    [
        ("Nykøbing", ["4800 Nykøbing F", "7900 Nykøbing M", "4500 Nykøbing Sj"]),
        ("Viby", ["8260 Viby J", "4130 Viby Sjælland"]),
        ("Lyngby", ["Lyngby-Taarbæk Kommune", "2800 Kongens Lyngby"]),
        ("3400 Hellerup", ["3400 Hillerød", "2900 Hellerup"]),
        ("3400 eller 3320", ["3400 Hillerød", "3320 Skævinge"]),
    ],
)
def test_several_places_of_a_name_are_offered(
    shipped: Session, written: str, candidates: list[str]
) -> None:
    with pytest.raises(AmbiguousArea) as refused:
        resolve_area(shipped, written)
    assert [area_title(area) for area in refused.value.candidates] == candidates
    assert all(title in str(refused.value.detail) for title in candidates)


def test_a_name_of_hundreds_of_postcodes_asks_for_the_number(shipped: Session) -> None:
    with pytest.raises(AmbiguousArea) as refused:
        resolve_area(shipped, "København K")
    assert refused.value.total == 232
    assert len(refused.value.candidates) == 5
    assert refused.value.detail == "København K har 232 postnumre. Skriv det postnummer, du mener."


@pytest.mark.parametrize(
    ("written", "suggestion"),
    [
        ("3401", "3400 Hillerød"),
        ("Hille", "Hillerød Kommune"),
        ("Hillerød midtby", "Hillerød Kommune"),
        ("Hillerød Politi", "Hillerød Kommune"),
        ("Mors", "Morsø Kommune"),
    ],
)
def test_an_unknown_place_gets_a_suggestion(
    shipped: Session, written: str, suggestion: str
) -> None:
    with pytest.raises(AreaNotFound) as refused:
        resolve_area(shipped, written)
    assert area_title(refused.value.suggestions[0]) == suggestion
    assert suggestion in str(refused.value.detail)


@pytest.mark.parametrize("written", ["", "   ", "xyzzy", "34000", "👍👍", "-", "æ" * 10_000])
def test_nonsense_is_unknown_and_says_what_to_write(shipped: Session, written: str) -> None:
    with pytest.raises(AreaNotFound) as refused:
        resolve_area(shipped, written)
    assert refused.value.suggestions == []
    assert "postnummer" in str(refused.value.detail)


def test_a_search_gives_the_nearest_first(shipped: Session) -> None:
    matches = search_areas(shipped, "hillerød", limit=3)
    assert [area_title(match.area) for match in matches] == ["Hillerød Kommune", "3400 Hillerød"]
    assert [match.exact for match in matches] == [True, True]
    begun = search_areas(shipped, "hille", limit=1)[0]
    assert (area_title(begun.area), begun.exact) == ("Hillerød Kommune", False)
    assert begun.score < matches[0].score


def test_every_shipped_name_finds_its_area(shipped: Session) -> None:
    for match in search_areas(shipped, "a", limit=500):
        found = search_areas(shipped, area_title(match.area), limit=1)
        assert found[0].area.id == match.area.id


@given(DANISH)
def test_folding_twice_changes_nothing(name: str) -> None:
    assert fold_words(fold_words(name)) == fold_words(name)


@given(DANISH)
def test_case_spaces_and_hyphens_do_not_matter(name: str) -> None:
    key = key_of(name)
    assert key_of(name.upper()) == key
    assert key_of(f"  {name}, ") == key
    assert key_of(name.replace(" ", " - ")) == key
    assert key_of(name.replace("æ", "ae").replace("ø", "oe").replace("å", "aa")) == key


@given(DANISH)
def test_a_key_has_only_plain_letters(name: str) -> None:
    key, _kind = key_of(name)
    assert key.isascii()
    assert len(without_accents(key)) <= len(key)


@given(st.text(alphabet="abcø", max_size=9), st.text(alphabet="abcø", max_size=9))
def test_edits_are_a_distance(one: str, other: str) -> None:
    edits = edits_between(one, other, 20)
    assert edits == edits_between(other, one, 20)
    assert (edits == 0) == (one == other)
    assert abs(len(one) - len(other)) <= edits <= max(len(one), len(other))
    assert edits_between(one, other, 1) == min(edits, 2)


@given(st.integers(0, 2**32))
def test_one_wrong_letter_in_a_long_name_is_found_again(seed: int) -> None:
    chance = random.Random(seed)
    name = "frederikssund"
    at = chance.randrange(len(name))
    wrong = chance.choice(
        [
            name[:at] + name[at + 1 :],
            name[:at] + chance.choice("abcxyz") + name[at + 1 :],
            name[:at] + chance.choice("abcxyz") + name[at:],
            name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
        ]
    )
    index = NameIndex([(1, AreaKind.POSTCODE, "Frederikssund"), (2, AreaKind.POSTCODE, "Ribe")])
    hits = index.find(wrong)
    assert [hit.area_id for hit in hits] == [1]
    assert hits[0].tier in (
        Tier.EXACT,
        Tier.WITHOUT_ACCENTS,
        Tier.GENITIVE,
        Tier.SPELLING,
        Tier.BEGINNING,
    )
    assert hits[0].edits <= 1


@given(st.text(max_size=200))
def test_no_text_breaks_the_look_up(text: str) -> None:
    index = NameIndex([(1, AreaKind.POSTCODE, "Hillerød"), (2, AreaKind.MUNICIPALITY, "Ærø")])
    assert all(0 < hit.score <= 1 for hit in index.find(text))
