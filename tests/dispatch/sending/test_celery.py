"""Batches sent by Celery workers, to which RabbitMQ offers them.

Every test has queues of its own, so that no other test, nor a worker that outlived one, takes
its messages.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from kombu.connection import Connection
from kombu.entity import Queue

from config import EngineKind, current_config
from database import current_database, utcnow
from dispatch import Content, Dispatcher, progress, stop_broadcast
from dispatch.models import Broadcast, Channel, DeliveryState, Priority
from dispatch.providers.smtp.settings import SmtpSettings
from dispatch.providers.twilio.settings import TwilioSettings
from dispatch.sending.celery_broker import (
    REOFFER_SECONDS,
    exchange_of,
    make_celery,
    queue_name,
    queues_of,
)
from dispatch.sending.celery_engine import FRONT, find_offers
from simulator import Simulator
from tests.conftest import missing
from tests.dispatch.factories import SMS, add_contacts, broadcast, number, plug_everyone, states
from tests.dispatch.fixtures import MakeApp
from tests.settings import ENVIRONMENT
from web.http.app import VarskoApp

BROKER = os.environ.get("VARSKO_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")
ROOT = Path(__file__).parents[3]


MakeCeleryApp = Callable[..., VarskoApp]


@pytest.fixture
def rabbitmq() -> Iterator[Connection]:
    """A connection to RabbitMQ."""
    with Connection(BROKER, connect_timeout=5) as connection:
        try:
            connection.connect()
        except OSError:
            missing("a RabbitMQ server")
        yield connection


@pytest.fixture
def make_celery_app(make_app: MakeApp, rabbitmq: Connection) -> Iterator[MakeCeleryApp]:
    """Makes a service that sends by Celery, on queues of its own."""
    made: list[VarskoApp] = []

    def make(**settings: Any) -> VarskoApp:
        app = make_app(
            engine=EngineKind.CELERY,
            broker_url=BROKER,
            broker_queues=f"varsko-test-{uuid4().hex}",
            **settings,
        )
        plug_everyone(app)
        made.append(app)
        for queue in queues_for(app, rabbitmq):
            queue.declare()
        return app

    yield make
    for app in made:
        for queue in queues_for(app, rabbitmq):
            queue.delete()
        exchange_of(app.extensions["varsko_config"])(rabbitmq).delete()


def queues_for(app: VarskoApp, connection: Connection) -> list[Queue]:
    """All queues that a service offers its batches in."""
    config = app.extensions["varsko_config"]
    return [queue(connection) for channel in Channel for queue in queues_of(config, channel)]


def urgent_queue(connection: Connection) -> Queue:
    """The queue of the current service's urgent SMS batches."""
    queues = queues_of(current_config(), Channel.SMS)
    return queues[list(Priority).index(Priority.URGENT)](connection)


def waiting_in(queue: Queue) -> int:
    """How many messages wait in a queue."""
    return int(queue.queue_declare(passive=True).message_count)


@pytest.fixture
def app(make_celery_app: MakeCeleryApp) -> Iterator[VarskoApp]:
    """The whole service, configured to send by Celery; inside an app context."""
    app = make_celery_app()
    with app.app_context():
        yield app


@contextmanager
def worker(app: VarskoApp, channel: Channel = Channel.SMS, **settings: str) -> Iterator[None]:
    """A Celery worker for this app's database and provider, in processes of its own."""
    config = app.extensions["varsko_config"]
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "VARSKO_ENGINE": "celery",
        "VARSKO_BROKER_URL": BROKER,
        "VARSKO_BROKER_QUEUES": config.broker_queues,
        "VARSKO_PUBLIC_URL": config.public_url,
        "VARSKO_DATABASE_URL": config.database_url,
        "VARSKO_TWILIO_API_URL": config.of(TwilioSettings).api_url,
        "VARSKO_SMTP_HOST": config.of(SmtpSettings).host,
        "VARSKO_SMTP_PORT": str(config.of(SmtpSettings).port),
        **settings,
    }
    running = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "dispatch", "worker", channel.value],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said = ""
    try:
        yield
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=60)
        assert running.returncode == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        # Shown with a failure: what the worker had to say about it.
        sys.stderr.write(said or running.communicate()[1])


def tick_until(dispatcher: Dispatcher, done: Callable[[], bool]) -> None:
    """Act as the scheduler's clock until a condition holds."""
    until = time.monotonic() + 90
    never = threading.Event()
    while not done():
        assert time.monotonic() < until
        dispatcher.tick()
        never.wait(0.1)


