"""Postcodes with the letter of a quarter, sign-ups in other languages, and wishes in few words."""

from __future__ import annotations

import pytest

from database import current_database
from subscribers.sms.commands import Verb
from subscribers.sms.keywords import parse_keyword
from tests.subscribers.factories import PHONE, add_areas, follows, say
from web.http.app import VarskoApp


@pytest.mark.parametrize(
    ("text", "verb", "places"),
    [
        ("TRYK 2100 Ø", Verb.FOLLOW, ("2100 Ø",)),
        ("Tilmeld 2200 n.", Verb.FOLLOW, ("2200 n",)),
        ("TRYK 1550 V, 8200 N", Verb.FOLLOW, ("1550 V", "8200 N")),
        ("AFMELD 2100 Ø", Verb.LEAVE, ("2100 Ø",)),
        ("register 3400 please", Verb.FOLLOW, ("3400",)),
        ("registrer 3400", Verb.FOLLOW, ("3400",)),
        # One letter from "unsubscribe".
        ("Підписатися 3400", Verb.FOLLOW, ("3400",)),
        ("Відписатися 3400", Verb.LEAVE, ("3400",)),
        ("zapisz 3400", Verb.FOLLOW, ("3400",)),
        ("abone 3400", Verb.FOLLOW, ("3400",)),
        ("framelding", Verb.STOP, ()),
        ("gider ikke de her beskeder mere", Verb.STOP, ()),
        ("Jeg orker ikke alle jeres smser", Verb.STOP, ()),
        ("mine data", Verb.MY_DATA, ()),
        ("Hvor skal jeg ringe hen?", Verb.QUESTION, ()),
        ("hvem kan jeg tale med", Verb.QUESTION, ()),
        ("who can I call", Verb.QUESTION, ()),
    ],
)
def test_it_is_understood(text: str, verb: Verb, places: tuple[str, ...]) -> None:
    command = parse_keyword(text)
    assert command is not None
    assert (command.verb, command.places) == (verb, places)


@pytest.mark.parametrize(
    "text",
    [
        "TRYK 2100 X",
        "jeg gider ikke at han går rundt der mere",
        "hvem kan jeg have set ved Føtex",
        "who can I have seen at the station",
    ],
)
def test_it_is_no_command(text: str) -> None:
    assert parse_keyword(text) is None


def test_a_quarter_is_followed_and_left(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        add_areas(session)
    assert "4800 Nykøbing F" in str(say("TRYK 4800 F"))
    assert "4800 Nykøbing F" in str(say("AFMELD 4800 F."))
    with current_database().unit_of_work(writes=False) as session:
        assert follows(session, PHONE) == []
