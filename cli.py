"""Commands that belong to no room: database migrations and key rotation."""

from __future__ import annotations

from pathlib import Path

import click
from alembic import command
from alembic.config import Config as AlembicConfig
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from config import current_config
from database import current_database, rotation

MIGRATIONS = Path(__file__).parent / "migrations"

db = AppGroup("db", help="Create, upgrade and check the database.")
keys = AppGroup("keys", help="The keys that seal personal data.")


def alembic_config(database_url: str) -> AlembicConfig:
    """Alembic's configuration for this project and the given database."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database_url"] = database_url
    return config


@db.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the database to REVISION (the newest by default); safe to run from several hosts."""
    try:
        command.upgrade(alembic_config(current_config().database_url), revision)
    except OperationalError as error:
        # An error in the midst of a migration, such as a lock that was not free, keeps its trace.
        if error.statement is None:
            raise click.ClickException(
                "the database cannot be reached: is it running, and is VARSKO_DATABASE_URL right?"
            ) from None
        raise


@db.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database back to REVISION."""
    command.downgrade(alembic_config(current_config().database_url), revision)


@db.command("check")
def check() -> None:
    """Fail if the models and the newest migration differ."""
    command.check(alembic_config(current_config().database_url))


@db.command("revision")
@click.option("-m", "--message", required=True)
def revision(message: str) -> None:
    """Write a new migration for what is in the models but not yet in the database."""
    command.revision(alembic_config(current_config().database_url), message, autogenerate=True)


@keys.command("rotate")
def rotate() -> None:
    """Reseal with the current keys everything that older keys sealed.

    Safe while the service runs; can be interrupted at any time and run again. Restart every
    process with the new keys first: one that has only the old keys goes on sealing with them.
    """
    unopened = 0
    for done in rotation.rotate(current_database()):
        click.echo(f"{done.column:28} {done.resealed:9,} sealed again")
        if done.unopened:
            click.echo(f"{done.column:28} {done.unopened:9,} LEFT: no key opens them")
        unopened += done.unopened
    if unopened:
        raise click.ClickException("bring back the keys of what was left, and run this again")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(db)
    app.cli.add_command(keys)
