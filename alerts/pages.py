"""The public pages: the front page, and a page for each alert. No cookies."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from alerts.composing.maps import draw_target
from alerts.composing.senders import in_words, sender_names, senders_on_cards
from alerts.lifecycle import is_open
from alerts.models import Alert, AlertStatus, ReleaseKind
from alerts.releasing.published import (
    current_alerts,
    find_public_alert,
    headline_of,
    recently_closed,
)
from alerts.releasing.releases import find_release, list_releases
from areas.targets.descriptions import describe_target
from areas.targets.target import Target
from config import current_config
from database import session
from web.http import access
from web.languages.choice import current_language
from web.texts.phone_numbers import spoken_number

blueprint = Blueprint("alerts", __name__, template_folder="templates")


@blueprint.get("/")
@access.public
@access.no_ambient_authority
def front_page() -> str:
    """What Varsko is, how to sign up, and the current alerts."""
    current = current_alerts(session)
    closed = recently_closed(session)
    return render_template(
        "alerts/public/front.html",
        current=current,
        closed=[(alert, headline_of(alert, current_language())) for alert in closed],
        senders=senders_on_cards(session, current),
        places={alert.id: _place(alert) for alert in [*current, *closed]},
        sms_number=current_config().sms_number,
        sms_number_shown=spoken_number(current_config().sms_number),
    )


@blueprint.get("/varsel/<code>")
@access.public
@access.no_ambient_authority
def public_alert(code: str) -> ResponseReturnValue:
    """One alert: what happened and where, updates, how to help, and how it ended.

    Of one that was withdrawn, only that.
    """
    alert = find_public_alert(session, code)
    if code != alert.code:
        return redirect(url_for("alerts.public_alert", code=alert.code), 301)
    if alert.status is AlertStatus.WITHDRAWN:
        return _withdrawn(alert)
    releases = list_releases(session, alert)
    language = current_language()
    return render_template(
        "alerts/public/public.html",
        alert=alert,
        text=alert.text(language),
        text_language=language if language in alert.texts else "da",
        place=_place(alert),
        sender=in_words(sender_names(session, alert.district_codes)),
        drawing=draw_target(session, Target.from_json(alert.target)),
        corrected=[made.created_at for made in releases if made.kind is ReleaseKind.CORRECTION],
        updates=[made for made in reversed(releases) if made.kind is ReleaseKind.UPDATE],
        closure=next((made for made in releases if made.kind is ReleaseKind.CLOSURE), None),
        is_open=is_open(alert),
        sms_number=current_config().sms_number,
        sms_number_shown=spoken_number(current_config().sms_number),
        language=language,
    )


def _withdrawn(alert: Alert) -> str:
    """The page of a withdrawn alert: that it was, when and why, and nothing of what it said."""
    language = current_language()
    withdrawal = find_release(session, alert, ReleaseKind.WITHDRAWAL)
    texts = withdrawal.texts if withdrawal else {}
    return render_template(
        "alerts/public/withdrawn.html",
        alert=alert,
        place=_place(alert),
        sender=in_words(sender_names(session, alert.district_codes)),
        body=(texts.get(language) or texts.get("da") or {}).get("body", ""),
        body_language=language if language in texts else "da",
        language=language,
    )


def _place(alert: Alert) -> str:
    return describe_target(session, Target.from_json(alert.target))
