"""Who asks whether it is safe is told that nobody answers, and where it says so."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from alerts.models import AlertStatus
from database import current_database
from dispatch import Dispatcher
from simulator import Simulator
from tests.dispatch.fixtures import deliver
from tests.tips.factories import hand_over, make_appeal
from tips.intake.danger import asks_whether_safe, danger_in
from tips.models import Tip
from web.http.app import VarskoApp

QUESTIONS = [
    "is it safe now?", "er det farligt at gå ud", "må vi åbne vinduerne?", "er det overstået?",
    "Er det sikkert at gå ud nu?", "can we open the windows?", "kan vi drikke vandet",
    "hvornår må vi åbne vinduerne igen?", "Is it over yet?", "er der stadig fare",
]  # fmt: skip
NO_QUESTIONS = ["er han farlig", "manden er farlig", "vinduerne var åbne", "kan i komme"]
LATER = ["I will call the police tomorrow", "jeg ringer til politiet i morgen",
         "ring til politiet i morgen", "I'll phone the police on Monday"]  # fmt: skip
LATER_BUT_NOW = [
    "I will call the police tomorrow he is in my house now",
    "jeg ringer til politiet i morgen, han har slået mig",
]
PHONE = "+4522334001"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (AlertStatus.ACTIVE, "gælder stadig"),
        (AlertStatus.CLOSED, "er afsluttet"),
        (AlertStatus.WITHDRAWN, "er trukket tilbage"),
    ],
)
def test_the_answer_leads_to_the_alert_and_says_its_state(
    app_with_simulator: VarskoApp,
    simulator: Simulator,
    dispatcher: Dispatcher,
    status: AlertStatus,
    state: str,
) -> None:
    with current_database().unit_of_work() as session:
        hand_over(session, make_appeal(session, status=status), PHONE)
    assert simulator.receive_sms(PHONE, "må vi åbne vinduerne?").status == 200
    deliver(simulator, dispatcher)
    reply = simulator.phone(PHONE).texts[-1]
    assert "Ingen svarer på spørgsmål" in reply
    assert f"{state}: http" in reply
    assert "/varsel/RBBRY2" in reply
    assert "112" in reply
    assert "tip" not in reply
    with current_database().unit_of_work() as session:
        tip = session.scalars(select(Tip).options(undefer(Tip.text))).one()
        assert tip.text == "må vi åbne vinduerne?", "kept for the police"


def test_a_stranger_is_led_to_the_current_alerts(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    assert simulator.receive_sms(PHONE, "is it safe now?").status == 200
    deliver(simulator, dispatcher)
    assert "See the current alerts: http" in simulator.phone(PHONE).texts[-1]


@pytest.mark.parametrize("text", QUESTIONS)
def test_it_is_a_question_and_no_danger(text: str) -> None:
    assert asks_whether_safe(text)
    assert danger_in(text) is None


@pytest.mark.parametrize("text", NO_QUESTIONS)
def test_what_tells_something_is_no_question(text: str) -> None:
    assert not asks_whether_safe(text)


def test_calling_the_police_later_is_no_danger_unless_something_else_is() -> None:
    assert [text for text in LATER if danger_in(text)] == []
    assert [text for text in LATER_BUT_NOW if not danger_in(text)] == []
