"""What comes back: tips, filed on their cases and reviewed."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from alerts.hooks import on_published
from cases.hooks import on_corrected, register_tip_counter
from dispatch.hooks import register_conversation, register_inbound, register_job
from retention.hooks import Kept, register_kept
from staff.dashboard import add_card
from staff.permissions import Permission
from tips import api, pages, staff_pages
from tips.case_lists import count_tips
from tips.dashboard_cards import draw_closed, draw_new, draw_quiet, draw_unassigned
from tips.filing import follow_correction, place_waiting
from tips.intake.choices import forget_expired_choices
from tips.intake.expecting import expects_more
from tips.intake.receiving import receive_message
from tips.quiet_cases import count_quiet_cases
from tips.retention import (
    count_empty_cases,
    count_old_tips,
    count_unread_tips,
    forget_empty_cases,
    forget_tips,
)
from web.http import navigation
from web.http.rest import rest

FORGET_CHOICES_SECONDS = 600


def init_app(app: Flask) -> None:
    """Register the room, after ``subscribers``: a message that is not a keyword is a tip."""
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(staff_pages.blueprint)
    rest.register_blueprint(api.blueprint)
    register_inbound(app, receive_message)
    register_conversation(app, expects_more)
    register_job(app, "forget_expired_choices", FORGET_CHOICES_SECONDS, forget_expired_choices)
    on_published(app, place_waiting)
    on_corrected(app, follow_correction)
    register_tip_counter(app, count_tips)
    add_card(app, draw_closed, Permission.TIP_READ, order=20)
    add_card(app, draw_quiet, Permission.TIP_READ, order=25)
    add_card(app, draw_new, Permission.TIP_READ, order=30)
    add_card(app, draw_unassigned, Permission.TIP_READ, order=40)
    navigation.add(
        app, navigation.STAFF, "tips_staff.cases", _l("Sager"), Permission.TIP_READ, order=30
    )
    navigation.add(
        app, navigation.STAFF, "tips_staff.unassigned", _l("Tips uden sag"), Permission.TIP_READ,
        order=40,
    )  # fmt: skip
    register_kept(
        app,
        Kept(
            name="tips",
            title=_l("Tips"),
            rule=_l(
                "efter at sagen er lukket, eller tippet er kommet, hvis det er senere. Tips på åbne"
                " sager og tips, som ingen har læst, slettes ikke."
            ),
            days=lambda config: config.keep_tips_days,
            count=count_old_tips,
            delete=forget_tips,
            held=count_unread_tips,
            order=30,
        ),
    )
    register_kept(
        app,
        Kept(
            name="cases",
            title=_l("Sager"),
            rule=_l(
                "efter at sagen er lukket, når dens tips og varsler er slettet. Åbne sager, hvor"
                " der ikke er sket noget så længe, holdes tilbage; deres kredse får det at vide."
            ),
            days=lambda config: config.keep_tips_days,
            count=count_empty_cases,
            delete=forget_empty_cases,
            held=count_quiet_cases,
            order=60,
        ),
    )
