"""A reply belongs to what its sender was asked last, by when that was sent to them."""

from __future__ import annotations

import pytest

from alerts.draft import Wording
from alerts.models import Alert
from alerts.releasing.follow_ups import send_update
from alerts.releasing.publishing import publish_alert
from database import current_database
from dispatch import Dispatcher
from simulator import Behaviour, Simulator
from staff.actor import Actor
from tests.alerts.factories import (
    CASE,
    Country,
    make_country,
    make_draft,
    make_officer,
    make_reader,
)
from tests.dispatch.fixtures import deliver
from tests.tips.factories import all_tips
from web.http.app import VarskoApp

OTHER_CASE = CASE.replace("00018", "00019")


class Street:
    """A phone in Hillerød, an officer, and the road between them."""

    def __init__(self, simulator: Simulator, dispatcher: Dispatcher) -> None:
        self.simulator, self.dispatcher = simulator, dispatcher
        with current_database().unit_of_work() as session:
            self.country: Country = make_country(session)
            self.phone = str(make_reader(session, self.country.p3400).address)
            self.officer: Actor = make_officer(session)

    def publish(self, title: str, reference: str) -> int:
        """Publish an appeal, without anything being sent yet."""
        with current_database().unit_of_work() as session:
            texts = {"da": Wording(title, "Har du set noget?")}
            draft = make_draft(
                session, self.country, self.officer, texts=texts, case_reference=reference
            )
            return publish_alert(session, self.officer, draft, f"key of {title}").id

    def update(self, alert_id: int) -> None:
        with current_database().unit_of_work() as session:
            alert = session.get_one(Alert, alert_id)
            send_update(session, self.officer, alert, {"da": "Nyt i sagen"}, "key of the update")

    def deliver(self) -> None:
        deliver(self.simulator, self.dispatcher)

    def receive(self, text: str) -> None:
        """Let the phone write, without anything being sent."""
        assert self.simulator.receive_sms(self.phone, text).status == 200

    def write(self, text: str) -> str:
        """Let the phone write; the reply."""
        self.receive(text)
        self.deliver()
        return self.simulator.phone(self.phone).texts[-1]


@pytest.fixture
def street(app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher) -> Street:
    return Street(simulator, dispatcher)


def cases_of_tips() -> list[str | None]:
    with current_database().unit_of_work() as session:
        return [tip.case.reference if tip.case else None for tip in all_tips(session)]


def test_an_appeal_that_came_late_is_what_was_asked_last(street: Street) -> None:
    street.publish("Røveri", CASE)
    street.deliver()
    street.publish("Hærværk", OTHER_CASE)  # Published, but it reaches this phone only later.
    street.receive("Jeg så en hvid varevogn")
    assert cases_of_tips() == [CASE]
    street.deliver()
    assert "1: Hærværk\n2: Røveri" in street.write("Han løb mod søen")
    street.write("1")
    assert cases_of_tips() == [CASE, OTHER_CASE]


def test_an_update_is_what_was_asked_last(street: Street) -> None:
    older = street.publish("Røveri", CASE)
    street.deliver()
    street.publish("Hærværk", OTHER_CASE)
    street.deliver()
    assert "1: Hærværk\n2: Røveri" in street.write("Jeg så ham")
    street.write("1")
    street.update(older)
    street.deliver()
    assert "1: Røveri\n2: Hærværk" in street.write("Jeg så ham igen")
    street.write("1")
    assert cases_of_tips() == [OTHER_CASE, CASE]


def test_an_appeal_after_the_question_is_not_answered_by_the_old_question(street: Street) -> None:
    street.publish("Røveri", CASE)
    street.publish("Hærværk", OTHER_CASE)
    street.deliver()
    assert "Svar 1 eller 2" in street.write("Jeg så ham")
    newest = CASE.replace("00018", "00020")
    street.publish("Tricktyveri", newest)
    street.deliver()
    assert newest in street.write("En ældre kvinde ringede på")
    assert cases_of_tips() == [None, newest]


@pytest.mark.parametrize("lost", [Behaviour.undelivered(30003), Behaviour.failed(30008)])
def test_who_answers_has_the_message_whatever_its_report_says(
    street: Street, lost: Behaviour
) -> None:
    street.publish("Røveri", CASE)
    street.simulator.behave(street.phone, lost, times=1)
    street.deliver()
    assert CASE in street.write("Jeg så en hvid varevogn")
    assert cases_of_tips() == [CASE]
