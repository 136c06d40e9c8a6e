"""Which case: references, appeals, districts, opening, closing and correcting a case."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from cases import api, cli, staff_pages
from staff.permissions import Permission
from web.http import navigation
from web.http.rest import rest


def init_app(app: Flask) -> None:
    """Register the room."""
    app.register_blueprint(staff_pages.blueprint)
    rest.register_blueprint(api.blueprint)
    cli.init_app(app)
    navigation.add(
        app, navigation.STAFF, "cases_staff.search", _l("Ret en sag"), Permission.CASE_CORRECT,
        order=70,
    )  # fmt: skip
