"""Many recipients, and everything that can go wrong, at once.

``VARSKO_TEST_MIX=10000`` sets the number of recipients; the tally is printed.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from database import current_database, utcnow
from dispatch import Dispatcher, progress, resume_broadcast
from dispatch.models import Broadcast, BroadcastStatus, Contact, Delivery
from dispatch.pause_reasons import PauseKind
from simulator import Behaviour, MailBehaviour, Simulator
from tests.dispatch.factories import BOTH, add_contacts, broadcast, mailbox, number, plug_everyone
from tests.dispatch.fixtures import MakeApp, deliver
from tests.dispatch.scenarios import Scenario, mixed

SIZE = int(os.environ.get("VARSKO_TEST_MIX", "300"))
STEPS = [timedelta(seconds=20)] * 6 + [timedelta(minutes=10)] * 12 + [timedelta(hours=1)] * 3
"""The steps of time, until everything has been asked about, retried or given up."""

Ends = dict[tuple[str, str, str | None], int]
"""The number of recipients by scenario, final state and code."""


def test_whatever_befalls_a_message_it_ends_as_the_table_says(
    make_app: MakeApp, simulator: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(sms_timeout_seconds=2, smtp_timeout_seconds=5)
    plug_everyone(app)
    scenarios = mixed(SIZE)
    addresses = [
        mailbox(i) if scenario.is_mail else number(i) for i, scenario in enumerate(scenarios)
    ]
    for address, scenario in zip(addresses, scenarios, strict=True):
        arrange(simulator, address, scenario)
    with app.app_context():
        ids = add_contacts(addresses)
        made = broadcast(BOTH)
        pauses = carry_through(Dispatcher(app), simulator, made)
        scenario_of = dict(zip(ids, scenarios, strict=True))
        ends, suppressed = what_became_of(scenario_of)
    copies = what_arrived(simulator, dict(zip(addresses, scenarios, strict=True)))
    with capsys.disabled():
        sys.stdout.write(tally(scenarios, ends, pauses))

    assert ends == expected(scenarios)
    assert copies == {(one.name, one.copies): n for one, n in Counter(scenarios).items()}
    assert suppressed == {i for i, scenario in scenario_of.items() if scenario.suppresses}


def arrange(simulator: Simulator, address: str, scenario: Scenario) -> None:
    """Script the provider for a scenario."""
    if isinstance(scenario.behaviour, MailBehaviour):
        simulator.behave_mail(address, scenario.behaviour, times=scenario.times)
    elif isinstance(scenario.behaviour, Behaviour):
        simulator.behave(address, scenario.behaviour, times=scenario.times)


def carry_through(
    dispatcher: Dispatcher, simulator: Simulator, made: Broadcast
) -> Counter[PauseKind]:
    """Move the time and resume what was paused, until nothing is left; returns the reasons."""
    pauses: Counter[PauseKind] = Counter()
    passed = timedelta()
    for step in STEPS:
        with time_machine.travel(utcnow() + passed, tick=True):
            deliver(simulator, dispatcher)
            while reason := resume_if_paused(made):
                pauses[reason] += 1
                deliver(simulator, dispatcher)
            dispatcher.watch()
        passed += step
    return pauses


def resume_if_paused(made: Broadcast) -> PauseKind | None:
    """Resume a broadcast, as staff would; returns why it was paused."""
    with current_database().unit_of_work() as session:
        now = progress(session, made.id)
        if now.status is not BroadcastStatus.PAUSED:
            return None
        resume_broadcast(session, made.id)
    return now.reason.kind if now.reason else None


def what_became_of(scenario_of: dict[int, Scenario]) -> tuple[Ends, set[int]]:
    """The final states in the ledger, and the suppressed contacts."""
    ends: Counter[tuple[str, str, str | None]] = Counter()
    with current_database().unit_of_work(writes=False) as session:
        for contact, state, code in session.execute(
            select(Delivery.contact_id, Delivery.state, Delivery.error_code)
        ):
            assert contact is not None
            ends[scenario_of[contact].name, state.value, code] += 1
        suppressed = set(
            session.scalars(select(Contact.id).where(Contact.suppressed_at.is_not(None)))
        )
    return dict(ends), suppressed


def what_arrived(
    simulator: Simulator, scenario_of: dict[str, Scenario]
) -> dict[tuple[str, int], int]:
    """How many recipients of each scenario got how many copies."""
    taken = Counter(message.to for message in simulator.accepted)
    copies: Counter[tuple[str, int]] = Counter()
    for address, scenario in scenario_of.items():
        number_of = len(simulator.mailbox(address).messages) if scenario.is_mail else taken[address]
        copies[scenario.name, number_of] += 1
    return dict(copies)


def expected(scenarios: list[Scenario]) -> Ends:
    """The final states that the table requires."""
    return dict(Counter((one.name, one.state.value, one.code) for one in scenarios))


def tally(scenarios: list[Scenario], ends: Ends, pauses: Counter[PauseKind]) -> str:
    """The final states, a line for each scenario, and the pauses."""
    states = Counter[str]()
    for (_name, state, _code), n in ends.items():
        states[state] += n
    right = sum(min(n, ends.get(end, 0)) for end, n in expected(scenarios).items())
    lines = [
        f"{n:6} {name:34} {state}{f' ({code})' if code else ''}"
        for (name, state, code), n in sorted(ends.items(), key=lambda item: item[0][0])
    ]
    lines += [f"{n:6} paused: {reason}" for reason, n in sorted(pauses.items())]
    lines.append(f"{len(scenarios)} recipients, {right} as the table says; {dict(states)}")
    return "\n" + "\n".join(lines) + "\n"
