"""Commands: run the dispatcher and its workers, and show their status."""

from __future__ import annotations

import signal
import threading

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from config import EngineKind, current_config
from database import current_database, is_away, utcnow
from dispatch.broadcasts import progress
from dispatch.health import look
from dispatch.incoming.lmtp import MailIn
from dispatch.models import Batch, BatchStatus, Broadcast, Channel, InboundRecord, Lease, Receipt
from dispatch.scheduling.dispatcher import Dispatcher
from dispatch.sending.celery_worker import run_worker
from dispatch.sending.garbage_collector import tune_garbage_collector

group = AppGroup("dispatch", help="Send messages, and show how sending goes.")


def _signal_to_stop() -> threading.Event:
    """An event that is set by SIGTERM or SIGINT."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    return stop


@group.command("run")
def run() -> None:
    """Run scheduler and engine until SIGTERM or SIGINT, then finish the slices in flight."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    dispatcher = Dispatcher(app)
    stop = _signal_to_stop()
    tune_garbage_collector()
    dispatcher.start()
    stop.wait()
    dispatcher.stop()


@group.command("mail-in")
def mail_in() -> None:
    """Receive mail servers' reports on sent mail, by LMTP, until SIGTERM or SIGINT."""
    config = current_config()
    if not config.mail_bounce_domain:
        raise click.ClickException(
            "VARSKO_MAIL_BOUNCE_DOMAIN is empty: nothing can come in, because reports go to "
            "VARSKO_MAIL_FROM"
        )
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    server = MailIn(app)
    try:
        server.start(config.mail_in_host, config.mail_in_port)
    except OSError as error:
        where = f"{config.mail_in_host}:{config.mail_in_port}"
        raise click.ClickException(f"cannot listen on {where}: {error.strerror}") from error
    _signal_to_stop().wait()
    server.stop()


@group.command("worker")
@click.argument("channel", type=click.Choice([channel.value for channel in Channel]))
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True)
def worker(channel: str, processes: int) -> None:
    """Send one channel's batches, as RabbitMQ offers them (VARSKO_ENGINE=celery)."""
    if current_config().engine is not EngineKind.CELERY:
        raise click.ClickException("VARSKO_ENGINE is not celery: `flask dispatch run` sends itself")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    run_worker(app, Channel(channel), processes)


@group.command("drain")
def drain() -> None:
    """Send what is due now, then exit."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    dispatcher = Dispatcher(app)
    dispatcher.drain()
    dispatcher.stop()


def _check() -> None:
    """Fail, with a line for a person, unless messages get out."""
    try:
        with current_database().unit_of_work(writes=False) as session:
            faults = look(session).faults
    except SQLAlchemyError as error:
        if not is_away(error):
            raise
        faults = ["database_unavailable"]
    if faults:
        raise click.ClickException(", ".join(faults))
    click.echo("ok")


@group.command("status")
@click.option("--check", is_flag=True, help="Say only what is wrong, and exit with 1 if it is.")
def status(check: bool) -> None:
    """Show who holds the scheduler's lease, what is being sent and what waits."""
    if check:
        _check()
        return
    with current_database().unit_of_work(writes=False) as session:
        lease = session.scalars(select(Lease)).first()
        held = lease is not None and lease.until > utcnow()
        click.echo(f"scheduler   {lease.owner if lease and held else 'nobody'}")
        for what, query in (
            ("batches waiting", select(func.count()).where(Batch.status == BatchStatus.WAITING)),
            ("batches held", select(func.count()).where(Batch.status == BatchStatus.HELD)),
            ("receipts waiting", select(func.count(Receipt.id))),
            (
                "inbound unhandled",
                select(func.count()).where(InboundRecord.handled_at.is_(None)),
            ),
        ):
            click.echo(f"{what:18} {session.scalar(query)}")
        running = select(Broadcast.id, Broadcast.reference).where(Broadcast.settled_at.is_(None))
        for broadcast_id, reference in session.execute(running.order_by(Broadcast.id)):
            now = progress(session, broadcast_id)
            counts = " ".join(f"{state}={n}" for state, n in now.by_state.items() if n)
            reason = f" {now.reason.to_json()}" if now.reason else ""
            click.echo(f"broadcast {broadcast_id} {reference} {now.status}{reason}: {counts}")
