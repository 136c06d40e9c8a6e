"""Mail when processes are killed: nobody gets one twice, and almost everybody gets one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from database import current_database, utcnow
from dispatch import Dispatcher
from dispatch.hooks import current_hooks
from dispatch.ledger.batches import Claim, claim_slice, hold_batch, next_batch_id
from dispatch.models import Channel, Delivery, DeliveryState
from dispatch.providers.directory import provider_of
from dispatch.providers.smtp import journal
from dispatch.providers.smtp.journal import AttemptState, Journal
from dispatch.scheduling.scheduler_lease import SCHEDULER, hold_lease
from dispatch.scheduling.unknown_deliveries import ask_about_lost
from simulator import Simulator
from tests.dispatch.factories import (
    MAIL,
    add_contacts,
    broadcast,
    mailbox,
    plug_everyone,
    states,
)
from tests.dispatch.fixtures import MakeApp
from tests.settings import ENVIRONMENT
from web.http.app import VarskoApp

PEOPLE = 900
CONNECTIONS = 6
DEAD = "4711.0123abcd"
"""A process that has ended."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder for journals."""
    path = tmp_path / "state"
    path.mkdir()
    return path


@pytest.fixture
def app_with_simulator(make_app: MakeApp, folder: Path) -> Iterator[VarskoApp]:
    """A service that keeps a mail journal."""
    app = make_app(state_dir=folder, smtp_connections=CONNECTIONS)
    plug_everyone(app)
    with app.app_context():
        yield app


def later(dispatcher: Dispatcher, **time: float) -> None:
    """Move the time, and let the dispatcher continue."""
    with time_machine.travel(utcnow() + timedelta(**time), tick=True):
        dispatcher.drain()


def take_up(dispatcher: Dispatcher, number: int, process: str) -> Claim:
    """Fill the ledger for so many people, and act as a process that claims some."""
    add_contacts(mailbox(i) for i in range(number))
    broadcast([MAIL])
    dispatcher.tick()
    with current_database().unit_of_work() as session:
        batch_id = next_batch_id(session, Channel.EMAIL)
        assert batch_id is not None
        owner = f"host:{process.replace('.', ':')}:email:0"
        batch = hold_batch(session, batch_id, owner, 60)
        assert batch is not None
        return claim_slice(session, batch, number, 60, "smtp")


def mails(simulator: Simulator, number: int) -> list[int]:
    """How many mails each recipient has."""
    return [len(simulator.mailbox(mailbox(i)).messages) for i in range(number)]


# --- A process that is killed ------------------------------------------------------------


@pytest.mark.parametrize("arrived", [40, 400])
def test_of_a_killed_process_each_mail_is_accounted_for(
    simulator: Simulator, dispatcher: Dispatcher, database_url: str, folder: Path, arrived: int
) -> None:
    add_contacts(mailbox(i) for i in range(PEOPLE))
    made = broadcast([MAIL])
    dispatcher.tick()
    settings = {
        "VARSKO_DATABASE_URL": database_url,
        "VARSKO_SMTP_HOST": simulator.smtp_host,
        "VARSKO_SMTP_PORT": str(simulator.smtp_port),
        "VARSKO_STATE_DIR": str(folder),
        "VARSKO_SMTP_CONNECTIONS": str(CONNECTIONS),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "dispatch", "run"],
        env={**os.environ, **ENVIRONMENT, **settings},
        cwd=Path(__file__).parents[3],
    )
    try:
        simulator.wait_for(lambda: simulator.office.received_total >= arrived, timeout=120)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()

    later(dispatcher, minutes=4)
    later(dispatcher, minutes=8)
    got = mails(simulator, PEOPLE)
    found = states(made.id)
    assert max(got) == 1
    assert set(found) <= {DeliveryState.SENT, DeliveryState.FAILED}
    # One on each connection can be unknown: it was written, and no answer came.
    assert found.get(DeliveryState.FAILED, 0) <= CONNECTIONS
    assert PEOPLE - sum(got) <= found.get(DeliveryState.FAILED, 0)
    with current_database().unit_of_work(writes=False) as session:
        codes = session.scalars(
            select(Delivery.error_code).where(Delivery.state == DeliveryState.FAILED)
        )
        assert set(codes) <= {"unanswered"}


