"""What comes back: tips, filed on their cases and reviewed."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from alerts.hooks import on_published
from cases.hooks import on_corrected, register_tip_counter
from dispatch.hooks import register_inbound, register_job
from staff.dashboard import add_card
from staff.permissions import Permission
from tips import api, pages, staff_pages
from tips.case_lists import count_tips
from tips.dashboard_cards import draw_new, draw_unassigned
from tips.filing import follow_correction, place_waiting
from tips.intake.choices import forget_expired_choices
from tips.intake.receiving import receive_message
from web.http import navigation
from web.http.rest import rest

FORGET_CHOICES_SECONDS = 600


def init_app(app: Flask) -> None:
    """Register the room, after ``subscribers``: a message that is not a keyword is a tip."""
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(staff_pages.blueprint)
    rest.register_blueprint(api.blueprint)
    register_inbound(app, receive_message)
    register_job(app, "forget_expired_choices", FORGET_CHOICES_SECONDS, forget_expired_choices)
    on_published(app, place_waiting)
    on_corrected(app, follow_correction)
    register_tip_counter(app, count_tips)
    add_card(app, draw_new, Permission.TIP_READ, order=30)
    add_card(app, draw_unassigned, Permission.TIP_READ, order=40)
    navigation.add(
        app, navigation.STAFF, "tips_staff.cases", _l("Sager"), Permission.TIP_READ, order=30
    )
    navigation.add(
        app, navigation.STAFF, "tips_staff.unassigned", _l("Tips uden sag"), Permission.TIP_READ,
        order=40,
    )  # fmt: skip
