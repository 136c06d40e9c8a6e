"""A gap like ``[hvor]`` in a text: a draft may have it, what is sent may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.approving.steps import submit_alert
from alerts.composing.rules import find_gaps
from alerts.draft import Wording
from alerts.errors import InvalidAlert
from alerts.models import AlertRelease, AlertStatus
from alerts.releasing.follow_ups import close_alert, send_update
from alerts.releasing.preview import preview
from alerts.releasing.publishing import publish_alert
from alerts.releasing.steering import stop_alert
from staff.actor import Actor
from tests.alerts.factories import Country, make_draft, make_reader

GAPS = {"da": Wording("Røg ved [hvor]", "Luk vinduer til [tidspunkt]. Ved [hvor] er der røg.")}
WHOLE = {"da": Wording("Røg ved stationen", "Luk vinduer til kl. 14.")}


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("Røg ved [hvor] siden [hvornår]", ["[hvor]", "[hvornår]"]),
        ("[hvor] og [hvor]", ["[hvor]"]),
        ("[]", ["[]"]),
        ("[på\nto linjer]", ["[på\nto linjer]"]),
        ("[[hvor]]", ["[hvor]"]),
        ("Røg ved stationen (spor 2)", []),
        ("[" * 10_000, []),
    ],
)
def test_what_a_gap_is(text: str, gaps: list[str]) -> None:
    assert find_gaps([text]) == gaps


def test_a_draft_may_have_gaps_and_the_check_names_them(
    session: Session, country: Country, officer: Actor
) -> None:
    make_reader(session, country.p3400)
    alert = make_draft(session, country, officer, texts=GAPS)
    problems = " ".join(preview(session, officer, alert).problems)
    assert "[hvor]" in problems
    assert "[tidspunkt]" in problems


def test_nothing_with_a_gap_is_sent_or_submitted(
    session: Session, country: Country, officer: Actor
) -> None:
    make_reader(session, country.p3400)
    alert = make_draft(session, country, officer, texts=GAPS)
    for reason in (None, "Det kan ikke vente."):
        with pytest.raises(InvalidAlert) as refused:
            publish_alert(session, officer, alert, "key-of-gaps", without_approval=reason)
        assert set(refused.value.fields) == {"texts.da.title", "texts.da.body"}
    with pytest.raises(InvalidAlert):
        submit_alert(session, officer, alert)
    assert alert.status is AlertStatus.DRAFT
    assert session.scalar(select(func.count()).select_from(AlertRelease)) == 0


@pytest.mark.parametrize("follow_up", [send_update, close_alert])
def test_no_update_or_closure_has_a_gap(
    session: Session, country: Country, officer: Actor, follow_up: Callable[..., Any]
) -> None:
    make_reader(session, country.p3400)
    alert = make_draft(session, country, officer, texts=WHOLE)
    publish_alert(session, officer, alert, "key-of-whole")
    if follow_up is close_alert:
        stop_alert(session, officer, alert)
    with pytest.raises(InvalidAlert):
        follow_up(session, officer, alert, {"da": "Det er slut siden [hvornår]."}, "key-follow-up")
    assert session.scalar(select(func.count()).select_from(AlertRelease)) == 1
