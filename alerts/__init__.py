"""Alerts: composing, previewing, publishing, following up and closing them; public pages."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from alerts import api, desk, pages
from alerts.desk.dashboard_cards import (
    draw_answered,
    draw_compose,
    draw_current,
    draw_held,
    draw_resting,
    draw_soon_over,
    draw_unapproved,
    draw_waiting,
)
from alerts.releasing.jobs import (
    close_expired_alerts,
    note_settled,
    start_due_alerts,
)
from alerts.releasing.publishing import follow_correction
from alerts.releasing.retention import (
    count_alerts_of_open_cases,
    count_old_alerts,
    count_old_recipients,
    forget_alerts,
    forget_old_recipients,
)
from cases.hooks import on_corrected
from dispatch.hooks import on_settled, register_job
from retention.hooks import Kept, register_kept
from staff.dashboard import add_card
from staff.permissions import Permission
from web.http import navigation
from web.http.rest import rest


def init_app(app: Flask) -> None:
    """Register the pages, the API, the cards and the jobs."""
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(desk.blueprint)
    rest.register_blueprint(api.blueprint)
    navigation.add(app, navigation.PUBLIC, "alerts.front_page", _l("Varsler"), order=10)
    navigation.add(
        app, navigation.STAFF, "alerts_staff.index", _l("Varsler"), Permission.ALERT_READ, order=10
    )
    add_card(app, draw_held, Permission.ALERT_READ, order=5)
    add_card(app, draw_resting, Permission.ALERT_READ, order=6)
    add_card(app, draw_unapproved, Permission.STAFF_MANAGE, order=7)
    add_card(app, draw_soon_over, Permission.ALERT_PUBLISH, order=7)
    add_card(app, draw_waiting, Permission.ALERT_APPROVE, order=8)
    add_card(app, draw_answered, Permission.ALERT_COMPOSE, order=9)
    add_card(app, draw_compose, Permission.ALERT_COMPOSE, order=10)
    add_card(app, draw_current, Permission.ALERT_READ, order=20)
    on_settled(app, note_settled)
    on_corrected(app, follow_correction)
    register_job(app, "start_due_alerts", 5, start_due_alerts)
    register_job(app, "close_expired_alerts", 60, close_expired_alerts)
    register_kept(
        app,
        Kept(
            name="recipients",
            title=_l("Hvem der fik et varsel"),
            rule=_l("efter at varslet er afsluttet. Hvor mange det var, gemmes med varslet."),
            days=lambda config: config.keep_ledger_days,
            count=count_old_recipients,
            delete=forget_old_recipients,
            order=10,
        ),
    )
    register_kept(
        app,
        Kept(
            name="alerts",
            title=_l("Varsler"),
            rule=_l(
                "efter at varslet er afsluttet, eller udkastet sidst er rettet. Varsler, der hører"
                " til en åben sag, slettes først, når den er lukket."
            ),
            days=lambda config: config.keep_alerts_days,
            count=count_old_alerts,
            delete=forget_alerts,
            held=count_alerts_of_open_cases,
            order=50,
        ),
    )
