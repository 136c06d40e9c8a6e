"""Places as people write them: what each spelling means, and what is asked back."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.errors import AmbiguousArea, AreaNotFound
from areas.kinds import AreaKind
from areas.models import Area
from areas.name_index import (
    AreaName,
    NamedLocally,
    NameIndex,
    edits_between,
    key_of,
    without_accents,
)
from areas.search import SUGGESTIONS, find_place, resolve_area, search_areas
from areas.titles import area_title
from areas.written import without_street
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
        ("Hillerød Kommune", "Hillerød Kommune"),
        ("Ringkøbing", "6950 Ringkøbing"),
        ("Ringkøbing Skjern", "Ringkøbing-Skjern Kommune"),
        ("hoeje taastrup", "Høje-Taastrup Kommune"),
        ("Tåstrup", "2630 Taastrup"),
        ("Ålborg Kommune", "Aalborg Kommune"),
        ("A\N{COMBINING RING ABOVE}rup", "5560 Aarup"),
        ("Københavns Kommune", "Københavns Kommune"),
        ("Copenhagen", "Københavns Kommune"),
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
        ("Skgaen", "9990 Skagen"),
        ("Frederiksudn Kommune", "Frederikssund Kommune"),
    ],
)
def test_a_slip_of_the_thumb_is_suggested(shipped: Session, written: str, meant: str) -> None:
    with pytest.raises(AreaNotFound) as refused:
        find_place(shipped, written)
    assert area_title(refused.value.suggestions[0]) == meant


@pytest.mark.parametrize(
    "written", ["Hillerød", "HILLERØD", "hilleroed", "hele Hillerød", " hillerød. "]
)
def test_a_town_that_is_also_a_municipality_is_asked_back(shipped: Session, written: str) -> None:
    with pytest.raises(AmbiguousArea) as refused:
        find_place(shipped, written)
    titles = [area_title(area) for area in refused.value.candidates]
    assert titles == ["Hillerød Kommune", "3400 Hillerød"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Hillerod", "Hillerød Kommune"), ("Hojer", "6280 Højer"), ("Stoholm", "7850 Stoholm Jyll")],
)
def test_a_name_without_accents_or_its_last_word_is_asked_back(
    shipped: Session, written: str, meant: str
) -> None:
    """Harlev and Hårlev, Stoholm and another Stoholm are not the same place."""
    with pytest.raises(AmbiguousArea) as refused:
        find_place(shipped, written)
    assert meant in [area_title(area) for area in refused.value.candidates]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Trøjborg", "8200 Aarhus N"),
        ("vollsmose", "5240 Odense NØ"),
        ("2200 Nørrebro", "2200 København N"),
        ("Islands brygge", "2300 København S"),
    ],
)
def test_a_well_known_local_name_is_the_area_around_it(
    shipped: Session, written: str, meant: str
) -> None:
    assert area_title(find_place(shipped, written).area) == meant


def test_a_local_name_is_only_offered_where_nobody_may_guess(shipped: Session) -> None:
    assert find_place(shipped, "Trøjborg").local_name == "Trøjborg"
    with pytest.raises(AmbiguousArea) as refused:
        resolve_area(shipped, "Trøjborg")
    assert [area.code for area in refused.value.candidates] == ["8200"]


@pytest.mark.parametrize(
    ("written", "offered"),
    [
        ("Lillerød", ["3450 Allerød"]),
        ("Østerbro", ["2100 København Ø", "4800 Nykøbing F"]),
        ("Amager", ["2300 København S", "2770 Kastrup", "2791 Dragør"]),
        ("Frederiksberg", ["Frederiksberg Kommune", "2000 Frederiksberg", "4180 Sorø"]),
        ("Vesterbro", ["Københavns Kommune", "5000 Odense C", "9000 Aalborg"]),
        ("Christianshavn", ["Københavns Kommune"]),
        ("Mors", ["Morsø Kommune"]),
    ],
)
def test_a_local_name_that_is_not_certain_is_asked_back(
    shipped: Session, written: str, offered: list[str]
) -> None:
    with pytest.raises(AmbiguousArea) as refused:
        find_place(shipped, written)
    assert [area_title(area) for area in refused.value.candidates] == offered


@pytest.mark.parametrize("written", ["hele landet", "Danmark", "Jylland", "hele Sjælland"])
def test_a_part_of_the_country_is_too_wide(shipped: Session, written: str) -> None:
    with pytest.raises(AreaNotFound) as refused:
        find_place(shipped, written)
    assert refused.value.suggestions == []
    assert "for stort" in str(refused.value.detail)


def test_an_island_that_is_municipality_and_postcode_is_one_place(shipped: Session) -> None:
    assert area_title(find_place(shipped, "Samsø").area) == "Samsø Kommune"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Slotsgade 14, 3400 Hillerød", "3400 Hillerød"),
        ("Slotsgade 14, 2. tv., 3400 Hillerød, Danmark", "3400 Hillerød"),
        ("Slotsgade 14B 3400", "3400 Hillerød"),
        ("Gl. Kongevej 3-5, st. th\nDK-8000 Aarhus C", "8000 Aarhus C"),
        ("10. Februar Vej 7, Ribe", "6760 Ribe"),
    ],
)
def test_an_address_is_its_postcode_or_town(shipped: Session, written: str, meant: str) -> None:
    assert area_title(find_place(shipped, written).area) == meant


@pytest.mark.parametrize(
    ("written", "rest"),
    [
        ("Slotsgade 14, 3400; Vestergade 3, 8000 Aarhus C", "3400, 8000 Aarhus C"),
        ("Slotsgade 14, 3400", "3400"),
        ("Slotsgade 14B 3400", "3400"),
        ("Slotsgade 14, 2-3, 3400 Hillerød", "3400 Hillerød"),
        ("3400, Vestergade 3", "3400, Vestergade 3"),
        ("Hillerød Kommune\nVestergade 3\n", "Hillerød Kommune, Vestergade 3"),
        ("3400, 8000", "3400, 8000"),
        ("x" * 100_000 + " 1", "x" * 100_000 + " 1"),
        ("ord " * 30_000 + "14, 3400", "ord " * 30_000 + "14, 3400"),
    ],
)
def test_only_a_street_that_a_town_follows_is_left_out(written: str, rest: str) -> None:
    assert without_street(written) == rest


def test_a_street_alone_is_unknown(shipped: Session) -> None:
    with pytest.raises(AreaNotFound):
        find_place(shipped, "Vestergade 3")


@pytest.mark.parametrize(
    ("written", "candidates"),
    [
        ("Nykøbing", ["4500 Nykøbing Sj", "4800 Nykøbing F", "7900 Nykøbing M"]),
        ("Viby", ["4130 Viby Sjælland", "8260 Viby J"]),
        ("Lyngby", ["2800 Kongens Lyngby", "3320 Skævinge", "Lyngby-Taarbæk Kommune"]),
        ("3400 Hellerup", ["3400 Hillerød", "2900 Hellerup"]),
        ("3400 eller 3320", ["3400 Hillerød", "3320 Skævinge"]),
    ],
)
def test_several_places_of_a_name_are_offered(
    shipped: Session, written: str, candidates: list[str]
) -> None:
    with pytest.raises(AmbiguousArea) as refused:
        resolve_area(shipped, written)
    assert sorted(map(area_title, refused.value.candidates)) == sorted(candidates)
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
        ("3401 Hillerød", "Hillerød Kommune"),
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
    index = NameIndex(
        [
            AreaName(1, AreaKind.POSTCODE, "Frederikssund"),
            AreaName(2, AreaKind.POSTCODE, "Ribe"),
        ],
        [NamedLocally("Frederiks", 2, well_known=True)],
    )
    hits = index.find(wrong)
    assert hits[0].area_id == 1
    assert hits[0].edits <= 1


@given(st.text(max_size=200))
def test_no_text_breaks_the_look_up(text: str) -> None:
    areas = [AreaName(1, AreaKind.POSTCODE, "Hillerød"), AreaName(2, AreaKind.MUNICIPALITY, "Ærø")]
    index = NameIndex(areas, [NamedLocally("Jylland", None, well_known=True)])
    assert all(0 < hit.score <= 1 for hit in index.find(text))


FOREIGN_KEYBOARD = str.maketrans("æøåÆØÅ", "aoaAOA")


def _candidates(session: Session, written: str) -> set[int]:
    """The areas that an answer names, whether it takes or only offers them."""
    try:
        return {find_place(session, written).area.id}
    except AmbiguousArea as refused:
        return {area.id for area in refused.candidates}
    except AreaNotFound as refused:
        return {area.id for area in refused.suggestions}


@pytest.mark.one_database
def test_a_phone_without_danish_letters_is_offered_the_same_places(shipped: Session) -> None:
    names = set(shipped.scalars(select(Area.name).where(Area.kind == AreaKind.POSTCODE)))
    written = {part for name in names for part in (name, name.split()[0]) if not part.isascii()}
    assert {"Nykøbing", "Rødovre"} <= written
    lost = {
        part: part.translate(FOREIGN_KEYBOARD)
        for part in written
        if len(plain := _candidates(shipped, part.translate(FOREIGN_KEYBOARD))) < SUGGESTIONS
        and not _candidates(shipped, part) <= plain
    }
    assert lost == {}
