"""The alert cards on the staff front page."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from alerts.lifecycle import OPEN
from alerts.listing import count_by_status, held_alerts
from alerts.models import AlertStatus
from alerts.progress.pause_explanations import explain_rest, provider_name
from dispatch.sending.senders import resting_senders
from staff.actor import Actor
from staff.dashboard import Card
from web.texts.filters import format_time


def draw_held(session: Session, actor: Actor) -> Card | None:
    """The alerts paused in the person's districts, so that no pause is overlooked."""
    held = held_alerts(session, actor, actor.districts)
    if not held:
        return None
    kind = "error" if any(each.pause.is_by_system for each in held) else "warning"
    first = held[0]
    return Card(
        ngettext("%(num)s varsel er sat på pause", "%(num)s varsler er sat på pause", len(held)),
        url_for("alerts_staff.show", code=first.alert.code)
        if len(held) == 1
        else url_for("alerts_staff.index"),
        f"{first.pause.heading}. {first.pause.text}",
        kind=kind,
    )


def draw_resting(session: Session, _actor: Actor) -> Card | None:
    """A sender that is failing, while others take its traffic."""
    resting = resting_senders(session)
    if not resting:
        return None
    first = resting[0]
    return Card(
        _("Der sendes ikke gennem %(who)s lige nu", who=provider_name(first.provider)),
        url_for("alerts_staff.index"),
        explain_rest(first.reason) + " "
        + _("Beskederne går en anden vej, og ingen er opgivet, men det kan gå langsommere."
            " Vejen gennem %(address)s prøves igen kl. %(time)s. Giv driften besked, hvis fejlen"
            " bliver ved.",
            address=first.address, time=format_time(first.rests_until)),
        kind="warning",
    )  # fmt: skip


def draw_compose(_session: Session, _actor: Actor) -> Card:
    """A link to a new alert."""
    return Card(
        _("Skriv et varsel"),
        url_for("alerts_staff.compose"),
        _("Du ser, hvem der får det, før du sender."),
    )


def draw_current(session: Session, actor: Actor) -> Card:
    """How many alerts are published or scheduled in the person's districts."""
    counts = count_by_status(session, actor, actor.districts)
    scheduled = counts.get(AlertStatus.SCHEDULED, 0)
    return Card(
        _("Aktuelle varsler"),
        url_for("alerts_staff.index"),
        _("%(count)s venter på deres tidspunkt.", count=scheduled) if scheduled else "",
        figure=sum(counts.get(status, 0) for status in OPEN),
    )
