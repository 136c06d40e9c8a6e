"""Commands for operators: which journal numbers belong to which police district."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select

from cases.journal_prefixes import BrokenPrefixFile, load_prefixes
from cases.models import JournalPrefix
from database import current_database

cases = AppGroup("cases", help="Cases: the police districts of journal numbers.")


@cases.command("prefixes")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def prefixes(file: Path | None) -> None:
    """Replace the known prefixes with FILE (CSV: prefix,district,source), or list them."""
    with current_database().unit_of_work() as session:
        if file is not None:
            try:
                count = load_prefixes(session, file)
            except BrokenPrefixFile as error:
                raise click.ClickException(f"{error}. Nothing was loaded.") from error
            click.echo(f"{count} prefixes are known")
            return
        for row in session.scalars(select(JournalPrefix).order_by(JournalPrefix.prefix)):
            click.echo(f"{row.prefix}  {row.district_code}  {row.source}")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(cases)
