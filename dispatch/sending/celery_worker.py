"""A Celery worker for one channel: a few processes that carry out the batches offered to them.

The message only says that there is work. A batch that a more urgent one overtakes is left, the
urgent ones are sent, and it is gone on with: whatever order the queues deliver in, the ledger
says whose turn it is.
"""

from __future__ import annotations

import multiprocessing
import os
import time

import structlog
from celery import Celery, signals
from celery.worker.consumer import Consumer
from flask import Flask

from config import current_config
from database import current_database
from dispatch.hooks import hooks_of
from dispatch.ledger.batches import next_batch_id, rank_of
from dispatch.models import Channel, Priority
from dispatch.providers.directory import close_providers
from dispatch.sending.celery_broker import TASK, make_celery, queue_name
from dispatch.sending.memory import tune_garbage_collector
from dispatch.sending.send import BatchEnd, Stop, send_batch
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

REST_SECONDS = 1.0
"""How long a worker waits after something broke before it tries again."""
LONGEST_TURN = 600.0
"""Seconds after which a worker gives a message back whatever is left: well below the time that
RabbitMQ waits for an acknowledgement (half an hour)."""


class BatchConsumer(Consumer):  # type: ignore[misc]
    """Celery's consumer without its queues for delayed messages: we have none."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """The steps in which it starts."""

        default_steps = [  # noqa: RUF012 (Celery's own way to name them)
            step for step in Consumer.Blueprint.default_steps if "delayed_delivery" not in step
        ]


def run_worker(app: Flask, channel: Channel, processes: int) -> None:
    """Carry out a channel's batches until SIGTERM or SIGINT; slices under way are finished."""
    with app.app_context():
        celery = make_celery(current_config())
    celery.conf.worker_consumer = BatchConsumer
    stop = multiprocessing.Event()
    _register_task(celery, app, channel, stop)
    signals.worker_shutting_down.connect(lambda **_: stop.set(), weak=False)
    signals.worker_process_init.connect(lambda **_: _begin_process(app), weak=False)
    signals.worker_process_shutdown.connect(lambda **_: close_providers(app), weak=False)
    worker = celery.Worker(
        hostname=f"{channel}-{os.getpid()}@varsko",
        pool="prefork",
        concurrency=processes,
        queues=[queue_name(channel, priority) for priority in Priority],
        without_mingle=True,
        without_gossip=True,
        loglevel="WARNING",
    )
    tune_garbage_collector()
    worker.start()


def _begin_process(app: Flask) -> None:
    """A forked process shares no connection with its parent."""
    with app.app_context():
        current_database().engine.dispose(close=False)


def _register_task(celery: Celery, app: Flask, channel: Channel, stop: Stop) -> None:
    @celery.task(name=TASK)  # type: ignore[untyped-decorator]
    def carry_out(batch_id: int) -> None:
        with app.app_context():
            work_through(batch_id, channel, f"{hooks_of(app).identity}:{channel}", stop)


def work_through(batch_id: int, channel: Channel, owner: str, stop: Stop) -> None:
    """Send a batch, and before it whatever overtakes it.

    It outlasts a database that is away: a message given back at once would be gone, and its
    batch would wait until it is offered again.
    """
    until = time.monotonic() + LONGEST_TURN
    while time.monotonic() < until and not stop.is_set():
        try:
            if send_batch(batch_id, owner, stop) is not BatchEnd.OVERTAKEN:
                return
            if not _send_what_overtakes(batch_id, channel, owner, stop):
                # Another worker is at it.
                stop.wait(REST_SECONDS)
        except Exception as error:
            log.error("worker_failed", channel=channel.value, fault=describe_fault(error))
            stop.wait(REST_SECONDS)


def _send_what_overtakes(batch_id: int, channel: Channel, owner: str, stop: Stop) -> bool:
    """Send the batches that go before this one: whether there were any to be had."""
    found = False
    database = current_database()
    with database.unit_of_work(writes=False) as session:
        rank = rank_of(session, batch_id)
    while rank is not None and not stop.is_set():
        with database.unit_of_work(writes=False) as session:
            better = next_batch_id(session, channel, before=rank)
        if better is None:
            break
        found = send_batch(better, owner, stop) is not BatchEnd.UNAVAILABLE or found
    return found
