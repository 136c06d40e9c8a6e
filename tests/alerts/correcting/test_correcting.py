"""Correcting an alert: once, while it is open, and the record keeps what was sent before."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from alerts.draft import AlertDraft, Wording
from alerts.errors import IllegalMove, InvalidAlert, WordingReasonMissing
from alerts.models import Alert, AlertStatus, ReleaseKind
from alerts.releasing.follow_ups import correct_alert, send_update
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import list_releases
from alerts.releasing.steering import stop_alert
from alerts.releasing.withdrawing import withdraw_alert
from database import utcnow
from dispatch.audiences import audience_of, count_audience
from dispatch.models import Broadcast, BroadcastStatus
from staff.actor import Actor, NotAllowed
from tests.alerts.factories import SOUTH, Country, make_draft, make_officer, make_reader

KEY = "key-of-a-correction"
RIGHT = {"da": Wording("Indbrud på Åvej", "Har du set en grå bil i nat?")}


@pytest.fixture
def alert(session: Session, country: Country, officer: Actor) -> Alert:
    """An alert that is being sent, in two languages, to two readers."""
    make_reader(session, country.p3400)
    make_reader(session, country.p3400, "en")
    texts = {"da": Wording("Indbrud på Søvej", "Hvid bil?"), "en": Wording("Burglary", "White?")}
    draft = make_draft(session, country, officer, texts=texts)
    return publish_alert(session, officer, draft, "key-of-alert")


def broadcasts_of(session: Session, alert: Alert) -> list[Broadcast]:
    """Its broadcasts, in the order of the releases."""
    ids = [id_ for made in list_releases(session, alert) for id_ in made.broadcast_ids]
    return [session.get_one(Broadcast, id_, populate_existing=True) for id_ in ids]


def test_the_text_is_replaced_and_the_record_keeps_both(
    session: Session, officer: Actor, alert: Alert
) -> None:
    send_update(session, officer, alert, {"da": "Bilen er grå."}, "key-of-update")
    made = correct_alert(session, officer, alert, RIGHT, KEY)
    assert AlertDraft.of(alert).texts == RIGHT, "the wrong English is gone as well"
    assert made.kind is ReleaseKind.CORRECTION
    initial, _update, correction = list_releases(session, alert)
    assert initial.texts["da"]["title"] == "Indbrud på Søvej"
    assert correction.texts["da"]["title"] == "Indbrud på Åvej"
    for content in correction.contents:
        mark = "Rettelse: " if content["language"] == "da" else "Correction: "
        assert f"{mark}Indbrud på Åvej" in content["body"]
        assert "112" in content["body"], "it still asks for tips"
    own, update, corrected = broadcasts_of(session, alert)
    assert (own.status, update.status) == (BroadcastStatus.STOPPED, BroadcastStatus.STOPPED)
    assert count_audience(session, audience_of(corrected)).recipients == made.recipients == 2
    assert alert.status is AlertStatus.SENDING


def test_the_same_key_again_is_the_same_correction(
    session: Session, officer: Actor, alert: Alert
) -> None:
    made = correct_alert(session, officer, alert, RIGHT, KEY)
    assert correct_alert(session, officer, alert, RIGHT, KEY) is made
    with pytest.raises(InvalidAlert, match="som den var"):
        correct_alert(session, officer, alert, RIGHT, "another-key")
    again = {"da": Wording("Indbrud på Åvej", "Har du set en sort bil i nat?")}
    assert correct_alert(session, officer, alert, again, "another-key").recipients == 2
    _own, first, second = broadcasts_of(session, alert)
    assert first.status is BroadcastStatus.STOPPED, "nobody gets the first correction any more"
    assert second.status is BroadcastStatus.WAITING


@pytest.mark.parametrize("ended", ["stopped", "withdrawn", "expired"])
def test_only_what_is_open_is_corrected(
    session: Session, officer: Actor, alert: Alert, ended: str
) -> None:
    if ended == "stopped":
        stop_alert(session, officer, alert)
    elif ended == "withdrawn":
        withdraw_alert(session, officer, alert, {"da": "Det var forkert."}, KEY)
    days = 3 if ended == "expired" else 0
    with time_machine.travel(utcnow() + timedelta(days=days)), pytest.raises(IllegalMove):
        correct_alert(session, officer, alert, RIGHT, KEY)


def test_nothing_is_stopped_if_the_correction_is_refused(
    session: Session, officer: Actor, alert: Alert
) -> None:
    for wrong in ({}, {"da": Wording("", "Tekst")}, {"en": Wording("Title", "Text")}):
        with pytest.raises(InvalidAlert):
            correct_alert(session, officer, alert, wrong, KEY)
    [own] = broadcasts_of(session, alert)
    assert own.status is BroadcastStatus.WAITING
    with pytest.raises(WordingReasonMissing), session.begin_nested():
        grave = {"da": Wording("Efterlyst: 010190-1234", "Har du set ham?")}
        correct_alert(session, officer, alert, grave, KEY)
    [own] = broadcasts_of(session, alert)
    assert own.status is BroadcastStatus.WAITING


def test_only_an_officer_of_all_its_districts_corrects(session: Session, alert: Alert) -> None:
    with pytest.raises(NotAllowed):
        correct_alert(session, make_officer(session, [SOUTH]), alert, RIGHT, KEY)
