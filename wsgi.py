"""Builds the app, hangs up the rooms and connects the plugs between them."""

from __future__ import annotations

import os
import sys

from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

import alerts
import areas
import cli
import database
import dispatch
import staff
import subscribers
import tips
import web
from areas.kinds import AreaKind
from areas.service import list_areas
from config import Config, ConfigError
from staff import districts
from web import logs
from web.access import assert_rules_declared
from web.app import VarskoApp


def create_app(config: Config | None = None) -> VarskoApp:
    """The whole service as a WSGI application; settings come from the environment if not given.

    Ends the program with one line when a setting is missing or malformed.
    """
    if config is None:
        try:
            config = Config.from_environment(os.environ)
        except ConfigError as error:
            sys.exit(f"varsko: {error}")
    logs.configure(config.log_level, config.log_file)
    app = VarskoApp(
        "varsko",
        static_folder="web/static",
        template_folder="web/templates",
        root_path=os.path.dirname(__file__),
    )
    app.config["SECRET_KEY"] = config.secret_key
    app.config["MAX_CONTENT_LENGTH"] = 8 * 1024 * 1024
    app.config["TESTING"] = config.testing
    app.extensions["varsko_config"] = config
    database.init_app(app, config)
    web.init_app(app)
    for room in (staff, areas, dispatch, subscribers, alerts, tips, cli):
        room.init_app(app)
    districts.set_directory(app, police_districts)
    assert_rules_declared(app)
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def police_districts(session: Session) -> list[tuple[str, str]]:
    """Code and name of every police district, for those who manage accounts."""
    return [(area.code, area.name) for area in list_areas(session, AreaKind.POLICE_DISTRICT)]
