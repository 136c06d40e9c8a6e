"""Postcodes with the letter of a quarter, sign-ups in other languages, and wishes in few words."""

from __future__ import annotations

import pytest

from database import current_database, utcnow
from dispatch.hooks import Inbound
from dispatch.models import Channel
from subscribers.sms.answering import answer_keyword
from subscribers.sms.commands import Verb
from subscribers.sms.keywords import parse_keyword
from tests.settings import SMS_NUMBER
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
        # Whoever wants one place and not another is never signed up for both.
        ("Stop 3400 og meld mig til 2200", Verb.TWO_THINGS, ()),
        ("Jeg vil gerne tilmeldes 3400 og afmeldes 3480", Verb.TWO_THINGS, ()),
        ("Fjern 3400 og tilføj 8000", Verb.TWO_THINGS, ()),
        ("meld mig til 2200 og fra 3400", Verb.TWO_THINGS, ()),
        ("follow 3400 and remove 3480", Verb.TWO_THINGS, ()),
        ("3400 TRYK", Verb.FOLLOW, ("3400",)),
        ("3400, 3480 tilmeld", Verb.FOLLOW, ("3400", "3480")),
        ("3400 og 3480", Verb.FOLLOW, ("3400", "3480")),
        ("jeg vil gerne være med", Verb.HOW_TO_SIGN_UP, ()),
        ("varsler", Verb.HOW_TO_SIGN_UP, ()),
        ("skift sprog", Verb.HELP, ()),
        ("Change language please", Verb.HELP, ()),
        ("Jeg hedder Ole og bor i 3400", Verb.OFFER, ("3400",)),
        ("TRYK 3400Hillerød", Verb.FOLLOW, ("3400 Hillerød",)),
        ("tryk 3 4 0 0", Verb.FOLLOW, ("3400",)),
        ("HOLD OP", Verb.ASK_ABOUT_STOP, ()),
        ("Tak men nej tak til flere beskeder", Verb.ASK_ABOUT_STOP, ()),
        ("no more", Verb.ASK_ABOUT_STOP, ()),
        ("fjern min mand fra listen", Verb.ASK_ABOUT_STOP, ()),
        ("I want to sign up", Verb.RESUME, ()),
        ("Er det svindel?", Verb.GENUINE, ()),
        ("jeg har fået en sms fra jer er det svindel?", Verb.GENUINE, ()),
        ("Is this a scam?", Verb.GENUINE, ()),
        ("is this police", Verb.GENUINE, ()),
        ("Hvem læser det her?", Verb.QUESTION, ()),
        ("can I send a photo?", Verb.QUESTION, ()),
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
        "tilmeld mig 3400 jeg så en mand fjerne en cykel fra stativet",
        "jeg gider ikke at han går rundt der mere",
        "hvem kan jeg have set ved Føtex",
        "who can I have seen at the station",
    ],
)
def test_it_is_no_command(text: str) -> None:
    assert parse_keyword(text) is None


def test_what_a_witness_says_beside_a_wish_is_kept(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        add_areas(session)
        reply = answer_keyword(session, inbound("Så hvid bil stop tilmeld 3480"))
        assert reply is not None
        assert reply.passes_on
        assert "Vi har ikke ændret noget" in reply.text
        assert "gemt til politiet" in reply.text
        reply = answer_keyword(session, inbound("stop 3400 tilmeld 3480"))
        assert reply is not None
        assert not reply.passes_on


def inbound(text: str) -> Inbound:
    return Inbound(Channel.SMS, PHONE, SMS_NUMBER, text, utcnow())


@pytest.mark.parametrize(
    "text", ["Hvordan får jeg varsler for 3400?", "How do I get alerts for 3400?"]
)
def test_who_asks_how_is_asked_first(app: VarskoApp, text: str) -> None:
    with current_database().unit_of_work() as session:
        add_areas(session)
    assert "3400" in str(say(text))
    with current_database().unit_of_work(writes=False) as session:
        assert follows(session, PHONE) == []
    say("JA" if "Hvordan" in text else "YES")
    with current_database().unit_of_work(writes=False) as session:
        assert follows(session, PHONE) == ["3400"]


def test_a_quarter_is_followed_and_left(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        add_areas(session)
    assert "4800 Nykøbing F" in str(say("TRYK 4800 F"))
    assert "4800 Nykøbing F" in str(say("AFMELD 4800 F."))
    with current_database().unit_of_work(writes=False) as session:
        assert follows(session, PHONE) == []
