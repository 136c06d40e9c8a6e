"""What follows an alert: the text, then the check from which it is sent."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from alerts.composing.forms import LABELS, LIMITS, Errors, FollowUpForm, errors_of
from alerts.composing.messages import MAX_SEGMENTS, count_sms
from alerts.composing.saving import message_parts, read_alert
from alerts.composing.wording_check import check_texts_of
from alerts.desk.blueprint import blueprint
from alerts.desk.steps import place_of, steps_for
from alerts.draft import Wording
from alerts.errors import WordingReasonMissing
from alerts.lifecycle import refuse
from alerts.models import Alert, AlertRelease, ReleaseKind
from alerts.progress.alert_progress import alert_progress
from alerts.releasing.correcting import correct_alert, corrected_texts, correction_audience
from alerts.releasing.preview import costly_characters, preview_messages
from alerts.releasing.publishing import close_alert, follow_up_texts, send_update
from alerts.releasing.releases import area_audience, everybody_told, recipients_audience
from alerts.releasing.withdrawing import withdraw_alert
from database import session
from dispatch.broadcasts import Audience, count_audience
from staff.access import requires
from staff.actor import Actor, NotAllowed, current_actor
from staff.permissions import Permission
from staff.unsent_forms import kept, opened_form
from web.http.forms import load_form, typed_values
from web.languages.choice import DEFAULT_LANGUAGE
from web.problems.errors import Problem
from web.texts.cleaning import clean

FIELD_OF = {
    "texts.da": "text_da",
    "texts.da.title": "title_da",
    "texts.da.body": "text_da",
    "texts.en.title": "title_en",
    "texts.en.body": "text_en",
}

KINDS = {
    "update": ReleaseKind.UPDATE,
    "correct": ReleaseKind.CORRECTION,
    "close": ReleaseKind.CLOSURE,
    "withdraw": ReleaseKind.WITHDRAWAL,
}

SendFollowUp = Callable[[Session, Actor, Alert, dict[str, Any], str, str | None], AlertRelease]
"""Takes the new bodies by language; of a correction, the whole wordings."""


@blueprint.route("/<code>/update", methods=["GET", "POST"])
@requires(Permission.ALERT_PUBLISH)
@kept("text_da", "text_en")
def update(code: str) -> ResponseReturnValue:
    """Send an update to all subscribers in the area."""
    return _follow_up(code, "update", area_audience, send_update)


@blueprint.route("/<code>/correct", methods=["GET", "POST"])
@requires(Permission.ALERT_PUBLISH)
@kept("text_da", "text_en")
def correct(code: str) -> ResponseReturnValue:
    """Replace the text of the alert, and send the new one to those who have the wrong one."""
    return _follow_up(code, "correct", correction_audience, correct_alert)


@blueprint.route("/<code>/close", methods=["GET", "POST"])
@requires(Permission.ALERT_CLOSE)
@kept("text_da", "text_en")
def close(code: str) -> ResponseReturnValue:
    """Close the alert, and tell those who received it how it ended."""
    return _follow_up(code, "close", recipients_audience, close_alert)


@blueprint.route("/<code>/withdraw", methods=["GET", "POST"])
@requires(Permission.ALERT_PUBLISH)
@kept("text_da", "text_en")
def withdraw(code: str) -> ResponseReturnValue:
    """Withdraw the alert, and tell those who heard of it why."""
    return _follow_up(code, "withdraw", everybody_told, withdraw_alert)


@blueprint.post("/<code>/update/count", defaults={"step": "update"})
@blueprint.post("/<code>/correct/count", defaults={"step": "correct"})
@blueprint.post("/<code>/close/count", defaults={"step": "close"})
@blueprint.post("/<code>/withdraw/count", defaults={"step": "withdraw"})
@requires(Permission.ALERT_COMPOSE)
def count_follow_up(code: str, step: str) -> str:
    """The length of the SMS, counted by the code that composes it (htmx)."""
    alert = read_alert(session, current_actor(), code)
    language = "en" if request.args.get("language") == "en" else "da"
    body = clean(request.form.get(f"text_{language}", "")).strip()
    title = alert.text(language).title
    if step == "correct":
        title = clean(request.form.get(f"title_{language}", "")).strip()
    texts = {language: Wording(title, body)}
    parts = message_parts(session, alert, KINDS[step], texts)
    return render_template(
        "alerts/composing/_count.html", counted=count_sms(parts, language), most=MAX_SEGMENTS
    )


def _follow_up(
    code: str,
    step: str,
    find_audience: Callable[[Session, Alert], Audience],
    send: SendFollowUp,
) -> ResponseReturnValue:
    alert = read_alert(session, current_actor(), code)
    if request.method == "GET":
        written = opened_form()
        possible = _steps(alert)[step]
        if written is None and not possible:
            return redirect(url_for("alerts_staff.show", code=code))
        values = typed_values(FollowUpForm(), written) if written else _values_of(alert, step)
        values.setdefault("key", secrets.token_urlsafe(16))
        return _follow_up_page(
            alert, step, find_audience, values, {}, None if possible else refuse(alert)
        )
    data, errors = load_form(FollowUpForm())
    refused: Problem | None = None
    if not errors:
        try:
            said = _said(step, data)
            if data["step"] == "write":
                return _follow_up_page(alert, step, find_audience, typed_values(FollowUpForm()), {})
            if not data["read"]:
                return _check_follow_up(alert, step, find_audience(session, alert), data, said)
            with session.begin_nested():
                send(session, current_actor(), alert, said, data["key"], data["wording_reason"])
        except NotAllowed:
            raise
        except WordingReasonMissing as problem:
            alert = read_alert(session, current_actor(), code)
            audience = find_audience(session, alert)
            return _check_follow_up(alert, step, audience, data, said, problem.fields)
        except Problem as problem:
            if problem.status not in (409, 422):
                raise
            refused = problem if problem.status == 409 else None
            errors = {} if refused else errors_of(problem, FIELD_OF)
        else:
            return redirect(url_for("alerts_staff.show", code=code))
    alert = read_alert(session, current_actor(), code)
    typed = typed_values(FollowUpForm())
    page = _follow_up_page(alert, step, find_audience, typed, errors, refused)
    return page, refused.status if refused else 422


def _said(step: str, data: dict[str, Any]) -> dict[str, Any]:
    """What was written, by language, as it is sent on."""
    bodies = {"da": data["text_da"], "en": data["text_en"]}
    if step != "correct":
        return bodies
    titles = {"da": data["title_da"], "en": data["title_en"]}
    return {
        language: Wording(titles[language], body)
        for language, body in bodies.items()
        if language == DEFAULT_LANGUAGE or body.strip() or titles[language].strip()
    }


def _values_of(alert: Alert, step: str) -> dict[str, str]:
    """What the form begins with: a correction, with what is to be corrected."""
    if step != "correct":
        return {}
    return {
        f"{name}_{language}": written
        for language, text in alert.texts.items()
        for name, written in (("title", text.title), ("text", text.body))
    }


def _steps(alert: Alert) -> dict[str, bool]:
    return steps_for(alert, current_actor(), alert_progress(session, alert))


def _check_follow_up(
    alert: Alert,
    step: str,
    audience: Audience,
    data: dict[str, Any],
    said: dict[str, Any],
    wrong: Errors | None = None,
) -> ResponseReturnValue:
    """The messages as they would be sent, and to how many; they leave once that was confirmed.

    Raises InvalidAlert.
    """
    is_correction = step == "correct"
    texts = corrected_texts(alert, said) if is_correction else follow_up_texts(alert, said)
    messages = preview_messages(session, alert, KINDS[step], texts, audience)
    errors = dict(wrong or {})
    if data["step"] == "send" and not data["read"]:
        errors["read"] = [_("Sæt kryds, når du har læst teksten.")]
    page = render_template(
        "alerts/check_follow_up.html",
        alert=alert,
        step=step,
        place=place_of(alert),
        messages=messages,
        warnings=costly_characters(messages),
        findings=check_texts_of(session, alert, texts, is_follow_up=not is_correction),
        recipients=sum(message.recipients for message in messages),
        values=data,
        errors=errors,
    )
    return page, 422 if errors else 200


def _follow_up_page(
    alert: Alert,
    step: str,
    find_audience: Callable[[Session, Alert], Audience],
    values: dict[str, Any],
    errors: Errors,
    refused: Problem | None = None,
) -> str:
    """The form; ``refused``: why it can no longer be sent, though it was written."""
    return render_template(
        "alerts/follow_up.html",
        alert=alert,
        refused=refused,
        step=step,
        may_pause=step in {"correct", "withdraw"} and _steps(alert)["pause"],
        recipients=count_audience(session, find_audience(session, alert)).recipients,
        place=place_of(alert),
        values=values,
        errors=errors,
        labels=LABELS,
        limits=LIMITS,
    )
