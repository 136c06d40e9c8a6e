"""Commands: delete what is due now, or only show it."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from config import current_config
from database import current_database, utcnow
from retention.hooks import everything_kept
from retention.runs import delete_chunk

group = AppGroup("retention", help="Delete what has been kept long enough.")


@group.command("run")
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
def run(dry_run: bool) -> None:
    """Delete what is due, in chunks, until nothing is left.

    The dispatcher does this every day; can be interrupted at any time and run again.
    """
    if dry_run:
        _show_due()
        return
    finished = False
    while not finished:
        with current_database().unit_of_work() as session:
            done = delete_chunk(session)
            finished = done.finished_at is not None
            deleted = done.deleted
    for kept in everything_kept():
        click.echo(f"{kept.name:12} {deleted.get(kept.name, 0):9,} deleted")


def _show_due() -> None:
    now = utcnow()
    with current_database().unit_of_work(writes=False) as session:
        for kept in everything_kept():
            due = kept.count(session, kept.before(now))
            held = kept.held(session, kept.before(now)) if kept.held else 0
            kept_for = f"kept for {kept.days(current_config())} days"
            besides = f", {held:,} as old are held back" if held else ""
            click.echo(f"{kept.name:12} {due:9,} would be deleted ({kept_for}{besides})")
    click.echo("nothing was deleted")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(group)
