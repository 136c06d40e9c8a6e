"""The Celery app: the RabbitMQ setup that scheduler and workers share.

A message is the id of a batch; the ledger decides, and the queues only pass on ids. There is one
quorum queue per channel and priority. RabbitMQ drops a message that has not been consumed when
its batch is offered again, so that no queue grows while no workers run.
"""

from __future__ import annotations

from celery import Celery
from kombu.entity import Exchange, Queue

from config import Config
from dispatch.models import Channel, Priority

TASK = "varsko.send_batch"
REOFFER_SECONDS = 60
"""A batch still waiting this long after it was offered is offered again."""
BROKER_SECONDS = 5
"""How long a single operation on RabbitMQ may take."""


def queue_name(config: Config, channel: Channel, priority: Priority) -> str:
    """The queue for a channel's batches of one priority."""
    return f"{config.broker_queues}.{channel}.{priority}"


def exchange_of(config: Config) -> Exchange:
    """The exchange that passes offers on to the queues."""
    return Exchange(config.broker_queues, type="topic", durable=True)


def queues_of(config: Config, channel: Channel) -> list[Queue]:
    """A channel's queues, the most urgent one first."""
    names = [queue_name(config, channel, priority) for priority in Priority]
    return [
        Queue(
            name,
            exchange_of(config),
            routing_key=name,
            queue_arguments={"x-queue-type": "quorum"},
        )
        for name in names
    ]


def make_celery(config: Config) -> Celery:
    """A Celery app on the broker in the settings (``VARSKO_BROKER_URL``)."""
    exchange = exchange_of(config)
    celery = Celery("varsko", broker=config.broker_url, set_as_current=False)
    celery.conf.update(
        task_queues=[queue for channel in Channel for queue in queues_of(config, channel)],
        task_create_missing_queues=False,
        task_default_queue=queue_name(config, Channel.SMS, Priority.NORMAL),
        task_default_exchange=exchange.name,
        task_default_exchange_type=exchange.type,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=BROKER_SECONDS,
        broker_heartbeat=20,
        # The scheduler must not wait for a broker that is away: it offers again a second later.
        broker_transport_options={"confirm_publish": True, "max_retries": 0},
        enable_utc=True,
    )
    return celery
