"""A run a day, in chunks: bounded, repeatable, reported, and shown to administrators."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from alerts.models import Alert, AlertRelease, AlertStatus, ReleaseKind, ReleaseWave
from audit import trail
from audit.models import AuditEntry
from cases.models import Case
from cases.opening import close_case
from database import utcnow, whole_minute
from dispatch import forgetting
from dispatch.hooks import hooks_of
from dispatch.models import Broadcast, Channel, Delivery, DeliveryState, Priority
from retention.models import RetentionRun
from retention.runs import continue_run, delete_chunk
from staff.models import Staff
from tests.retention.conftest import Work
from tests.retention.factories import DAY, count, deleted_now, one_chunk
from tests.staff.factories import sign_in
from tests.tips.conftest import everything_logged
from tests.tips.factories import (
    ROBBERY,
    actor_of,
    all_tips,
    case_of,
    make_appeal,
    make_investigator,
    text_in,
)
from tips import retention as of_tips
from tips.inbox import read_tip
from tips.models import Tip, TipEvent, TipStatus
from web.http.app import VarskoApp

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def old_entries(work: Work, number: int) -> None:
    """Entries that are past the time they are kept."""
    at = utcnow() - 2000 * DAY
    with work() as session:
        session.execute(
            insert(AuditEntry),
            [
                {"at": at, "action": "tip.read", "subject": "tip", "detail": {}, "actor_name": ""}
                for _ in range(number)
            ],
        )


def old_tips(work: Work, number: int) -> None:
    """Read tips of a case that was closed three years ago."""
    with work() as session:
        make_appeal(session)
        text_in(session, f"Sag {ROBBERY}: en bil")
        (first,) = all_tips(session)
        reader = actor_of(session)
        read_tip(session, reader, first.id)
        case = close_case(session, reader, case_of(session).id)
        case.closed_at = first.received_at = whole_minute(utcnow() - 1095 * DAY)
        for event in session.scalars(select(TipEvent)):
            event.at = first.received_at
        copied = {
            name: getattr(first, name)
            for name in ("case_id", "channel", "language", "placement", "received_at", "status")
        }
        session.add_all(Tip(**copied, text=f"Tip {n}") for n in range(number - 1))


def old_deliveries(work: Work, number: int) -> None:
    """An alert that was sent to so many, and closed two months ago."""
    with work() as session:
        alert = make_appeal(session, reference=None)
        alert.status, alert.closed_at = AlertStatus.CLOSED, utcnow() - 60 * DAY
        broadcast = Broadcast(
            reference=f"alert:{alert.code}:1", priority=Priority.NORMAL, audience_kind="areas",
            audience_params={}, settled_at=utcnow() - 60 * DAY,
        )  # fmt: skip
        session.add(broadcast)
        session.flush()
        session.execute(
            insert(Delivery),
            [
                {
                    "broadcast_id": broadcast.id, "contact_id": contact, "content_id": 1,
                    "channel": Channel.SMS, "state": DeliveryState.DELIVERED, "distance_m": 0,
                    "attempts": 1, "deferrals": 0,
                }
                for contact in range(number)
            ],
        )  # fmt: skip
        _release(session, alert, broadcast)


def _release(session: Session, alert: Alert, broadcast: Broadcast) -> None:
    made = AlertRelease(
        alert_id=alert.id, kind=ReleaseKind.INITIAL, number=1, key="initial", texts={},
        contents=[], target={}, target_description="", counts=[], recipients=1,
        created_by=alert.created_by,
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add(
        ReleaseWave(release_id=made.id, number=1, broadcast_id=broadcast.id, audience={}, counts=[])
    )


# --- Chunks ------------------------------------------------------------------------------


def chunks(table: type[Delivery] | type[AuditEntry] | type[Tip]) -> Iterator[int]:
    """How many rows each transaction deletes, until the run is finished."""
    left = count(table)
    while one_chunk().finished_at is None:
        now = count(table)
        yield left - now
        left = now


def test_twenty_thousand_deliveries_go_in_chunks(work: Work) -> None:
    old_deliveries(work, 20_500)
    sizes = list(chunks(Delivery))
    assert sizes == [forgetting.AT_ONCE, forgetting.AT_ONCE, 500]
    assert count(Delivery) == 0


def test_twenty_thousand_entries_of_the_trail_go_in_chunks(work: Work) -> None:
    old_entries(work, 20_000)
    assert list(chunks(AuditEntry)) == [trail.FORGOTTEN_AT_ONCE] * 4


def test_many_tips_go_in_chunks(work: Work) -> None:
    old_tips(work, 2_300)
    assert list(chunks(Tip)) == [of_tips.TIPS_AT_ONCE, of_tips.TIPS_AT_ONCE, 300]


def test_between_two_chunks_everybody_can_write(work: Work) -> None:
    old_entries(work, trail.FORGOTTEN_AT_ONCE + 1)
    assert one_chunk().finished_at is None
    with work() as session:
        text_in(session, "Jeg så en mand")
    assert one_chunk().finished_at is None
    assert one_chunk().finished_at is not None
    assert count(Tip) == 1


def test_a_chunk_that_is_interrupted_has_deleted_and_counted_nothing(work: Work) -> None:
    old_entries(work, 2 * trail.FORGOTTEN_AT_ONCE)
    one_chunk()
    with pytest.raises(KeyboardInterrupt), work() as session:
        delete_chunk(session)
        raise KeyboardInterrupt
    assert count(AuditEntry) == trail.FORGOTTEN_AT_ONCE
    assert deleted_now() == {"audit": 2 * trail.FORGOTTEN_AT_ONCE}
    assert count(RetentionRun) == 1


def test_a_run_that_was_interrupted_goes_on_the_next_day(work: Work) -> None:
    with time_machine.travel(NOON, tick=False):
        old_entries(work, trail.FORGOTTEN_AT_ONCE + 1)
        run = one_chunk()
    with time_machine.travel(NOON + DAY, tick=False), work() as session:
        continue_run(session)
        assert session.scalars(select(RetentionRun.id)).all() == [run.id]


def test_once_more_deletes_nothing(work: Work) -> None:
    old_tips(work, 3)
    assert deleted_now() == {"tips": 3}
    assert deleted_now() == {}


# --- Every day ---------------------------------------------------------------------------


def test_the_scheduler_runs_it_once_a_day(app: VarskoApp, work: Work) -> None:
    job = hooks_of(app).jobs["retention"]
    begun = []
    for hours in (0, 1, 10, 24, 25, 48):
        with time_machine.travel(NOON + dt.timedelta(hours=hours), tick=False):
            with work() as session:
                job.function(session)
            begun.append(count(RetentionRun))
    assert begun == [1, 1, 1, 2, 2, 3]


def test_the_scheduler_takes_a_chunk_each_time_until_nothing_is_left(work: Work) -> None:
    old_entries(work, trail.FORGOTTEN_AT_ONCE + 1)
    left = []
    for _ in range(4):
        with work() as session:
            continue_run(session)
        left.append(count(AuditEntry, AuditEntry.action == "tip.read"))
    assert left == [1, 0, 0, 0]
    assert count(AuditEntry, AuditEntry.action == "retention.run") == 1


def test_each_run_is_reported(work: Work) -> None:
    old_tips(work, 2)
    with everything_logged() as events:
        deleted = deleted_now()
    assert deleted == {"tips": 2}
    (logged,) = [event for event in events if event["event"] == "retention_run"]
    assert logged["tips"] == 2
    with work() as session:
        entries = trail.find_entries(session, action="retention")
        assert [entry.detail for entry in entries] == [{"tips": 2}]
        assert entries[0].staff_id is None


# --- The command -------------------------------------------------------------------------


def command(app: VarskoApp, *arguments: str) -> dict[str, int]:
    """What ``flask retention run`` says, by name."""
    result = app.test_cli_runner().invoke(args=["retention", "run", *arguments])
    assert result.exit_code == 0, result.output
    found = re.findall(r"^(\w+) +([\d,]+) (?:would be )?deleted", result.output, re.MULTILINE)
    return {name: int(number.replace(",", "")) for name, number in found}


def test_the_command_shows_what_is_due_and_then_deletes_just_that(
    app: VarskoApp, work: Work
) -> None:
    old_tips(work, 3)
    old_entries(work, 7)
    due = command(app, "--dry-run")
    assert due == {
        "recipients": 0, "messages": 0, "tips": 3, "alerts": 0, "cases": 0, "contacts": 0,
        "staff": 0, "audit": 7,
    }  # fmt: skip
    assert (count(Tip), count(RetentionRun)) == (3, 0)
    assert command(app) == due
    assert count(Tip) == 0
    assert set(command(app, "--dry-run").values()) == {0}


def test_the_dry_run_names_what_is_held_back(app: VarskoApp, work: Work) -> None:
    old_tips(work, 3)
    with work() as session:
        all_tips(session)[0].status = TipStatus.NEW
    result = app.test_cli_runner().invoke(args=["retention", "run", "--dry-run"])
    assert "1 as old are held back" in result.output
    assert "nothing was deleted" in result.output
    assert command(app, "--dry-run")["tips"] == 2


# --- The page ----------------------------------------------------------------------------


def cells(page: str) -> dict[str, list[str]]:
    """The rows of a page's tables: the row's name, then what its cells say."""
    rows = re.findall(r"<tr>\s*<th scope=\"row\"(.*?)</tr>", page, re.DOTALL)
    texts = [
        [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in re.split(r"</t[hd]>", row)]
        for row in rows
    ]
    return {row[0].partition(">")[2].strip(): row[1:-1] for row in texts}


def test_administrators_see_what_is_due_and_what_was_deleted(
    app: VarskoApp, work: Work, client: FlaskClient, administrator: Staff
) -> None:
    old_tips(work, 3)
    with work() as session:
        all_tips(session)[0].status = TipStatus.NEW
    sign_in(client, administrator)
    before = cells(client.get("/staff/retention").text)
    assert before["Tips"][1:] == ["2", "0", "1"]
    assert before["Tips"][0].startswith("730 dage efter at sagen er lukket")
    assert before["Revisionsspor"][0].startswith("1825 dage")
    deleted_now()
    page = client.get("/staff/retention").text
    after = cells(page)
    assert after["Tips"][1:] == ["0", "0", "1"]
    assert "Tips: 2" in page


def test_what_is_due_within_a_month_is_shown(
    app: VarskoApp, work: Work, client: FlaskClient, administrator: Staff
) -> None:
    old_tips(work, 2)
    with work() as session:
        case = session.scalars(select(Case)).one()
        case.closed_at = utcnow() - 720 * DAY
    sign_in(client, administrator)
    assert cells(client.get("/staff/retention").text)["Tips"][1:] == ["0", "2", "0"]


def test_others_do_not_see_it(work: Work, client: FlaskClient) -> None:
    with work() as session:
        investigator = make_investigator(session)
    sign_in(client, investigator)
    assert client.get("/staff/retention").status_code == 403


def test_administrators_are_warned_when_it_has_stalled(
    work: Work, client: FlaskClient, administrator: Staff
) -> None:
    deleted_now()
    sign_in(client, administrator)
    assert "Sletningen er gået i stå" not in client.get("/staff/").text
    with work() as session:
        run = session.scalars(select(RetentionRun)).one()
        run.started_at = run.finished_at = utcnow() - 3 * DAY
    assert "Sletningen er gået i stå" in client.get("/staff/").text
    assert "Sletningen er gået i stå" in client.get("/staff/retention").text