# --- What a journal settles --------------------------------------------------------------


def test_what_a_dead_process_had_not_begun_is_sent(
    simulator: Simulator, dispatcher: Dispatcher, folder: Path
) -> None:
    """Killed between claiming a slice and sending its first mail."""
    Journal(folder, DEAD).close()
    take_up(dispatcher, 10, DEAD)
    later(dispatcher, minutes=4)
    assert states(1) == {DeliveryState.SENT: 10}
    assert mails(simulator, 10) == [1] * 10


def test_each_mail_gets_the_fate_its_journal_tells(
    simulator: Simulator, dispatcher: Dispatcher, folder: Path
) -> None:
    dead = Journal(folder, DEAD)
    claim = take_up(dispatcher, 4, DEAD)
    accepted, refused, begun, _unbegun = [(message.delivery_id, 1) for message in claim.messages]
    dead.note(
        journal.started(accepted)
        + journal.started(refused)
        + journal.accepted(accepted, "reference")
        + journal.refused(refused)
        + journal.started(begun)
    )
    dead.close()
    later(dispatcher, minutes=4)

    assert mails(simulator, 4) == [0, 1, 0, 1]
    with current_database().unit_of_work(writes=False) as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
    assert [row.state.value for row in rows] == ["sent", "sent", "failed", "sent"]
    assert rows[0].provider_ref == "reference"
    assert rows[2].error_code == "unanswered"
    assert [row.attempts for row in rows] == [1, 2, 1, 2]


