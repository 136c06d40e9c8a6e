"""Builds the app, registers the rooms and connects the hooks between them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module

from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

import cli
import database
from areas.countries import code_text
from areas.kinds import AreaKind
from areas.lookup import list_areas
from areas.titles import area_title
from config import Config, ConfigError
from dispatch.hooks import register_job
from dispatch.providers.directory import SETTINGS
from rooms import ROOMS, ROOT
from staff import districts
from staff.unsent_forms import forget_unsent_forms
from web.http import logs
from web.http.access import assert_rules_declared
from web.http.app import VarskoApp
from web.http.sent_forms import forget_sent_forms


def create_app(config: Config | None = None) -> VarskoApp:
    """The whole service as a WSGI application; reads settings from the environment unless given.

    Exits with a one-line message if a setting is missing or malformed.
    """
    if config is None:
        try:
            config = Config.from_environment(os.environ, SETTINGS)
        except ConfigError as error:
            sys.exit(f"varsko: {error}")
    logs.configure(config.log_level, config.log_file)
    app = VarskoApp(
        "varsko",
        static_folder="web/static",
        template_folder="web/templates",
        root_path=str(ROOT),
    )
    app.config["SECRET_KEY"] = config.secret_key
    app.config["TESTING"] = config.testing
    app.extensions["varsko_config"] = config
    database.init_app(app, config)
    for room in reversed(ROOMS):
        set_up(room, app)
    cli.init_app(app)
    register_job(app, "forget_sent_forms", 3600, forget_sent_forms)
    register_job(app, "forget_unsent_forms", 3600, forget_unsent_forms)
    districts.set_directory(app, police_districts)
    assert_rules_declared(app)
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def set_up(room: str, app: VarskoApp) -> None:
    """Call the room's ``init_app``, if it has one."""
    init_app: Callable[[VarskoApp], None] | None = getattr(import_module(room), "init_app", None)
    if init_app is not None:
        init_app(app)


def police_districts(session: Session) -> list[tuple[str, str]]:
    """Code and name of every police district, for the account pages."""
    found = list_areas(session, AreaKind.POLICE_DISTRICT)
    return [(code_text(area), area_title(area)) for area in found]
