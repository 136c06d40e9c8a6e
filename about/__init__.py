"""What a public service owes its users: privacy, accessibility, and who is behind it."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from about import pages
from web.http import navigation


def init_app(app: Flask) -> None:
    """Register the pages, and link to them at the foot of every public page."""
    app.register_blueprint(pages.bp)
    for order, (endpoint, label) in enumerate(
        [
            ("about.contact", _l("Om Varsko og kontakt")),
            ("about.privacy", _l("Dine oplysninger")),
            ("about.anonymity", _l("Når du vil være anonym")),
            ("about.accessibility", _l("Tilgængelighed")),
        ]
    ):
        navigation.add(app, navigation.ABOUT, endpoint, label, order=order)