def test_what_this_process_did_and_could_not_record_is_recorded_later(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    """The database was down when the results were to be written."""
    claim = take_up(dispatcher, 10, current_hooks().process)
    provider_of("smtp").send(claim.messages[:6], "127.0.0.1")
    later(dispatcher, minutes=4)
    assert states(1) == {DeliveryState.SENT: 10}
    assert mails(simulator, 10) == [1] * 10


def test_nothing_is_decided_while_the_process_may_go_on(
    simulator: Simulator, dispatcher: Dispatcher, folder: Path
) -> None:
    alive = Journal(folder, DEAD)
    claim = take_up(dispatcher, 3, DEAD)
    first, second, _third = [(message.delivery_id, 1) for message in claim.messages]
    alive.note(journal.started(first) + journal.started(second) + journal.accepted(second, "x"))
    later(dispatcher, hours=2)
    assert states(1) == {DeliveryState.UNKNOWN: 2, DeliveryState.SENT: 1}
    alive.close()
    later(dispatcher, hours=3)
    assert states(1) == {DeliveryState.SENT: 2, DeliveryState.FAILED: 1}
    assert mails(simulator, 3) == [0, 0, 1]


def test_a_journal_on_another_host_is_waited_for_and_only_so_long(
    dispatcher: Dispatcher, folder: Path
) -> None:
    take_up(dispatcher, 2, DEAD)
    later(dispatcher, minutes=4)
    assert states(1) == {DeliveryState.UNKNOWN: 2}
    later(dispatcher, minutes=11)
    assert states(1) == {DeliveryState.FAILED: 2}


def test_a_host_asks_about_its_own_dead_without_the_lease(
    simulator: Simulator, dispatcher: Dispatcher, folder: Path
) -> None:
    take_up(dispatcher, 2, DEAD)
    later(dispatcher, minutes=4)
    with time_machine.travel(utcnow() + timedelta(minutes=5), tick=True):
        with current_database().unit_of_work() as session:
            assert hold_lease(session, SCHEDULER, "another host") is not None
        assert ask_about_lost("smtp") == 0
        Journal(folder, DEAD).close()
        assert ask_about_lost("smtp") == 2
    assert states(1) == {DeliveryState.QUEUED: 2}


def test_a_machine_that_was_down_has_lost_lines(
    dispatcher: Dispatcher, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dead = Journal(folder, DEAD)
    claim = take_up(dispatcher, 2, DEAD)
    dead.note(journal.accepted((claim.messages[0].delivery_id, 1), "reference"))
    dead.close()
    boot_id = tmp_path / "boot_id"
    boot_id.write_text("another start of the machine\n")
    monkeypatch.setattr(journal, "_BOOT_ID", boot_id)
    later(dispatcher, minutes=4)
    assert states(1) == {DeliveryState.SENT: 1, DeliveryState.FAILED: 1}


def test_mail_goes_out_where_no_journal_can_be_kept(
    make_app: MakeApp, simulator: Simulator, tmp_path: Path
) -> None:
    app = make_app(state_dir=tmp_path / "missing")
    plug_everyone(app)
    with app.app_context():
        add_contacts([mailbox(1)])
        made = broadcast([MAIL])
        Dispatcher(app).drain()
        assert states(made.id) == {DeliveryState.SENT: 1}


# --- The file ----------------------------------------------------------------------------

KEYS = [(1, 1), (2, 1), (12, 1)]
lines = st.lists(
    st.tuples(st.sampled_from(["started", "accepted", "refused"]), st.sampled_from(KEYS)),
    max_size=12,
)


@given(written=lines, data=st.data())
def test_whatever_was_written_last_counts_however_the_file_ends(
    tmp_path_factory: pytest.TempPathFactory,
    written: list[tuple[str, journal.Key]],
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    kept = Journal(folder, DEAD)
    whole = [
        journal.accepted(key, "ref") if word == "accepted" else getattr(journal, word)(key)
        for word, key in written
    ]
    cut = data.draw(st.integers(0, len(b"".join(whole))))
    kept.note(b"".join(whole)[:cut])
    kept.close()
    ends = [len(b"".join(whole[: at + 1])) for at in range(len(whole))]
    last = {key: word for (word, key), end in zip(written, ends, strict=True) if end <= cut}

    record = journal.read(folder, DEAD, KEYS)
    assert record is not None
    expected = {
        "accepted": (AttemptState.ACCEPTED, "ref"),
        "refused": (AttemptState.NOT_SENT, None),
        "started": (AttemptState.UNKNOWN, None),
        None: (AttemptState.NOT_SENT, None),
    }
    assert [record.state_of(key) for key in KEYS] == [expected[last.get(key)] for key in KEYS]


def test_a_long_journal_goes_on_in_another_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SEGMENT", 200)
    kept = Journal(folder, DEAD)
    keys = [(number, 1) for number in range(100)]
    for key in keys:
        kept.note(journal.started(key) + journal.accepted(key, str(key[0])))
    assert len(list(folder.iterdir())) > 5
    record = journal.read(folder, DEAD, keys)
    assert record is not None
    assert not record.is_final
    assert [record.state_of(key)[1] for key in keys] == [str(key[0]) for key in keys]
    kept.close()


def test_a_journal_that_cannot_be_written_claims_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Journal(folder, DEAD)
    kept.note(journal.started((1, 1)))
    os.close(kept._descriptor)
    kept.note(journal.started((2, 1)))
    kept._segments.clear()
    kept.close()
    assert journal.read(folder, DEAD, [(1, 1)]) is None


def test_journals_are_forgotten_once_nobody_asks(folder: Path) -> None:
    Journal(folder, DEAD).close()
    alive = Journal(folder, "4712.0123abcd")
    with time_machine.travel(utcnow() + timedelta(hours=23), tick=True):
        journal.forget_old(folder)
        assert journal.processes(folder) == {DEAD, "4712.0123abcd"}
    with time_machine.travel(utcnow() + timedelta(hours=25), tick=True):
        journal.forget_old(folder)
        assert journal.processes(folder) == {"4712.0123abcd"}
    alive.close()
    assert Counter(path.suffix for path in folder.iterdir()) == {".journal": 1}
