"""What is forgotten when, and what is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.contacts import note_opt_out
from dispatch.models import SuppressionReason
from subscribers.models import Consent, Evidence
from subscribers.retention import forget_unsubscribed
from tests.subscribers.factories import (
    MAIL,
    PHONE,
    contact_of,
    say,
    subscribed,
    subscriber_of,
    subscription_count,
)

Work = Callable[[], AbstractContextManager[Session]]


def test_who_left_is_forgotten_after_thirty_days_and_stays_suppressed(work: Work) -> None:
    with time_machine.travel("2026-03-01 12:00+00:00", tick=False) as clock:
        say("TRYK 3400")
        say("TRYK 3480", sender="22334466")
        say("STOP")
        clock.shift(dt.timedelta(days=29))
        with work() as session:
            forget_unsubscribed(session)
            assert subscriber_of(session, PHONE) is not None
        clock.shift(dt.timedelta(days=2))
        with work() as session:
            forget_unsubscribed(session)
        with work() as session:
            assert subscriber_of(session, PHONE) is None
            contact = contact_of(session, PHONE)
            assert contact is not None
            assert contact.is_suppressed
            assert len(session.scalars(select(Consent)).all()) == 2
            assert subscriber_of(session, "22334466") is not None
            assert subscription_count(session) == 1


def test_who_still_gets_mail_is_not_forgotten(work: Work) -> None:
    with time_machine.travel("2026-03-01 12:00+00:00", tick=False) as clock:
        with work() as session:
            subscribed(session, MAIL, to=subscribed(session))
        say("STOP")
        clock.shift(dt.timedelta(days=60))
        with work() as session:
            forget_unsubscribed(session)
            assert subscriber_of(session, PHONE) is not None


@pytest.mark.parametrize(
    ("reason", "evidence"),
    [
        (SuppressionReason.UNSUBSCRIBE, Evidence.UNSUBSCRIBE_LINK),
        (SuppressionReason.COMPLAINT, Evidence.COMPLAINT),
        (SuppressionReason.HARD_BOUNCE, None),
    ],
)
def test_an_opt_out_by_other_ways_withdraws_the_consent(
    work: Work, reason: SuppressionReason, evidence: Evidence | None
) -> None:
    with work() as session:
        subscribed(session, MAIL)
        contact = contact_of(session, MAIL)
        assert contact is not None
        note_opt_out(session, contact, reason)
    with work() as session:
        assert session.scalars(select(Consent)).one().withdrawn_by is evidence
