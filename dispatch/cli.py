"""Commands: run the dispatcher, and look how it does."""

from __future__ import annotations

import signal
import threading

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import func, select

from database import current_database, utcnow
from dispatch.broadcasts import progress
from dispatch.dispatcher import Dispatcher
from dispatch.models import Batch, BatchStatus, Broadcast, InboundRecord, Lease, Receipt

group = AppGroup("dispatch", help="Send what is to be sent.")


@group.command("run")
def run() -> None:
    """Run scheduler and engine until SIGTERM or SIGINT; slices under way are finished."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    dispatcher = Dispatcher(app)
    dispatcher.start()
    stop.wait()
    dispatcher.stop()


@group.command("drain")
def drain() -> None:
    """Send what is due now, and end."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    dispatcher = Dispatcher(app)
    dispatcher.drain()
    dispatcher.stop()


@group.command("status")
def status() -> None:
    """Show the scheduler's lease, what is being sent and what waits."""
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
            reason = f" ({now.reason})" if now.reason else ""
            click.echo(f"broadcast {broadcast_id} {reference} {now.status}{reason}: {counts}")
