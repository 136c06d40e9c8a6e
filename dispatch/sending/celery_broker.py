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
EXCHANGE = Exchange("varsko", type="topic", durable=True)
REOFFER_SECONDS = 60
"""A batch still waiting this long after it was offered is offered again."""
BROKER_SECONDS = 5
"""How long a single operation on RabbitMQ may take."""


def queue_name(channel: Channel, priority: Priority) -> str:
    """The queue for a channel's batches of one priority."""
    return f"varsko.{channel}.{priority}"


def queues_of(channel: Channel) -> list[Queue]:
    """A channel's queues, the most urgent one first."""
    return [
        Queue(
            queue_name(channel, priority),
            EXCHANGE,
            routing_key=queue_name(channel, priority),
            queue_arguments={"x-queue-type": "quorum"},
        )
        for priority in Priority
    ]


def make_celery(config: Config) -> Celery:
    """A Celery app on the broker in the settings (``VARSKO_BROKER_URL``)."""
    celery = Celery("varsko", broker=config.broker_url, set_as_current=False)
    celery.conf.update(
        task_queues=[queue for channel in Channel for queue in queues_of(channel)],
        task_create_missing_queues=False,
        task_default_queue=queue_name(Channel.SMS, Priority.NORMAL),
        task_default_exchange=EXCHANGE.name,
        task_default_exchange_type=EXCHANGE.type,
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
        broker_transport_options={"confirm_publish": True},
        enable_utc=True,
    )
    return celery
