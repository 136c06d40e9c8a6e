"""Leaving a place whose alerts go on, because it lies in a wider area that is followed."""

from __future__ import annotations

from tests.subscribers.people import People
from tests.subscribers.test_sms_as_people_write import fits


def test_who_leaves_a_part_of_what_they_follow_hears_that_alerts_go_on(people: People) -> None:
    for text in ("AFMELD 3400", "fjern 3400", "LEAVE 3400"):
        outcome = people.write(people.phone("TRYK 3400, Hillerød Kommune"), text)
        assert len(outcome.follows) == 1, text
        assert "følger ikke længere 3400 Hillerød, men får stadig varsler derfra" in outcome.reply
        assert "fordi du følger Hillerød Kommune." in outcome.reply
        assert fits(outcome.reply)


def test_who_follows_only_the_wider_area_hears_which(people: People) -> None:
    number = people.phone("TRYK Hillerød Kommune")
    outcome = people.write(number, "AFMELD 3400")
    assert len(outcome.follows) == 1
    assert "Du følger ikke 3400, men får varsler derfra" in outcome.reply
    assert "fordi du følger Hillerød Kommune." in outcome.reply
    assert people.write(number, "AFMELD Hillerød Kommune").follows == []


def test_without_a_wider_area_nothing_is_said_of_one(people: People) -> None:
    assert "derfra" not in people.subscriber_writes("AFMELD 3400").reply
    assert "derfra" not in people.subscriber_writes("AFMELD 8000").reply
    stopped = people.phone("TRYK 3400, Hillerød Kommune", "STOP")
    assert "derfra" not in people.write(stopped, "AFMELD 3400").reply
