"""Who: staff accounts, roles and districts, two-factor sign-in, the page of the audit trail."""

from __future__ import annotations

from flask import Flask, g, url_for
from flask_babel import lazy_gettext as _l

from config import Config
from staff import access, cli, staff_account_pages
from staff.actor import Actor
from staff.dashboard import add_card
from staff.permissions import Permission
from staff.sign_in import flask_security_setup as signin
from staff.unsent_forms import draw_unsent, form_id_here, others_here, unsent_here
from web.http import navigation


def init_app(app: Flask) -> None:
    """Register the room."""
    config: Config = app.extensions["varsko_config"]
    # Before Flask-Security, so that our templates take precedence over its own.
    app.register_blueprint(staff_account_pages.blueprint)
    signin.init_app(app, config)
    access.init_app(app)
    cli.init_app(app)
    app.jinja_env.globals.update(
        form_id_here=form_id_here, others_here=others_here, unsent_here=unsent_here
    )
    add_card(app, draw_unsent, order=8)
    navigation.set_viewer(app, _viewer)
    navigation.add(
        app,
        navigation.STAFF,
        "staff.accounts",
        _l("Medarbejdere"),
        Permission.STAFF_MANAGE,
        order=80,
    )
    navigation.add(
        app,
        navigation.STAFF,
        "staff.audit_trail",
        _l("Revisionsspor"),
        Permission.AUDIT_READ,
        order=85,
    )
    navigation.add(app, navigation.STAFF, "staff.profile", _l("Min profil"), order=90)


def _viewer() -> navigation.Viewer | None:
    """Who is signed in, on pages whose rule asks for it; never reads the cookie on other pages."""
    actor: Actor | None = g.get("varsko_actor")
    if actor is None:
        return None
    role = ", ".join(str(role.row.name) for role in sorted(actor.roles))
    return navigation.Viewer(actor.name, role, actor.may, url_for("security.logout"))
