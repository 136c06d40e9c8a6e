"""In whatever order several people act: nothing goes out that somebody else had to approve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.approving.steps import (
    approve_alert,
    reject_alert,
    return_alert,
    submit_alert,
    take_back_alert,
)
from alerts.composing.saving import update_draft
from alerts.draft import AlertDraft, Wording
from alerts.models import Alert, AlertRelease, AlertStatus, Severity
from alerts.releasing.jobs import start_due_alerts
from alerts.releasing.published import current_alerts
from alerts.releasing.publishing import publish_alert
from alerts.releasing.steering import cancel_alert, stop_alert
from database import utcnow
from dispatch.models import Broadcast
from staff.models import Staff
from staff.permissions import Role
from tests.alerts.factories import NORTH, Country, make_draft, make_officer, make_reader
from web.problems.errors import Problem

PEOPLE = st.sampled_from(["one officer", "another officer", "approver", "second approver", "both"])
OFFICER, APPROVER = [Role.OFFICER], [Role.APPROVER]


@dataclass
class Known:
    """What the test itself knows of the alert, told by nothing but what people did."""

    authors: dict[str, int]
    approvals: dict[str, int]


class Approving(RuleBasedStateMachine):
    """One alert, and five people who do anything at any time."""

    def __init__(self, session: Session, country: Country) -> None:
        super().__init__()
        self.session, self.country = session, country
        self.nested = session.begin_nested()

    @initialize(severity=st.sampled_from([Severity.MINOR, Severity.EXTREME]))
    def begin(self, severity: Severity) -> None:
        make_reader(self.session, self.country.p3400)
        roles = {
            "one officer": OFFICER,
            "another officer": OFFICER,
            "approver": APPROVER,
            "second approver": APPROVER,
            "both": OFFICER + APPROVER,
        }
        self.people = {
            name: make_officer(self.session, [NORTH], held) for name, held in roles.items()
        }
        author = self.people["one officer"]
        self.alert = make_draft(self.session, self.country, author, severity=severity)
        self.known = Known({"created": author.staff_id}, {})
        self.read = [self.fingerprint]

    @property
    def fingerprint(self) -> str:
        return AlertDraft.of(self.alert).fingerprint()

    def attempt(self, act: Callable[[], Alert]) -> bool:
        """Do it as a request does: wholly, or not at all."""
        try:
            with self.session.begin_nested():
                act()
        except Problem:
            self.session.expire_all()
            return False
        return True

    def change(self, who: str, **changes: object) -> None:
        actor = self.people[who]
        before = self.fingerprint
        draft = replace(AlertDraft.of(self.alert), **changes)  # type: ignore[arg-type]
        done = self.attempt(lambda: update_draft(self.session, actor, self.alert, draft))
        if done and self.fingerprint != before:
            self.known.authors["edited"] = actor.staff_id
            self.known.approvals.clear()
            self.read.append(self.fingerprint)

    @rule(
        who=st.sampled_from(["one officer", "another officer", "both"]),
        title=st.sampled_from(["Indbrud", "Røveri"]),
    )
    def edit(self, who: str, title: str) -> None:
        self.change(who, texts={"da": Wording(title, "Har du set noget?")})

    @rule(
        who=st.sampled_from(["one officer", "both"]),
        severity=st.sampled_from([Severity.MINOR, Severity.EXTREME]),
    )
    def change_severity(self, who: str, severity: Severity) -> None:
        self.change(who, severity=severity)

    @rule(who=st.sampled_from(["another officer", "both"]), later=st.booleans())
    def change_time(self, who: str, later: bool) -> None:
        self.change(who, send_at=utcnow() + timedelta(hours=1) if later else None)

    @rule(who=PEOPLE)
    def submit(self, who: str) -> None:
        actor = self.people[who]
        if self.attempt(lambda: submit_alert(self.session, actor, self.alert)):
            self.known.authors["submitted"] = actor.staff_id
            self.known.approvals.clear()

    @rule(who=PEOPLE)
    def take_back(self, who: str) -> None:
        actor = self.people[who]
        if self.attempt(lambda: take_back_alert(self.session, actor, self.alert)):
            self.known.approvals.clear()

    @rule(who=PEOPLE, read=st.sampled_from([-1, -1, -1, -2]))
    def approve(self, who: str, read: int) -> None:
        actor = self.people[who]
        seen = self.read[read:][0]
        before = self.alert.status
        if self.attempt(lambda: approve_alert(self.session, actor, self.alert, seen=seen)):
            assert actor.staff_id not in self.known.authors.values(), "approved their own"
            assert Role.APPROVER in actor.roles
            assert self.is_active(actor.staff_id)
            assert seen == self.fingerprint, "approved what they had not read"
            if before is AlertStatus.SUBMITTED:
                self.known.approvals[seen] = actor.staff_id

    @rule(who=PEOPLE, forever=st.booleans())
    def turn_down(self, who: str, forever: bool) -> None:
        actor, step = self.people[who], reject_alert if forever else return_alert
        seen = self.fingerprint
        if self.attempt(lambda: step(self.session, actor, self.alert, "Ikke sådan", seen=seen)):
            assert actor.staff_id not in self.known.authors.values()
            self.known.approvals.clear()

    @rule(who=PEOPLE, reason=st.sampled_from([None, None, None, "Kort", "Ingen er på vagt"]))
    def send(self, who: str, reason: str | None) -> None:
        actor, content, sent = self.people[who], self.fingerprint, self.releases()
        is_due = self.alert.severity is Severity.EXTREME
        approved_by = self.known.approvals.get(content)
        key = f"a-key-of-{who}-{reason}"
        done = self.attempt(
            lambda: publish_alert(
                self.session, actor, self.alert, key, seen=content, without_approval=reason
            )
        )
        if done and self.releases() > sent and is_due and reason != "Ingen er på vagt":
            assert approved_by is not None, "sent without approval"
            assert approved_by not in self.known.authors.values()
            assert self.is_active(approved_by), "sent on the word of somebody who has left"

    @rule()
    def fall_due(self) -> None:
        if self.alert.status is AlertStatus.SCHEDULED:
            self.alert.send_at = utcnow() - timedelta(seconds=1)
        start_due_alerts(self.session)

    @rule(who=PEOPLE, stop=st.booleans())
    def end(self, who: str, stop: bool) -> None:
        step = stop_alert if stop else cancel_alert
        self.attempt(lambda: step(self.session, self.people[who], self.alert))

    @rule(who=st.sampled_from(["approver", "second approver", "both"]), active=st.booleans())
    def leave_or_return(self, who: str, active: bool) -> None:
        self.session.get_one(Staff, self.people[who].staff_id).active = active
        self.session.flush()

    def is_active(self, staff_id: int) -> bool:
        return self.session.get_one(Staff, staff_id).active

    def releases(self) -> int:
        return self.session.scalar(select(func.count()).select_from(AlertRelease)) or 0

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        broadcasts = self.session.scalar(select(func.count()).select_from(Broadcast)) or 0
        assert self.releases() == broadcasts <= 1

    @invariant()
    def the_public_sees_nothing_that_was_not_sent(self) -> None:
        assert not current_alerts(self.session) or self.releases() == 1

    def teardown(self) -> None:
        self.nested.rollback()
        self.session.expire_all()


def test_nothing_is_sent_that_somebody_else_had_to_approve(
    session: Session, country: Country
) -> None:
    class Here(Approving):
        def __init__(self) -> None:
            super().__init__(session, country)

    run_state_machine_as_test(
        Here,
        settings=settings(max_examples=25, stateful_step_count=20, deadline=None),
    )
