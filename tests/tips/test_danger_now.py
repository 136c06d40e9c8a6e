"""What people write when they hide, are followed or hurt: the answer begins with 112."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import undefer

from database import current_database
from simulator import Simulator
from tests.dispatch.fixtures import send_replies
from tests.tips.factories import make_appeal
from tips.intake.danger import is_dangerous
from tips.models import Tip
from web.http.app import VarskoApp
from web.http.rate_limits import limiter

NOW = [
    "jeg gemmer mig i kælderen de er stadig i huset", "vi gemmer os", "im hiding in the closet",
    "han følger efter mig", "en bil følger efter min datter", "jeg bliver forfulgt",
    "someone is following me", "I'm being followed", "I cant talk he is in the next room",
    "jeg kan ikke tale, kan i komme", "jeg tør ikke tale", "kan ikke ringe", "I can't speak",
    "gunshots", "skud", "jeg hører skud", "I heard shots just now",
    "jeg ligger på gulvet og kan ikke rejse mig", "min mor er faldet og kan ikke komme op",
    "I have fallen and can't get up", "ring til politiet", "tilkald politiet", "call the cops",
    "help my neighbor is screaming", "naboen skriger", "jeg kan høre skrig",
    "han har slået mig, han må ikke vide jeg skriver", "min mand slog mig", "my husband hit me",
    "he told me to STOP or he would come back", "leave now or i kill you he said",
    "Stop he took my purse he is running down Slotsgade", "he wont let me leave",
    "han sagde han slår mig ihjel", "he says he will hurt my kids", "jeg er låst inde",
    "🆘", "🆘🆘", "ukrywam się w piwnicy", "я ховаюся, він тут", "beni takip ediyor", "أختبئ",
]  # fmt: skip
NOT_NOW = [
    "jeg ringede til politiet i går", "I called the police yesterday", "jeg følger efter ham",
    "a man followed me last week", "en mand fulgte efter mig i lørdags", "min hund gemmer sig",
    "naboen skreg i går aftes", "jeg hørte skrig i nat kl 2", "I heard gunshots last night",
    "jeg hørte skud i går ved 22-tiden", "he hit me two years ago", "han truede mig i går",
    "han slog mig for to uger siden", "prisen er faldet", "han er faldet i søvn",
    "kan i komme med flere oplysninger", "jeg kan ikke tale dansk", "I can't speak Danish",
    "słyszałem strzały wczoraj", "вчора чув постріли",
]  # fmt: skip


def test_by_sms_112_comes_first_and_no_offer_to_unsubscribe(
    app_with_simulator: VarskoApp, simulator: Simulator
) -> None:
    for at, text in enumerate(NOW):
        assert simulator.receive_sms(f"+4522334{at:03}", text).status == 200
    send_replies()
    for at, text in enumerate(NOW):
        (reply,) = simulator.phone(f"+4522334{at:03}").texts
        assert "112" in reply[:60], text
        assert "STOP" not in reply, text
    with current_database().unit_of_work() as session:
        tips = session.scalars(select(Tip).options(undefer(Tip.text)))
        assert {(tip.text, tip.urgent) for tip in tips} == {(text, True) for text in NOW}


@pytest.mark.one_database
@pytest.mark.parametrize("field", ["text", "seen"])
def test_on_the_web_the_next_page_begins_with_112(
    app: VarskoApp, client: FlaskClient, field: str
) -> None:
    with current_database().unit_of_work() as session:
        make_appeal(session)
    limiter.enabled = False
    for text in NOW:
        written = {"text": "en mand i sort jakke"} | {field: text}
        answer = client.post("/varsel/RBBRY2/tip", data=written)
        assert "tip-danger" in client.get(answer.location).text, text


@pytest.mark.parametrize("text", NOT_NOW)
def test_what_is_over_raises_no_alarm(text: str) -> None:
    assert not is_dangerous(text)
