"""The provider's record of accepted messages, compared with the ledger."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from config import current_config
from dispatch import progress
from dispatch.models import Contact, Delivery, DeliveryState
from dispatch.signed_links import Purpose, Tokens

GOT_IT = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED})
LEFT_OUT = frozenset({DeliveryState.CANCELLED, DeliveryState.EXPIRED})
"""The states of deliveries whose broadcast was stopped or expired."""


@dataclass(frozen=True)
class Accepted:
    """A message that the provider accepted. ``at``: the Unix time."""

    recipient: str
    at: float
    delivery_id: int
    attempt: int

    @classmethod
    def reported_to(cls, recipient: str, at: float, callback: str) -> Accepted:
        """Read the address of its status callback, whose token has delivery and attempt.

        Needs the app's context, which has the key of the token.
        """
        token = urlsplit(callback).path.rpartition("/")[2]
        named = Tokens(current_config().secret_key).read(Purpose.RECEIPT, token)
        if named is None:
            raise ValueError("a status callback that is not of this service")
        delivery_id, attempt = named
        return cls(recipient, at, delivery_id, attempt)


@dataclass(frozen=True)
class Reckoning:
    """The recipients of the broadcasts by result; each counts once per broadcast.

    ``lost``: no message, although nothing was stopped. ``repeated``: messages beyond the first.
    ``excused``: no message because the broadcast was stopped or expired, according to the
    ledger. ``unrecorded``: a message that is not recorded as sent in the ledger. ``invented``:
    recorded as sent, but there is no message. ``at_second_try``: messages with an earlier
    attempt that never reached the provider. ``tallies_agree``: whether the tallies match the
    rows.
    """

    recipients: int
    accepted: int
    distinct: int
    lost: int
    repeated: int
    excused: int
    unrecorded: int
    invented: int
    at_second_try: int
    tallies_agree: bool
    states: dict[str, int]

    @property
    def is_right(self) -> bool:
        """Whether nothing was lost, nothing was sent twice, and the ledger is right."""
        wrong = self.lost + self.repeated + self.unrecorded + self.invented
        return wrong == 0 and self.tallies_agree


def read_accepted(path: Path) -> Iterator[Accepted]:
    """What the simulator recorded."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            yield Accepted.reported_to(entry["to"], entry["time"], entry["callback"])


def reckon(
    session: Session, broadcasts: Sequence[int], recipients: int, accepted: Iterable[Accepted]
) -> Reckoning:
    """Compare accepted messages with the ledger of broadcasts to so many recipients each.

    Needs a new session, which sees the ledger at one moment: delivery reports may be applied
    meanwhile.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    rows = session.execute(
        select(Delivery.id, Contact.address, Delivery.broadcast_id, Delivery.state)
        .join(Contact, Contact.id == Delivery.contact_id)
        .where(Delivery.broadcast_id.in_(broadcasts))
    ).all()
    taken = list(accepted)
    messages = Counter((message.delivery_id, message.recipient) for message in taken)
    counted = {(row.id, row.address): messages[row.id, row.address] for row in rows}
    expected = recipients * len(broadcasts)
    nothing = [row for row in rows if not counted[row.id, row.address]]
    excused = sum(row.state in LEFT_OUT for row in nothing)
    strangers = sum(number for key, number in messages.items() if key not in counted)
    by_broadcast = Counter((row.broadcast_id, row.state) for row in rows)
    return Reckoning(
        recipients=expected,
        accepted=messages.total(),
        distinct=len(messages),
        # A recipient without a row in the ledger was lost as well.
        lost=len(nothing) - excused + expected - len(rows),
        repeated=sum(number - 1 for number in counted.values() if number > 1),
        excused=excused,
        unrecorded=strangers
        + sum(row.state not in GOT_IT for row in rows if counted[row.id, row.address]),
        invented=sum(row.state in GOT_IT for row in nothing),
        at_second_try=sum(message.attempt > 1 for message in taken),
        tallies_agree=all(
            progress(session, broadcast_id).by_state[state] == by_broadcast[broadcast_id, state]
            for broadcast_id in broadcasts
            for state in DeliveryState
        ),
        states=dict(sorted(Counter(row.state.value for row in rows).items())),
    )
