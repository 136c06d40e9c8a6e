"""``flask translations``: keep the English catalogues in step with the Danish texts."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from web.languages import extraction

translations = AppGroup("translations", help="Message catalogues of the rooms.")


@translations.command("update", with_appcontext=False)
@click.argument("rooms", nargs=-1)
def update(rooms: tuple[str, ...]) -> None:
    """Extract the texts of ROOMS (all by default) into their catalogues; list what is missing."""
    for room in rooms or extraction.rooms():
        for language in extraction.OTHER_LANGUAGES:
            for message in extraction.update(room, language):
                click.echo(f"{room}: not in {language}: {message!r}")


@translations.command("check", with_appcontext=False)
def check() -> None:
    """Fail if a text lacks its translation."""
    missing = [
        f"{room}: not in {language}: {message!r}"
        for room in extraction.rooms()
        for language in extraction.OTHER_LANGUAGES
        for message in extraction.untranslated(room, language)
    ]
    for line in missing:
        click.echo(line)
    sys.exit(1 if missing else 0)


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(translations)
