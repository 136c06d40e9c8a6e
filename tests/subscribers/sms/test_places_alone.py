"""A place that is sent alone is offered, unless an answer is expected from the sender."""

from __future__ import annotations

from database import current_database
from tests.subscribers.people import People
from tests.tips.factories import hand_over, make_appeal

OFFERED = {
    "3400": "Vil du følge 3400 Hillerød? Svar JA",
    "3400 Hillerød": "Vil du følge 3400 Hillerød? Svar JA",
    "34 00": "Vil du følge 3400 Hillerød? Svar JA",
    "3400 tak": "Vil du følge 3400 Hillerød? Svar JA",
    "Aarhus C": "Vil du følge 8000 Aarhus C? Svar JA",
    "Hillerød": "Vil du følge 1: Hillerød Kommune eller 2: 3400 Hillerød? Svar med tallet",
    "hillerød!": "Vil du følge 1: Hillerød Kommune eller 2: 3400 Hillerød? Svar med tallet",
    "Nykøbing": "4800 Nykøbing F",
}
NOT_PLACES = ["Peter", "Netto", "rød bil", "9999 kr", "2031", "hvid, høj, mørkt hår", "AB12345"]


def test_a_place_alone_is_asked_about_and_is_no_tip(people: People) -> None:
    for text, question in OFFERED.items():
        outcome = people.write(people.phone(), text)
        assert question in outcome.reply, text
        assert (outcome.follows, outcome.tips) == ([], []), text


def test_any_plain_yes_or_the_name_then_joins(people: People) -> None:
    for answer in ("ja", "JA TAK", "yes", "1", "3400", "3400 Hillerød", "Hillerød"):
        assert people.write(people.phone("3400"), answer).follows == ["3400"], answer
    assert people.write(people.phone("Hillerød"), "2").follows == ["3400"]
    assert people.write(people.phone("3400"), "nej").follows == []


def test_several_places_are_asked_about_in_turn(people: People) -> None:
    number = people.phone("3400, 3480", "ja")
    assert people.write(number, "ja").follows == ["3400", "3480"]


def test_who_follows_it_already_reads_so(people: People) -> None:
    outcome = people.subscriber_writes("3400 Hillerød")
    assert outcome.reply.startswith("Du får varsler for 3400 Hillerød")
    assert outcome.tips == []


def test_a_subscriber_is_asked_too(people: People) -> None:
    number = people.phone("TRYK 3480")
    assert "Vil du følge 3400 Hillerød?" in people.write(number, "3400").reply
    assert people.write(number, "ja").follows == ["3400", "3480"]


def test_what_is_no_place_is_a_tip(people: People) -> None:
    for text in NOT_PLACES:
        outcome = people.write(people.phone(), text)
        assert [kept for kept, _urgent in outcome.tips] == [text]


def test_after_a_tip_a_place_is_more_of_it(people: People) -> None:
    outcome = people.write(people.phone("Jeg så en rød varevogn ved søen"), "Hillerød")
    assert [kept for kept, _urgent in outcome.tips][1:] == ["Hillerød"]


def test_after_an_appeal_a_place_is_the_answer(people: People) -> None:
    number = people.phone("TRYK 3480")
    with current_database().unit_of_work() as session:
        hand_over(session, make_appeal(session), number)
    outcome = people.write(number, "3400 Hillerød")
    assert [kept for kept, _urgent in outcome.tips] == ["3400 Hillerød"]
