"""Finding an address as people write it; what isn't certain is offered, and never taken."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from areas.addresses.search import AddressMatches, Found, find_addresses
from areas.kinds import AreaKind
from areas.lookup import find_area, parents_of

HERE = "Slotsgade 14, 3400 Hillerød"


def titles(found: AddressMatches) -> list[str]:
    """What is offered."""
    return [match.title for match in found.matches]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Slotsgade 14, Hillerød", HERE),
        ("Slotsgade 14 Hillerød", HERE),
        ("slotsgade 14 hilleroed", HERE),
        ("SLOTSGADE 14 HILLEROD", HERE),
        ("slots gade 14, 3400", HERE),
        ("Slotsgade 14, st. tv, 3400 Hillerød", HERE),
        ("Slotsgade 14 2. th. DK-3400 Hillerød, Danmark", HERE),
        ("Hillerød, Slotsgade 14", HERE),
        ("Hillerød Slotsgade 14", HERE),
        ("14 Slotsgade, Hillerød", HERE),
        ("Slotsgade nr. 14 i Hillerød Kommune", HERE),
        ("Slotsgd. 14, Hillerød", HERE),
        ("Slotsgade 14, Hilleröd", HERE),
        ("Slotsgade 14b, Hillerød", "Slotsgade 14B, 3400 Hillerød"),
        ("Slotsgade 14 B 1. tv, 3400", "Slotsgade 14B, 3400 Hillerød"),
        ("Sct. Anne Gade 1, Hillerød", "Sankt Anne Gade 1, 3400 Hillerød"),
        ("Skt. Annegade 1", "Sankt Anne Gade 1, 3400 Hillerød"),
        ("St. Kongensgade 5", "Store Kongensgade 5, 1264 København K"),
        ("Store Kongens Gade 5 kbh k", "Store Kongensgade 5, 1264 København K"),
        ("Norregade 7", "Nørregade 7, 3400 Hillerød"),
        ("Noerregade 7", "Nørregade 7, 3400 Hillerød"),
        ("Nr. gade 7", "Nørregade 7, 3400 Hillerød"),
        ("Aagade 2", "Ågade 2, 3400 Hillerød"),
        ("Agade 2", "Ågade 2, 3400 Hillerød"),
        ("10. Februar Vej 3", "10. Februar Vej 3, 3400 Hillerød"),
        ("Bakkevej 9, Nørre Herlev", "Bakkevej 9, Nørre Herlev, 3400 Hillerød"),
        ("Slotsgade 3, Tønder", "Slotsgade 3, 6270 Tønder"),
        ("Slotsgade 3, Toender", "Slotsgade 3, 6270 Tønder"),
        ("Strandvejen 8", "Strandvejen 8, 3400 Hillerød"),
    ],
)
def test_an_address_is_found_as_it_is_written(register: Session, written: str, meant: str) -> None:
    found = find_addresses(register, written)

    assert titles(found) == [meant]
    assert found.only is not None


@pytest.mark.parametrize(
    ("written", "offered"),
    [
        ("slotsg 14 3400", HERE),
        ("Slotsgate 14, Hillerød", HERE),
        ("Sltosgade 14, Hillerød", HERE),
        ("Slotgade 14, Hillerød", HERE),
        ("Slottsgade 14 Hillerød", HERE),
        ("Kirkestræd 11", "Kirkestræde 11, 6270 Tønder"),
        ("Kongensgade 5", "Store Kongensgade 5, 1264 København K"),
        ("Strandvej 8, Hillerød", "Strandvejen 8, 3400 Hillerød"),
    ],
)
def test_what_is_not_quite_so_is_offered(register: Session, written: str, offered: str) -> None:
    found = find_addresses(register, written)

    assert titles(found) == [offered]
    assert found.only is None
    assert not found.matches[0].is_spelt_so


def test_without_a_town_every_town_is_offered(register: Session) -> None:
    found = find_addresses(register, "Slotsgade 14 st. tv")

    assert titles(found) == [HERE, "Slotsgade 14, 5000 Odense C"]
    assert [match.municipality_name for match in found.matches] == ["Hillerød", "Odense"]
    assert found.only is None


def test_the_writers_district_comes_first(register: Session) -> None:
    odense = find_area(register, AreaKind.MUNICIPALITY, "0461")
    fyn = parents_of(register, odense)[0]

    found = find_addresses(register, "Slotsgade 14", districts={fyn.code})

    assert titles(found)[0] == "Slotsgade 14, 5000 Odense C"


def test_a_street_that_the_place_lacks_is_offered_elsewhere_and_said_to_be(
    register: Session,
) -> None:
    found = find_addresses(register, "Kirkestræde 11, Hillerød")

    assert titles(found) == ["Kirkestræde 11, 6270 Tønder"]
    assert not found.matches[0].is_there
    assert found.only is None


def test_a_number_that_is_missing_is_answered_by_the_nearest(register: Session) -> None:
    found = find_addresses(register, "Slotsgade 141, Hillerød")

    assert titles(found) == ["Slotsgade 28, 3400 Hillerød"]
    assert found.matches[0].found is Found.NEAREST_NUMBER
    assert found.only is None


def test_a_letter_that_is_missing_is_answered_by_the_nearest(register: Session) -> None:
    found = find_addresses(register, "Slotsgade 14C, Hillerød")

    assert titles(found) == ["Slotsgade 14B, 3400 Hillerød"]
    assert found.matches[0].found is Found.NEAREST_NUMBER


def test_a_range_is_the_houses_on_its_side(register: Session) -> None:
    found = find_addresses(register, "Slotsgade 10-14, Hillerød")

    assert [f"{match.number}{match.letter}" for match in found.matches] == [
        "10", "12", "14", "14A", "14B",
    ]  # fmt: skip
    assert found.only is None


def test_a_street_without_a_number_is_its_middle(register: Session) -> None:
    found = find_addresses(register, "Slotsgade, Hillerød")

    assert [match.found for match in found.matches] == [Found.STREET]
    assert found.matches[0].number == 14
    assert found.only is None


def test_while_a_street_is_typed_all_that_begin_so_are_offered(register: Session) -> None:
    found = find_addresses(register, "strandv")

    assert {match.street for match in found.matches} == {"Strandvej", "Strandvejen"}


@pytest.mark.parametrize(
    "written",
    ["", " ", "14", "3400", "3400 Hillerød", "Hillerød", "xyzzy 3", "%", "_ 14", "Æ" * 200],
)
def test_what_is_no_address_finds_nothing(register: Session, written: str) -> None:
    assert find_addresses(register, written).matches == []


def test_more_than_fit_are_counted(register: Session) -> None:
    found = find_addresses(register, "Slotsgade 2-28, Hillerød", limit=3)

    assert len(found.matches) == 3
    assert found.total == 16


def test_an_empty_register_finds_nothing(session: Session) -> None:
    assert find_addresses(session, "Slotsgade 14, Hillerød").total == 0
