"""In whatever order several people act: nothing is sent once an alert was withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.lifecycle import PUBLISHED
from alerts.models import Alert, AlertStatus, ReleaseKind
from alerts.releasing.follow_ups import close_alert, send_update
from alerts.releasing.jobs import close_expired_alerts, note_settled, start_due_alerts
from alerts.releasing.published import current_alerts
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import list_releases
from alerts.releasing.steering import cancel_alert, pause_alert, resume_alert, stop_alert
from alerts.releasing.withdrawing import withdraw_alert
from database import utcnow
from dispatch.models import Broadcast, BroadcastStatus
from staff.permissions import Role
from tests.alerts.factories import NORTH, SOUTH, Country, make_draft, make_officer, make_reader
from web.problems.errors import Problem

WHO = st.sampled_from(["one officer", "another officer", "one of elsewhere"])
KEYS = st.sampled_from(["first-key", "second-key"])
STEPS = [pause_alert, resume_alert, stop_alert, cancel_alert]
WAITS = frozenset(BroadcastStatus) - {BroadcastStatus.STOPPED, BroadcastStatus.SETTLED}
"""The states of a broadcast that may still be sent."""


class Withdrawing(RuleBasedStateMachine):
    """One alert, two officers who may do anything, and one of elsewhere who may not."""

    def __init__(self, session: Session, country: Country) -> None:
        super().__init__()
        self.session, self.country = session, country
        self.nested = session.begin_nested()
        self.final: list[int] = []

    @initialize(later=st.booleans())
    def begin(self, later: bool) -> None:
        make_reader(self.session, self.country.p3400)
        districts = {"one officer": NORTH, "another officer": NORTH, "one of elsewhere": SOUTH}
        self.people = {
            name: make_officer(self.session, [district], [Role.OFFICER])
            for name, district in districts.items()
        }
        self.alert = make_draft(
            self.session,
            self.country,
            self.people["one officer"],
            send_at=utcnow() + timedelta(hours=1) if later else None,
        )

    def attempt(self, act: Callable[[], object]) -> bool:
        """Do it as a request does: wholly, or not at all."""
        try:
            with self.session.begin_nested():
                act()
        except Problem:
            self.session.expire_all()
            return False
        return True

    @rule(who=WHO, key=KEYS)
    def publish(self, who: str, key: str) -> None:
        self.attempt(lambda: publish_alert(self.session, self.people[who], self.alert, key))

    @rule(who=WHO, step=st.sampled_from([send_update, close_alert]), key=KEYS)
    def follow_up(self, who: str, step: Callable[..., object], key: str) -> None:
        said = {"da": "Bilen er grå."}
        self.attempt(lambda: step(self.session, self.people[who], self.alert, said, key))

    @rule(who=WHO, step=st.sampled_from(STEPS))
    def steer(self, who: str, step: Callable[..., Alert]) -> None:
        self.attempt(lambda: step(self.session, self.people[who], self.alert))

    @rule(who=WHO, key=KEYS)
    def withdraw(self, who: str, key: str) -> None:
        was_out, why = self.alert.status in PUBLISHED, {"da": "Det var forkert."}
        is_due = self.alert.send_at is not None and self.alert.send_at <= utcnow()
        if self.attempt(
            lambda: withdraw_alert(self.session, self.people[who], self.alert, why, key)
        ):
            assert who != "one of elsewhere"
            assert was_out or is_due, "withdrawn although nobody could know of it"
            self.final = self.final or [made.id for made in list_releases(self.session, self.alert)]

    @rule()
    def fall_due(self) -> None:
        if self.alert.status is AlertStatus.SCHEDULED:
            self.alert.send_at = utcnow() - timedelta(seconds=1)
        start_due_alerts(self.session)

    @rule()
    def come_to_the_end(self) -> None:
        """What waits is sent, what is stopped is settled."""
        for broadcast in self.session.scalars(select(Broadcast)).all():
            if broadcast.status is BroadcastStatus.PAUSED:
                continue
            if broadcast.status is not BroadcastStatus.STOPPED:
                broadcast.status = BroadcastStatus.SETTLED
            broadcast.settled_at = utcnow()
            self.session.flush()
            note_settled(self.session, broadcast)

    @rule()
    def expire(self) -> None:
        if self.alert.status in {AlertStatus.ACTIVE, AlertStatus.STOPPED}:
            self.alert.expires_at = utcnow() - timedelta(seconds=1)
        close_expired_alerts(self.session)

    @invariant()
    def a_withdrawal_is_the_last_word(self) -> None:
        if not self.final:
            return
        assert self.alert.status is AlertStatus.WITHDRAWN
        releases = list_releases(self.session, self.alert)
        assert [made.id for made in releases] == self.final, "something was sent afterwards"
        assert [made.kind for made in releases].count(ReleaseKind.WITHDRAWAL) == 1
        earlier = [id_ for made in releases[:-1] for id_ in made.broadcast_ids]
        waiting = select(Broadcast.id).where(Broadcast.id.in_(earlier), Broadcast.status.in_(WAITS))
        assert not self.session.scalars(waiting).all(), "the wrong text still waits"
        assert not current_alerts(self.session)

    def teardown(self) -> None:
        self.nested.rollback()
        self.session.expire_all()


def test_nothing_is_sent_after_a_withdrawal(session: Session, country: Country) -> None:
    class Here(Withdrawing):
        def __init__(self) -> None:
            super().__init__(session, country)

    run_state_machine_as_test(
        Here,
        settings=settings(max_examples=25, stateful_step_count=20, deadline=None),
    )
