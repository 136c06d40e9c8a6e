"""In whatever order people write, approve and send: nothing follows that nobody approved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.approving.approval import content_of
from alerts.approving.steps import (
    approve_alert,
    reject_alert,
    return_alert,
    submit_alert,
    take_back_alert,
)
from alerts.draft import Wording, texts_of
from alerts.models import AlertRelease, AlertStatus, FollowUp, ReleaseKind, Severity
from alerts.releasing.follow_ups import (
    drop_follow_up,
    save_follow_up,
    send_follow_up,
    write_follow_up,
)
from alerts.releasing.jobs import note_settled
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import list_releases
from alerts.releasing.steering import stop_alert
from alerts.releasing.withdrawing import withdraw_alert
from database import utcnow
from dispatch.models import Broadcast, BroadcastStatus
from staff.models import Staff
from staff.permissions import Role
from tests.alerts.factories import NORTH, SOUTH, Country, make_draft, make_officer, make_reader
from web.problems.errors import Problem

PEOPLE = st.sampled_from(
    ["one officer", "another officer", "approver", "second approver", "both", "one of elsewhere"]
)
WRITERS = st.sampled_from(["one officer", "another officer", "both"])
KINDS = st.sampled_from([ReleaseKind.UPDATE, ReleaseKind.CORRECTION, ReleaseKind.CLOSURE])
BODIES = st.sampled_from(["Bilen er grå.", "Bilen er rød.", "Der er ingen bil."])
WHICH = st.integers(0, 3)
REASONS = st.sampled_from([None, None, None, "haster haster haster", "Ingen er på vagt"])
REASON = "Ingen er på vagt"


@dataclass
class Known:
    """What the test itself knows of a follow-up, told by nothing but what people did."""

    authors: dict[str, int]
    approval: tuple[int, str, int] | None = None
    """By whom, of which text, and how many releases there were."""
    releases: set[int] = field(default_factory=set)


class Following(RuleBasedStateMachine):
    """One alert that is out, what is written to follow it, and six people who do anything."""

    def __init__(self, session: Session, country: Country) -> None:
        super().__init__()
        self.session, self.country = session, country
        self.nested = session.begin_nested()
        self.kept: list[FollowUp] = []
        self.known: list[Known] = []
        self.over = 0

    @initialize(severity=st.sampled_from([Severity.MINOR, Severity.EXTREME, Severity.EXTREME]))
    def begin(self, severity: Severity) -> None:
        make_reader(self.session, self.country.p3400)
        officers, approvers = [Role.OFFICER], [Role.APPROVER]
        self.people = {
            "one officer": make_officer(self.session, [NORTH], officers),
            "another officer": make_officer(self.session, [NORTH], officers),
            "approver": make_officer(self.session, [NORTH], approvers),
            "second approver": make_officer(self.session, [NORTH], approvers),
            "both": make_officer(self.session, [NORTH], officers + approvers),
            "one of elsewhere": make_officer(self.session, [SOUTH], officers + approvers),
        }
        officer = self.people["one officer"]
        self.alert = make_draft(self.session, self.country, officer, severity=severity)
        self.is_due = severity is Severity.EXTREME
        why = "Ingen er på vagt" if self.is_due else None
        publish_alert(self.session, officer, self.alert, "first-key", without_approval=why)

    def attempt(self, act: Callable[[], object]) -> bool:
        """Do it as a request does: wholly, or not at all."""
        try:
            with self.session.begin_nested():
                act()
        except Problem:
            self.session.expire_all()
            return False
        return True

    def one(self, which: int) -> tuple[FollowUp, Known]:
        place = which % len(self.kept)
        return self.kept[place], self.known[place]

    def text(self, follow_up: FollowUp) -> str:
        return texts_of(follow_up)["da"].body

    def releases(self) -> int:
        return self.session.scalar(select(func.count()).select_from(AlertRelease)) or 0

    def is_active(self, staff_id: int) -> bool:
        return self.session.get_one(Staff, staff_id).active

    @rule(who=PEOPLE, kind=KINDS, body=BODIES)
    def write(self, who: str, kind: ReleaseKind, body: str) -> None:
        actor, texts = self.people[who], {"da": Wording("Indbrud på Åvej", body)}
        made: list[FollowUp] = []
        if self.attempt(
            lambda: made.append(save_follow_up(self.session, actor, self.alert, kind, texts))
        ):
            assert Role.OFFICER in actor.roles
            assert who != "one of elsewhere"
            assert not self.over, "written about what was withdrawn"
            self.kept.append(made[0])
            self.known.append(Known({"created": actor.staff_id}))

    @precondition(lambda self: self.kept)
    @rule(who=WRITERS, which=WHICH, body=BODIES)
    def edit(self, who: str, which: int, body: str) -> None:
        actor, (kept, known) = self.people[who], self.one(which)
        texts, before = {"da": Wording("Indbrud på Åvej", body)}, self.text(kept)
        done = self.attempt(
            lambda: save_follow_up(self.session, actor, self.alert, kept.kind, texts, kept)
        )
        if done and self.text(kept) != before:
            known.authors["edited"], known.approval = actor.staff_id, None

    @precondition(lambda self: self.kept)
    @rule(who=PEOPLE, which=WHICH)
    def submit(self, who: str, which: int) -> None:
        actor, (kept, known) = self.people[who], self.one(which)
        if self.attempt(lambda: submit_alert(self.session, actor, kept)):
            known.authors["submitted"], known.approval = actor.staff_id, None

    @precondition(lambda self: self.kept)
    @rule(who=PEOPLE, which=WHICH, drops=st.booleans())
    def take_back(self, who: str, which: int, drops: bool) -> None:
        actor, (kept, known) = self.people[who], self.one(which)
        step = drop_follow_up if drops else take_back_alert
        if self.attempt(lambda: step(self.session, actor, kept)):
            known.approval = None

    @precondition(lambda self: self.kept)
    @rule(who=PEOPLE, which=WHICH)
    def approve(self, who: str, which: int) -> None:
        actor, (kept, known) = self.people[who], self.one(which)
        seen, waits = content_of(self.session, kept).fingerprint(), self.waits(kept)
        if self.attempt(lambda: approve_alert(self.session, actor, kept, seen=seen)) and waits:
            assert actor.staff_id not in known.authors.values(), "approved their own"
            assert Role.APPROVER in actor.roles
            assert who != "one of elsewhere"
            assert self.is_active(actor.staff_id)
            known.approval = (actor.staff_id, self.text(kept), self.releases())

    def waits(self, kept: FollowUp) -> bool:
        return kept.status is AlertStatus.SUBMITTED

    @precondition(lambda self: self.kept)
    @rule(who=PEOPLE, which=WHICH, forever=st.booleans())
    def turn_down(self, who: str, which: int, forever: bool) -> None:
        actor, (kept, known) = self.people[who], self.one(which)
        step = reject_alert if forever else return_alert
        seen = content_of(self.session, kept).fingerprint()
        if self.attempt(lambda: step(self.session, actor, kept, "Det er for tidligt", seen=seen)):
            assert actor.staff_id not in known.authors.values()
            known.approval = None

    @precondition(lambda self: self.kept)
    @rule(who=PEOPLE, which=WHICH, reason=REASONS, key=st.sampled_from(["a-key-1", "a-key-2"]))
    def send(self, who: str, which: int, reason: str | None, key: str) -> None:
        actor, (kept, known) = self.people[who], self.one(which)
        before = self.releases()
        self.attempt(
            lambda: send_follow_up(
                self.session, actor, kept, f"{key}-{which}", without_approval=reason
            )
        )
        if self.releases() == before:
            return
        assert not known.releases, "sent twice"
        known.releases.add(self.releases())
        assert who not in {"approver", "second approver", "one of elsewhere"}
        sent = list_releases(self.session, self.alert)[-1]
        assert sent.texts["da"]["body"] == self.text(kept)
        if self.is_due and reason != REASON:
            assert known.approval is not None, "sent without approval"
            by, text, releases = known.approval
            assert text == sent.texts["da"]["body"], "approved was another text"
            assert releases == before, "approved before something else was sent"
            assert by not in known.authors.values()
            assert self.is_active(by), "sent on the word of somebody who has left"

    @rule(who=PEOPLE, kind=KINDS, body=BODIES, reason=REASONS)
    def send_at_once(self, who: str, kind: ReleaseKind, body: str, reason: str | None) -> None:
        """What was just written is sent without being kept."""
        actor, before = self.people[who], self.releases()
        written = write_follow_up(actor, self.alert, kind, {"da": Wording("Indbrud", body)})
        key = f"at-once-{kind}-{body}"
        self.attempt(
            lambda: send_follow_up(self.session, actor, written, key, without_approval=reason)
        )
        if self.releases() > before:
            assert not self.is_due or reason == REASON, "sent without approval"

    @rule(kind=st.sampled_from([ReleaseKind.CORRECTION, ReleaseKind.UPDATE]))
    def two_at_once(self, kind: ReleaseKind) -> None:
        """Each has theirs approved; the second must be read again once the first is out."""
        drafts = [("one officer", "Bilen er sort."), ("another officer", "Bilen er hvid.")]
        sent = []
        both = []
        for who, body in drafts:
            self.write(who, kind, body)
            if not self.kept or self.text(self.kept[-1]) != body:
                return
            both.append(len(self.kept) - 1)
        for place, (who, _body) in zip(both, drafts, strict=True):
            self.kept_at(place, who, "approver")
        for place, (who, _body) in zip(both, drafts, strict=True):
            before = self.releases()
            actor = self.people[who]
            kept, known = self.kept[place], self.known[place]
            self.attempt(lambda: send_follow_up(self.session, actor, kept, f"both-{place}"))  # noqa: B023
            if self.releases() > before:
                known.releases.add(self.releases())
                sent.append(place)
        assert len(sent) <= (1 if self.is_due else 2), "the second was approved before the first"

    def kept_at(self, place: int, author: str, approver: str) -> None:
        """It is submitted and approved, if the approver is on duty."""
        kept, known = self.kept[place], self.known[place]
        self.attempt(lambda: submit_alert(self.session, self.people[author], kept))
        known.authors["submitted"] = self.people[author].staff_id
        seen = content_of(self.session, kept).fingerprint()
        if self.attempt(
            lambda: approve_alert(self.session, self.people[approver], kept, seen=seen)
        ):
            by = self.people[approver].staff_id
            known.approval = (by, self.text(kept), self.releases())

    @rule(who=PEOPLE)
    def stop(self, who: str) -> None:
        self.attempt(lambda: stop_alert(self.session, self.people[who], self.alert))

    @rule()
    def come_to_the_end(self) -> None:
        """What waits is sent."""
        for broadcast in self.session.scalars(select(Broadcast)).all():
            if broadcast.status is not BroadcastStatus.STOPPED:
                broadcast.status = BroadcastStatus.SETTLED
            broadcast.settled_at = utcnow()
            self.session.flush()
            note_settled(self.session, broadcast)

    @precondition(lambda self: len(self.kept) > 1)
    @rule(who=WRITERS)
    def withdraw(self, who: str) -> None:
        why = {"da": "Det var forkert."}
        done = self.attempt(
            lambda: withdraw_alert(self.session, self.people[who], self.alert, why, "the-end")
        )
        assert done, "a withdrawal waits for nobody"
        self.over = self.over or self.releases()

    @rule(who=st.sampled_from(["approver", "second approver", "both"]), active=st.booleans())
    def leave_or_return(self, who: str, active: bool) -> None:
        self.session.get_one(Staff, self.people[who].staff_id).active = active
        self.session.flush()

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        sent = list_releases(self.session, self.alert) if hasattr(self, "alert") else []
        kinds = [made.kind for made in sent]
        for once in (ReleaseKind.INITIAL, ReleaseKind.CLOSURE, ReleaseKind.WITHDRAWAL):
            assert kinds.count(once) <= 1
        broadcasts = self.session.scalar(select(func.count()).select_from(Broadcast)) or 0
        assert len(sent) == broadcasts
        of_kept = [kept.release_id for kept in self.kept if kept.release_id]
        assert len(of_kept) == len(set(of_kept))

    @invariant()
    def nothing_is_sent_after_a_withdrawal(self) -> None:
        assert not self.over or self.releases() == self.over

    def teardown(self) -> None:
        self.nested.rollback()
        self.session.expire_all()


def test_nothing_follows_that_nobody_approved(session: Session, country: Country) -> None:
    class Here(Following):
        def __init__(self) -> None:
            super().__init__(session, country)

    run_state_machine_as_test(
        Here,
        settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
    )
