"""A small app that shows every layout and macro, for the tests of the look."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, render_template, request
from flask_babel import lazy_gettext as _l

from rooms import ROOT
from web.http import assets, navigation, security
from web.http.access import no_ambient_authority
from web.languages import prefix
from web.texts import filters

WEB = ROOT / "web"
HERE = Path(__file__).resolve().parent
NOW = dt.datetime(2025, 6, 14, 12, 5, tzinfo=dt.UTC)
ROWS = [
    {"title": "Vidner søges i Slotsgade", "status": "Sendt", "kind": "success", "count": 34120},
    {"title": "Røgudvikling ved havnen", "status": "Sender", "kind": "info", "count": 12040},
    {"title": "Savnet i Allerød", "status": "Stoppet", "kind": "error", "count": 310},
]
TYPED = {
    "phone": "12 34",
    "mail": "anna@example.dk",
    "body": "Så du noget?",
    "kind": "witness_appeal",
    "topics": ["traffic"],
    "starts": NOW,
    "severity": "severe",
}
ERRORS = {
    "phone": ["Et dansk mobilnummer har 8 cifre."],
    "topics": ["Vælg mindst ét emne."],
    "_schema": ["Vælg et nummer eller en e-mail."],
}


def make_look() -> Flask:
    """The app: ``/`` and ``/staff/`` show every macro, ``?errors=1`` with errors."""
    app = Flask("look", template_folder=str(HERE / "templates"), static_folder=str(WEB / "static"))
    app.config.update(SECRET_KEY="test", TESTING=True)
    app.extensions["varsko_config"] = SimpleNamespace(public_url="http://localhost")
    prefix.init_app(app)
    security.init_app(app)
    assets.init_app(app)
    filters.init_app(app)
    navigation.init_app(app)
    # What the room of staff gives to the desk's layout, in seconds.
    times = {"idle": 1800, "left": 43_200, "warning": 300, "noted": 60}
    app.jinja_env.globals["session_times"] = lambda: times

    def show(layout: str) -> str:
        context: dict[str, Any] = {"layout": layout, "now": NOW, "rows": ROWS, "values": TYPED}
        context["errors"] = ERRORS if request.args.get("errors") else {}
        return render_template("look.html", **context)

    @no_ambient_authority
    def look() -> str:
        return show("layout/public.html")

    @no_ambient_authority
    def sign_up() -> str:
        return show("layout/public.html")

    def desk() -> str:
        return show("layout/staff.html")

    def tips() -> str:
        return show("layout/staff.html")

    def sign_in() -> str:
        return render_template("signin_look.html")

    def problem() -> str:
        return render_template(
            "errors/problem.html",
            status=404,
            title="Siden findes ikke",
            detail="Tjek adressen, eller gå til forsiden.",
            fields={},
            request_id="aB3dE5fG7h",
        )

    app.add_url_rule("/", "look", look)
    app.add_url_rule("/tilmeld", "sign_up", sign_up, methods=["GET", "POST"])
    app.add_url_rule("/staff/", "desk", desk)
    app.add_url_rule("/staff/tips", "tips", tips)
    app.add_url_rule("/staff/login", "sign_in", sign_in)
    app.add_url_rule("/problem", "problem", problem)
    app.add_url_rule("/staff/problem", "desk_problem", problem)
    navigation.add(app, navigation.PUBLIC, "look", _l("Forside"), order=10)
    navigation.add(app, navigation.PUBLIC, "sign_up", _l("Tilmeld"), order=20)
    navigation.add(app, navigation.STAFF, "desk", _l("Varsler"), "alert:read", order=10)
    navigation.add(app, navigation.STAFF, "tips", _l("Tips"), "tip:read", order=20)
    navigation.add(app, navigation.STAFF, "problem", _l("Medarbejdere"), "staff:manage")
    navigation.set_viewer(
        app,
        lambda: navigation.Viewer(
            "Mette Holm", "Vagthavende", lambda permission: permission != "staff:manage", "/ud"
        ),
    )
    return app


if __name__ == "__main__":
    make_look().run(port=5099)
