"""A broker that takes connections and then nothing more, as one that is out of memory does."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from kombu.connection import Connection
from structlog.testing import capture_logs

from config import EngineKind
from database import current_database
from dispatch import Dispatcher
from dispatch.models import Channel
from dispatch.sending.celery_broker import TASK
from dispatch.sending.celery_engine import find_offers
from tests.dispatch.factories import SMS, add_contacts, broadcast, number, plug_everyone
from tests.dispatch.fixtures import MakeApp
from tests.dispatch.sending.test_celery import BROKER, queues_for, rabbitmq
from tests.outages.proxy import Proxy

__all__ = ["rabbitmq"]


@pytest.fixture
def proxy(rabbitmq: Connection) -> Iterator[Proxy]:
    made = Proxy(urlsplit(BROKER).port or 5672)
    yield made
    made.close()


def test_a_broker_that_falls_silent_is_called_away_and_holds_up_nothing(
    make_app: MakeApp, rabbitmq: Connection, proxy: Proxy
) -> None:
    parts = urlsplit(BROKER)
    through = parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.port}")
    app = make_app(
        engine=EngineKind.CELERY, broker_url=through.geturl(), broker_queues="varsko-test-silent"
    )
    plug_everyone(app)
    for queue in queues_for(app, rabbitmq):
        queue.declare()
    proxy.silenced_by = TASK.encode()
    with app.app_context():
        add_contacts([number(1)])
        broadcast([SMS])
        dispatcher = Dispatcher(app)
        with capture_logs() as logs:
            dispatcher.tick()
        assert "broker_unavailable" in [line["event"] for line in logs]
        with current_database().unit_of_work(writes=False) as session:
            assert len(find_offers(session, Channel.SMS)) == 1
        dispatcher.stop()
    for queue in queues_for(app, rabbitmq):
        queue.delete()