def in_state(made: Broadcast, state: DeliveryState) -> int:
    """How many deliveries of a broadcast are in a state."""
    with current_database().unit_of_work(writes=False) as session:
        return progress(session, made.id).by_state[state]


def test_workers_send_what_the_scheduler_offers(app: VarskoApp, simulator: Simulator) -> None:
    add_contacts(number(i) for i in range(120))
    dispatcher = Dispatcher(app)
    with worker(app):
        made = broadcast([SMS])
        tick_until(dispatcher, lambda: in_state(made, DeliveryState.DELIVERED) == 120)
    dispatcher.stop()
    assert Counter(m.to for m in simulator.accepted) == {number(i): 1 for i in range(120)}


def test_an_urgent_broadcast_overtakes_a_running_one(app: VarskoApp, simulator: Simulator) -> None:
    # The bulk one takes 40 seconds at this rate, and is stopped long before.
    add_contacts(number(i) for i in range(200))
    dispatcher = Dispatcher(app)
    with worker(app, VARSKO_SMS_SEGMENTS_PER_SECOND="5"):
        bulk = broadcast([SMS], priority=Priority.BULK)
        tick_until(dispatcher, lambda: simulator.accepted_total >= 5)
        hurry = Content(Channel.SMS, "da", "Gå indenfor nu")
        urgent = broadcast([hurry], priority=Priority.URGENT)
        tick_until(dispatcher, lambda: in_state(urgent, DeliveryState.DELIVERED) >= 5)
        assert in_state(bulk, DeliveryState.QUEUED) > 0
        for each in (bulk, urgent):
            with current_database().unit_of_work() as session:
                stop_broadcast(session, each.id)
    first_urgent = [message.body for message in simulator.accepted].index(hurry.body)
    later = simulator.accepted[first_urgent:]
    # A slice of the bulk one may have been in flight.
    assert sum(message.body == SMS.body for message in later) <= 5
    dispatcher.stop()


def test_only_the_front_is_on_offer_and_what_was_lost_is_offered_again(
    make_celery_app: MakeCeleryApp, rabbitmq: Connection
) -> None:
    # A sender this slow has batches of twenty.
    app = make_celery_app(sms_segments_per_second=0.5)
    with app.app_context():
        offer_and_lose(Dispatcher(app), rabbitmq)


def offer_and_lose(dispatcher: Dispatcher, rabbitmq: Connection) -> None:
    """Offer more batches than can be on offer at once, and let RabbitMQ lose them."""
    add_contacts(number(i) for i in range(20 * FRONT + 200))
    made = broadcast([SMS], priority=Priority.URGENT)
    dispatcher.tick()
    dispatcher.tick()
    queue = urgent_queue(rabbitmq)
    assert waiting_in(queue) == FRONT
    assert states(made.id) == {DeliveryState.QUEUED: 20 * FRONT + 200}

    assert queue.purge() == FRONT
    dispatcher.tick()
    assert waiting_in(queue) == 0
    with time_machine.travel(utcnow() + timedelta(seconds=REOFFER_SECONDS + 1), tick=True):
        dispatcher.tick()
    assert waiting_in(queue) == FRONT
    dispatcher.stop()


def test_without_a_broker_batches_wait_and_are_not_called_offered(make_app: MakeApp) -> None:
    app = make_app(engine=EngineKind.CELERY, broker_url="amqp://guest:guest@127.0.0.1:9//")
    plug_everyone(app)
    with app.app_context():
        add_contacts([number(1)])
        broadcast([SMS])
        dispatcher = Dispatcher(app)
        dispatcher.tick()
        with current_database().unit_of_work(writes=False) as session:
            assert len(find_offers(session, Channel.SMS)) == 1
        dispatcher.stop()


def test_every_queue_is_durable_and_has_a_worker(app: VarskoApp) -> None:
    config = current_config()
    celery = make_celery(config)
    names = {queue.name for queue in celery.conf.task_queues}
    assert names == {queue_name(config, c, p) for c in Channel for p in Priority}
    assert all(q.queue_arguments["x-queue-type"] == "quorum" for q in celery.conf.task_queues)
    assert celery.conf.task_acks_late
    assert celery.conf.task_reject_on_worker_lost
    assert celery.conf.worker_prefetch_multiplier == 1
    assert celery.conf.broker_transport_options["confirm_publish"]
