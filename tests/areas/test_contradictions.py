"""A postcode and a town that contradict each other are asked about; neither is taken silently."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy.orm import Session

from areas.errors import AmbiguousArea, AreaNotFound
from areas.importing.official import load_official
from areas.search import find_place, resolve_area
from areas.titles import area_title
from database import current_database
from web.http.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def work(app: VarskoApp) -> Work:
    """A unit of work on the whole of Denmark."""
    with current_database().unit_of_work() as session:
        load_official(session)
    return current_database().unit_of_work


@pytest.mark.one_database
def test_a_postcode_and_another_town_are_both_offered(work: Work) -> None:
    written = {
        "3400 Allerød": ("3400 Hillerød", "3450 Allerød"),
        "Allerød 3400": ("3400 Hillerød", "3450 Allerød"),
        "3450 Hillerød": ("3450 Allerød", "3400 Hillerød"),
        "3400 Lillerød": ("3400 Hillerød", "3450 Allerød"),
        "Slotsgade 12, 3400 Allerød": ("3400 Hillerød", "3450 Allerød"),
        "8000 Odense C": ("8000 Aarhus C", "5000 Odense C"),
        "3480 Hillerød": ("3480 Fredensborg", "3400 Hillerød"),
    }
    with work() as session:
        for text, offered in written.items():
            for resolve in (resolve_area, find_place):
                with pytest.raises(AmbiguousArea) as error:
                    resolve(session, text)
                titles = [area_title(area) for area in error.value.candidates]
                assert set(offered) <= set(titles), (text, titles)


@pytest.mark.one_database
def test_a_name_within_the_postcode_is_no_contradiction(work: Work) -> None:
    with work() as session:
        for text, code in {
            "3400 Hillerød": "3400", "3400 Hillerød Kommune": "3400", "3400 Ullerød": "3400",
            "3450 Lillerød": "3450", "3320 Hillerød": "3320", "8220 Gellerup": "8220",
            "8210 Aarhus": "8210", "8000 Aarhus": "8000", "2100 Østerbro": "2100",
            "2200 Nørrebro": "2200", "2300 Amager": "2300", "2100 København": "2100",
            "2720 København": "2720", "2500 Valby": "2500", "2000 Frederiksberg": "2000",
            "9000 Ålborg": "9000", "3400 hillerod": "3400", "5000 Odense": "5000",
            "Slotsgade 12, 3400 Hillerød": "3400", "3400 Tulstrup": "3400",
            "1620 Vesterbro": "1620",
        }.items():  # fmt: skip
            assert find_place(session, text).area.code == code, text


@pytest.mark.one_database
@pytest.mark.parametrize("street", ["Nørregade", "Norregade", "Skolevej", "Lille Strandstræde"])
def test_for_a_street_that_many_towns_have_no_town_is_guessed(work: Work, street: str) -> None:
    with work() as session, pytest.raises(AreaNotFound) as error:
        find_place(session, street)
    assert error.value.suggestions == []
