"""Offering batches to workers in other processes, through RabbitMQ.

Only the first batches of each channel are on offer, in the order of sending: the next ones
follow as those are taken. A message may arrive twice, which is harmless, since a batch has one
holder, or be lost, in which case the batch is offered again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from amqp.exceptions import AMQPError, MessageNacked
from celery import Celery
from kombu.exceptions import KombuError
from sqlalchemy import update
from sqlalchemy.orm import Session

from config import Config
from database import Database, utcnow
from dispatch.ledger.batches import waiting_batches
from dispatch.models import Batch, Channel, Priority
from dispatch.sending.celery_broker import (
    BROKER_SECONDS,
    REOFFER_SECONDS,
    TASK,
    make_celery,
    queue_name,
)

log = structlog.get_logger(__name__)

REST_SECONDS = 5.0
"""How long a broker that failed is not asked again."""
FRONT = 64
"""Batches of a channel on offer at once."""


@dataclass(frozen=True)
class Offer:
    """A batch to offer, with the channel and priority that name its queue."""

    batch_id: int
    channel: Channel
    priority: Priority


class CeleryEngine:
    """Offers batches to Celery workers, which run on their own: ``flask dispatch worker``."""

    def __init__(self, config: Config, database: Database) -> None:
        self._config = config
        self._database = database
        self._celery: Celery = make_celery(config)
        # A broker that is out of memory or disk stops reading, and answers nothing: not even that
        # a connection is to be closed. Workers wait for messages for as long as it takes.
        self._celery.conf.broker_transport_options |= {
            "read_timeout": BROKER_SECONDS,
            "write_timeout": BROKER_SECONDS,
        }
        self._offering = threading.Lock()
        self._rests_until = 0.0

    def start(self) -> None:
        """Nothing to do: the workers are separate processes."""

    def wake(self) -> None:
        """Nothing to do: the next offer wakes the workers."""

    def offer(self) -> int:
        """Offer the first waiting batches; returns how many.

        One thread at a time does; a broker that failed is left alone for some seconds, so that
        whoever fills the ledger does not wait for it at each chunk.
        """
        if time.monotonic() < self._rests_until or not self._offering.acquire(blocking=False):
            return 0
        try:
            return self._offer()
        finally:
            self._offering.release()

    def _offer(self) -> int:
        with self._database.unit_of_work(writes=False) as session:
            offers = [offer for channel in Channel for offer in find_offers(session, channel)]
        offered: list[int] = []
        try:
            with self._celery.connection_for_write() as connection:
                for offer in offers:
                    self._publish(offer, connection)
                    offered.append(offer.batch_id)
        except (KombuError, AMQPError, MessageNacked, OSError) as error:
            # The rest is offered a little later; sending waits, but nothing is lost.
            self._rests_until = time.monotonic() + REST_SECONDS
            log.error("broker_unavailable", fault=type(error).__name__)
        if offered:
            with self._database.unit_of_work() as session:
                note_offered(session, offered)
        return len(offered)

    def stop(self) -> None:
        """Close the connections to the broker."""
        self._celery.close()

    def _publish(self, offer: Offer, connection: object) -> None:
        self._celery.send_task(
            TASK,
            args=[offer.batch_id],
            connection=connection,
            queue=queue_name(self._config, offer.channel, offer.priority),
            expiration=REOFFER_SECONDS,
            retry=False,
            confirm_timeout=BROKER_SECONDS,
        )


def find_offers(session: Session, channel: Channel) -> Sequence[Offer]:
    """The first batches of a channel that are not on offer, in the order of sending."""
    stale = utcnow() - timedelta(seconds=REOFFER_SECONDS)
    front = session.execute(
        waiting_batches(channel)
        .with_only_columns(Batch.id, Batch.rank, Batch.offered_at)
        .limit(FRONT)
    )
    priorities = list(Priority)
    return [
        Offer(row.id, channel, priorities[row.rank])
        for row in front
        if row.offered_at is None or row.offered_at < stale
    ]


def note_offered(session: Session, batch_ids: Sequence[int]) -> None:
    """Record that these batches are on offer."""
    session.execute(
        update(Batch)
        .where(Batch.id.in_(batch_ids))
        .values(offered_at=utcnow())
        .execution_options(synchronize_session=False)
    )
