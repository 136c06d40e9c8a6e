"""To whom: citizens who get alerts; how they sign up, what they follow, how they unsubscribe."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from areas.titles import area_title
from dispatch.hooks import on_suppressed, register_audience, register_inbound, register_job
from retention.hooks import Kept, register_kept
from subscribers import audience, my_pages, pages, retention
from subscribers.erasing import pages as erasing_pages
from subscribers.sms.answering import answer_keyword
from web.http import navigation


def init_app(app: Flask) -> None:
    """Register the room's pages, keywords, audience, jobs and opt-out listener."""
    app.register_blueprint(pages.bp)
    app.register_blueprint(my_pages.bp)
    app.register_blueprint(erasing_pages.bp)
    app.jinja_env.filters["area_title"] = area_title
    navigation.add(app, navigation.PUBLIC, "subscribers.sign_up_form", _l("Tilmeld"), order=20)
    navigation.add(
        app, navigation.PUBLIC, "subscribers_my_page.link_form", _l("Min side"), order=80
    )
    register_audience(
        app, audience.KIND, audience.resolve_areas, audience.resolve_nearest, audience.LEFT_OUT
    )
    register_inbound(app, answer_keyword)
    register_job(app, "purge_sign_ups", 600, retention.purge_sign_ups)
    on_suppressed(app, retention.note_withdrawal)
    register_job(app, "forget_unsubscribed", 3600, retention.forget_unsubscribed)
    register_kept(
        app,
        Kept(
            name="contacts",
            title=_l("Numre og e-mails på dem, der har meldt fra"),
            rule=_l(
                "efter at de meldte fra, med deres samtykke, eller når de selv sletter det."
                " Derefter kendes nummeret kun på en kode, så et STOP bliver ved med at gælde."
            ),
            days=lambda config: config.keep_contacts_days,
            count=retention.count_departed,
            delete=retention.forget_departed,
            order=70,
        ),
    )
