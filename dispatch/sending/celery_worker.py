"""A Celery worker for one channel: a few processes that send the batches offered to them.

A message only says that there is work. When a more urgent batch overtakes one, the worker leaves
it, sends the urgent one and then continues: whatever order the queues deliver in, the ledger
decides which batch is next.
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
from dispatch.sending.garbage_collector import tune_garbage_collector
from dispatch.sending.send_batch import BatchEnd, Stop, send_batch
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

REST_SECONDS = 1.0
"""How long a worker waits after an error before it tries again."""
MAX_TASK_SECONDS = 600.0
"""When a worker acknowledges a message even if its batch is not done: well below the half hour
that RabbitMQ waits for an acknowledgement."""


class BatchConsumer(Consumer):  # type: ignore[misc]
    """Celery's consumer without its queues for delayed messages, which we do not use."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """The steps in which the consumer starts."""

        default_steps = [  # noqa: RUF012 (Celery's own way to name them)
            step for step in Consumer.Blueprint.default_steps if "delayed_delivery" not in step
        ]


def run_worker(app: Flask, channel: Channel, processes: int) -> None:
    """Send a channel's batches until SIGTERM or SIGINT, then finish the slices in flight."""
    with app.app_context():
        config = current_config()
        celery = make_celery(config)
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
        queues=[queue_name(config, channel, priority) for priority in Priority],
        without_mingle=True,
        without_gossip=True,
        loglevel="WARNING",
    )
    tune_garbage_collector()
    worker.start()


def _begin_process(app: Flask) -> None:
    """A forked process must not share connections with its parent."""
    with app.app_context():
        current_database().engine.dispose(close=False)


def _register_task(celery: Celery, app: Flask, channel: Channel, stop: Stop) -> None:
    @celery.task(name=TASK)  # type: ignore[untyped-decorator]
    def send_offered_batch(batch_id: int) -> None:
        with app.app_context():
            send_until_done(batch_id, channel, f"{hooks_of(app).identity}:{channel}", stop)


def send_until_done(batch_id: int, channel: Channel, owner: str, stop: Stop) -> None:
    """Send a batch, and first whatever overtakes it.

    Keeps trying while the database is down: otherwise the message would be consumed, and its
    batch would wait until it is offered again.
    """
    until = time.monotonic() + MAX_TASK_SECONDS
    while time.monotonic() < until and not stop.is_set():
        try:
            if send_batch(batch_id, owner, stop) is not BatchEnd.OVERTAKEN:
                return
            if not _send_more_urgent(batch_id, channel, owner, stop):
                # Another worker is sending them.
                stop.wait(REST_SECONDS)
        except Exception as error:
            log.error("worker_failed", channel=channel.value, fault=describe_fault(error))
            stop.wait(REST_SECONDS)


def _send_more_urgent(batch_id: int, channel: Channel, owner: str, stop: Stop) -> bool:
    """Send the batches that go before this one; False if none could be claimed."""
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
