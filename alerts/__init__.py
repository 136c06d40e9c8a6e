"""Alerts: composing, previewing, publishing, following up and closing them; public pages."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from alerts import api, pages, staff_pages, staff_steering_pages
from alerts.dashboard_cards import draw_compose, draw_current, draw_held, draw_resting
from alerts.releasing.jobs import close_expired_alerts, note_settled, start_due_alerts
from alerts.releasing.publishing import follow_correction
from cases.hooks import on_corrected
from dispatch.hooks import on_settled, register_job
from staff.dashboard import add_card
from staff.permissions import Permission
from web.http import navigation
from web.http.rest import rest

__all__ = ["init_app", "staff_steering_pages"]


def init_app(app: Flask) -> None:
    """Register the pages, the API, the cards and the jobs."""
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(staff_pages.blueprint)
    rest.register_blueprint(api.blueprint)
    navigation.add(app, navigation.PUBLIC, "alerts.front_page", _l("Varsler"), order=10)
    navigation.add(
        app, navigation.STAFF, "alerts_staff.index", _l("Varsler"), Permission.ALERT_READ, order=10
    )
    add_card(app, draw_held, Permission.ALERT_READ, order=5)
    add_card(app, draw_resting, Permission.ALERT_READ, order=6)
    add_card(app, draw_compose, Permission.ALERT_COMPOSE, order=10)
    add_card(app, draw_current, Permission.ALERT_READ, order=20)
    on_settled(app, note_settled)
    on_corrected(app, follow_correction)
    register_job(app, "start_due_alerts", 5, start_due_alerts)
    register_job(app, "close_expired_alerts", 60, close_expired_alerts)
