"""The alert cards on the staff front page."""

from __future__ import annotations

from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from alerts.approving.waiting import answered, sent_unapproved, waiting_for
from alerts.desk.check_page import address_of
from alerts.lifecycle import OPEN, alert_of
from alerts.listing import count_by_status, held_alerts, soon_over
from alerts.models import Alert, AlertStatus, ApprovalStep, Work
from alerts.presets.keeping import list_presets
from alerts.progress.pause_explanations import explain_rest, provider_name
from alerts.state_names import RELEASE_NAMES, SEVERITY_NAMES, STEP_NAMES
from database import utcnow
from dispatch.sending.senders import resting_senders
from staff.actor import Actor
from staff.dashboard import Card, CardLink
from web.languages.choice import current_language
from web.texts.filters import format_datetime, format_time, format_time_ago

MOST_TEMPLATES = 6
REMINDED_BEFORE = timedelta(hours=2)


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


def draw_compose(session: Session, actor: Actor) -> Card:
    """A link to a new alert, and to the first templates that it can be begun with."""
    templates = [preset for preset in list_presets(session, actor) if preset.kind is not None]
    return Card(
        _("Skriv et varsel"),
        url_for("alerts_staff.compose"),
        _("Du ser, hvem der får det, før du sender."),
        links=tuple(
            CardLink(
                preset.name,
                url_for("alerts_staff.begin_with", preset_id=preset.id),
                str(preset.kind.row.name) if preset.kind else "",
                language="da",
            )
            for preset in templates[:MOST_TEMPLATES]
        ),
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


def draw_soon_over(session: Session, actor: Actor) -> Card | None:
    """The alerts that soon expire, while there is time to say how it ended or to extend them."""
    soon = soon_over(session, actor, utcnow() + REMINDED_BEFORE)
    if not soon:
        return None
    return Card(
        _("Udløber snart"),
        url_for("alerts_staff.index"),
        _("Afslut dem med besked om, hvordan det endte, eller forlæng dem. Ellers slutter de,"
          " uden at nogen får besked."),
        figure=len(soon),
        kind="warning",
        links=tuple(
            _link(alert, str(_("Gælder til %(time)s", time=format_datetime(alert.expires_at))))
            for alert in soon
        ),
    )  # fmt: skip


def draw_waiting(session: Session, actor: Actor) -> Card | None:
    """The alerts that wait for this person: the most severe first, then the oldest."""
    waiting = waiting_for(session, actor)
    if not waiting:
        return None
    return Card(
        _("Venter på dig"),
        url_for("alerts_staff.index", tab="drafts"),
        _("Læs dem igennem, og godkend dem, eller send dem retur."),
        figure=len(waiting),
        links=tuple(
            _link(work, f"{_what(work)} · {_taken(work.approval_steps[-1])}") for work in waiting
        ),
    )


def draw_answered(session: Session, actor: Actor) -> Card | None:
    """What approvers have said about this person's alerts."""
    steps = answered(session, actor)
    if not steps:
        return None
    return Card(
        _("Svar på dine varsler"),
        url_for("alerts_staff.index", tab="drafts"),
        links=tuple(_link(step.work, _taken(step), step.comment) for step in steps),
    )


def draw_unapproved(session: Session, actor: Actor) -> Card | None:
    """What was lately sent without approval, so that administrators hear of it."""
    steps = sent_unapproved(session, actor)
    if not steps:
        return None
    return Card(
        _("Sendt uden godkendelse"),
        url_for("staff.audit_trail", action="alert.sent_unapproved"),
        _("Reglerne krævede, at en anden godkendte. Her er begrundelsen."),
        kind="warning",
        links=tuple(
            CardLink(
                step.alert.text(current_language()).title,
                url_for("staff.audit_trail", subject="alert", subject_id=step.alert_id),
                _taken(step),
                step.comment,
                step.alert.text(current_language()).language,
            )
            for step in steps
        ),
    )


def _link(work: Work, note: str, quote: str = "") -> CardLink:
    text = alert_of(work).text(current_language())
    return CardLink(text.title, address_of(work), note, quote, text.language)


def _what(work: Work) -> str:
    """How severe the alert is, and what follows it if it is not the alert itself."""
    severity = str(SEVERITY_NAMES[alert_of(work).severity])
    return severity if isinstance(work, Alert) else f"{RELEASE_NAMES[work.kind]} · {severity}"


def _taken(step: ApprovalStep) -> str:
    """A step in words: what, by whom, and how long ago."""
    return str(
        _(
            "%(step)s af %(name)s %(time)s",
            step=STEP_NAMES[step.kind],
            name=step.staff.name,
            time=format_time_ago(step.at),
        )
    )
