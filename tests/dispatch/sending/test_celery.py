"""Batches sent by Celery workers, to which RabbitMQ offers them.

The queues have fixed names, so all of it is in one file, which runs in one process. Test suites
that run on one machine at the same time take turns.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from kombu.connection import Connection
from kombu.entity import Queue

from config import EngineKind
from database import current_database, utcnow
from dispatch import Content, Dispatcher, progress
from dispatch.models import Broadcast, Channel, DeliveryState, Priority
from dispatch.providers.smtp.settings import SmtpSettings
from dispatch.providers.twilio.settings import TwilioSettings
from dispatch.sending.celery_broker import REOFFER_SECONDS, make_celery, queue_name, queues_of
from dispatch.sending.celery_engine import FRONT, find_offers
from simulator import Simulator
from tests.conftest import missing
from tests.dispatch.factories import SMS, add_contacts, broadcast, number, plug_everyone, states
from tests.dispatch.fixtures import MakeApp
from tests.settings import ENVIRONMENT
from web.http.app import VarskoApp

BROKER = os.environ.get("VARSKO_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def turn() -> Iterator[None]:
    """Exclusive use of the broker's queues."""
    with (Path(tempfile.gettempdir()) / "varsko-test-queues.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def rabbitmq(turn: None) -> Iterator[Connection]:
    """RabbitMQ, with our queues empty."""
    with Connection(BROKER, connect_timeout=5) as connection:
        try:
            connection.connect()
        except OSError:
            missing("a RabbitMQ server")
        for queue in our_queues(connection):
            queue.declare()
            queue.purge()
        yield connection
        for queue in our_queues(connection):
            queue.purge()


def our_queues(connection: Connection) -> list[Queue]:
    """All queues that batches are offered in."""
    return [queue(connection) for channel in Channel for queue in queues_of(channel)]


def waiting_in(connection: Connection, priority: Priority) -> int:
    """How many messages wait in the SMS queue of a priority."""
    name = queue_name(Channel.SMS, priority)
    return int(connection.default_channel.queue_declare(name, passive=True).message_count)


@pytest.fixture
def app(make_app: MakeApp, rabbitmq: Connection) -> Iterator[VarskoApp]:
    """The whole service, configured to send by Celery; inside an app context."""
    app = make_app(engine=EngineKind.CELERY, broker_url=BROKER)
    plug_everyone(app)
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
    try:
        yield
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=60)
        assert running.returncode == 0, said
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()


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
    add_contacts(number(i) for i in range(90))
    dispatcher = Dispatcher(app)
    with worker(app, VARSKO_SMS_SEGMENTS_PER_SECOND="20"):
        bulk = broadcast([SMS], priority=Priority.BULK)
        tick_until(dispatcher, lambda: simulator.accepted_total >= 10)
        hurry = Content(Channel.SMS, "da", "Gå indenfor nu")
        urgent = broadcast([hurry], priority=Priority.URGENT)
        tick_until(dispatcher, lambda: in_state(urgent, DeliveryState.DELIVERED) == 90)
        tick_until(dispatcher, lambda: in_state(bulk, DeliveryState.DELIVERED) == 90)
    assert simulator.accepted[-1].body == SMS.body
    dispatcher.stop()


def test_only_the_front_is_on_offer_and_what_was_lost_is_offered_again(
    make_app: MakeApp, rabbitmq: Connection
) -> None:
    # A sender this slow has batches of twenty.
    app = make_app(engine=EngineKind.CELERY, broker_url=BROKER, sms_segments_per_second=0.5)
    plug_everyone(app)
    with app.app_context():
        offer_and_lose(Dispatcher(app), rabbitmq)


def offer_and_lose(dispatcher: Dispatcher, rabbitmq: Connection) -> None:
    """Offer more batches than can be on offer at once, and let RabbitMQ lose them."""
    add_contacts(number(i) for i in range(20 * FRONT + 200))
    made = broadcast([SMS], priority=Priority.URGENT)
    dispatcher.tick()
    dispatcher.tick()
    assert waiting_in(rabbitmq, Priority.URGENT) == FRONT
    assert states(made.id) == {DeliveryState.QUEUED: 20 * FRONT + 200}

    queue = Queue(queue_name(Channel.SMS, Priority.URGENT), channel=rabbitmq.default_channel)
    assert queue.purge() == FRONT
    dispatcher.tick()
    assert waiting_in(rabbitmq, Priority.URGENT) == 0
    with time_machine.travel(utcnow() + timedelta(seconds=REOFFER_SECONDS + 1), tick=True):
        dispatcher.tick()
    assert waiting_in(rabbitmq, Priority.URGENT) == FRONT
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
    celery = make_celery(app.extensions["varsko_config"])
    names = {queue.name for queue in celery.conf.task_queues}
    assert names == {queue_name(channel, priority) for channel in Channel for priority in Priority}
    assert all(q.queue_arguments["x-queue-type"] == "quorum" for q in celery.conf.task_queues)
    assert celery.conf.task_acks_late
    assert celery.conf.task_reject_on_worker_lost
    assert celery.conf.worker_prefetch_multiplier == 1
    assert celery.conf.broker_transport_options["confirm_publish"]
