"""Commands that belong to no room: settings and the database's migrations."""

from __future__ import annotations

from pathlib import Path

import click
from alembic import command
from alembic.config import Config as AlembicConfig
from flask import Flask
from flask.cli import AppGroup

from config import Config, current_config

MIGRATIONS = Path(__file__).parent / "migrations"

db = AppGroup("db", help="Create, upgrade and check the database.")


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
    command.upgrade(alembic_config(current_config().database_url), revision)


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
    """Write a new migration from what the models have and the database has not."""
    command.revision(alembic_config(current_config().database_url), message, autogenerate=True)


@click.command("settings")
def settings() -> None:
    """Print every setting, its default and what it should be."""
    for name, default, should_be in Config.table():
        click.echo(f"{name}\n    {should_be} (default: {default})")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(db)
    app.cli.add_command(settings)
