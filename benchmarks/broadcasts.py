"""Broadcasts for rows: filled in advance, or watched while they are sent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import SentAtOnce, Unmeasurable
from database import current_database
from dispatch import Audience, Content, Dispatcher, Progress, create_broadcast, progress
from dispatch.models import Channel, DeliveryState, Priority
from web.http.app import VarskoApp

SMS = Content(
    Channel.SMS,
    "da",
    "Nordsjællands Politi: Røgfare i Hillerød. Luk døre og vinduer, og bliv inde. "
    "Læs mere: https://varsko.test/v/K7Q2M",
)
URGENT_SMS = Content(Channel.SMS, "da", "Haster: " + SMS.body)
"""Recognised by its first word (see :class:`benchmarks.sinks.Recorder`)."""
MAIL = Content(
    Channel.EMAIL,
    "da",
    "Der er kraftig røg fra en brand. Luk døre og vinduer, og bliv inde.\n" * 8,
    "Røgfare i Hillerød",
    "<html><body>"
    + "<p>Der er kraftig røg fra en brand. Luk døre og vinduer, og bliv inde.</p>\n" * 8
    + "</body></html>",
    "https://varsko.test/v/K7Q2M",
)
SETTLED = (DeliveryState.SENT, DeliveryState.DELIVERED)
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 90.0
"""How long a row may make no progress before it is given up."""


@dataclass(frozen=True)
class Sent:
    """How a broadcast was sent: messages a second between first and last recorded result."""

    messages: int
    seconds: float

    @property
    def per_second(self) -> float:
        """The rate."""
        return self.messages / self.seconds


def publish(
    audience: Audience,
    *contents: Content,
    priority: Priority = Priority.NORMAL,
) -> int:
    """Create and commit a broadcast (needs an app context); returns its id."""
    with current_database().unit_of_work() as session:
        made = create_broadcast(
            session,
            contents=contents,
            audience=audience,
            priority=priority,
            reference="benchmark",
        )
    return made.id


def fill(app: VarskoApp, broadcast_id: int) -> int:
    """Fill the ledger without sending; returns the number of recipients."""
    dispatcher = Dispatcher(app)
    while not look(broadcast_id).expanded:
        dispatcher.tick()
    dispatcher.stop()
    return look(broadcast_id).total


def look(broadcast_id: int) -> Progress:
    """The progress of a broadcast (needs an app context)."""
    with current_database().unit_of_work(writes=False) as session:
        return progress(session, broadcast_id)


def handed_over(broadcast_id: int) -> int:
    """How many of its messages the provider has accepted; raises if any could not be sent."""
    states = look(broadcast_id).by_state
    lost = states[DeliveryState.FAILED] + states[DeliveryState.UNKNOWN]
    if lost:
        raise Unmeasurable(f"{lost} messages were not sent")
    return sum(states[state] for state in SETTLED)


def watch(broadcast_id: int, total: int, log: Path) -> Sent:
    """Wait until ``total`` messages are recorded as sent. ``log`` is shown if they are not."""
    first: tuple[float, int] | None = None
    done, moved = 0, time.monotonic()
    while done < total:
        time.sleep(LOOK_SECONDS)
        now, before = time.monotonic(), done
        done = handed_over(broadcast_id)
        if done > before:
            moved = now
            first = first or (now, done)
        elif now - moved > PATIENCE_SECONDS:
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise Unmeasurable(f"{done} of {total} sent, then nothing more\n{tail}")
    if first is None or first[1] >= total:
        raise SentAtOnce("all was sent at once: measure with more messages")
    return Sent(total - first[1], moved - first[0])
