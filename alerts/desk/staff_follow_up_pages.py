"""What follows an alert: the text, then the check from which it is sent, or to be approved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alerts.approving.approval import standing_return
from alerts.approving.steps import submit_alert
from alerts.composing.forms import LABELS, LIMITS, Errors, FollowUpForm, errors_of
from alerts.composing.messages import MAX_SEGMENTS, count_sms
from alerts.composing.saving import message_parts, read_alert
from alerts.desk.blueprint import blueprint
from alerts.desk.check_page import check_follow_up_page, errors_by, new_key
from alerts.desk.steps import place_of, steps_for
from alerts.draft import AlertDraft, Wording, texts_of
from alerts.errors import DraftChanged, IllegalMove, InvalidAlert, SentMeanwhile
from alerts.lifecycle import EDITABLE, allows_follow_up, refuse
from alerts.models import Alert, FollowUp, ReleaseKind, StepKind
from alerts.progress.alert_progress import alert_progress
from alerts.releasing.follow_ups import (
    audience_of,
    find_follow_up,
    ready_texts,
    save_follow_up,
    send_follow_up,
    with_titles,
    write_follow_up,
)
from alerts.releasing.releases import find_release_by_key, last_number, list_releases
from alerts.releasing.withdrawing import withdraw_alert
from alerts.state_names import RELEASE_NAMES
from database import session
from dispatch.broadcasts import count_audience
from staff.access import requires
from staff.actor import NotAllowed, current_actor
from staff.models import Staff
from staff.permissions import Permission
from staff.unsent_forms import kept, opened_form
from web.http.forms import load_form, typed_values
from web.languages.choice import DEFAULT_LANGUAGE
from web.problems.errors import Problem
from web.texts.cleaning import clean
from web.texts.filters import format_datetime

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

BESIDE = ("reason", "comment", "wording_reason")
"""The fields of the check page: what is wrong with them is said there."""


@blueprint.route("/<code>/update", methods=["GET", "POST"])
@requires(Permission.ALERT_PUBLISH)
@kept("text_da", "text_en")
def update(code: str) -> ResponseReturnValue:
    """Send an update to all subscribers in the area."""
    return _follow_up(code, "update")


@blueprint.route("/<code>/correct", methods=["GET", "POST"])
@requires(Permission.ALERT_PUBLISH)
@kept("text_da", "text_en")
def correct(code: str) -> ResponseReturnValue:
    """Replace the text of the alert, and send the new one to those who have the wrong one."""
    return _follow_up(code, "correct")


@blueprint.route("/<code>/close", methods=["GET", "POST"])
@requires(Permission.ALERT_CLOSE)
@kept("text_da", "text_en")
def close(code: str) -> ResponseReturnValue:
    """Close the alert, and tell those who received it how it ended."""
    return _follow_up(code, "close")


@blueprint.route("/<code>/withdraw", methods=["GET", "POST"])
@requires(Permission.ALERT_PUBLISH)
@kept("text_da", "text_en")
def withdraw(code: str) -> ResponseReturnValue:
    """Withdraw the alert, and tell those who heard of it why."""
    return _follow_up(code, "withdraw")


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


def _follow_up(code: str, step: str) -> ResponseReturnValue:
    alert, kind = read_alert(session, current_actor(), code), KINDS[step]
    if request.method == "GET":
        return _begin(alert, step)
    data, errors = load_form(FollowUpForm())
    typed = typed_values(FollowUpForm())
    if errors:
        return _follow_up_page(alert, step, typed, errors), 422
    if find_release_by_key(session, alert, f"{kind.value}:{data['key']}") is not None:
        return redirect(url_for("alerts_staff.show", code=code))
    if kind is ReleaseKind.WITHDRAWAL and data["step"] not in {"send", "write"}:
        data["step"] = ""  # Nobody approves a withdrawal: there is only sending it.
    if data["step"] == "write":
        return _follow_up_page(alert, step, typed, {})
    wrong = dict(_not_confirmed(data))
    refused: Problem | None = None
    try:
        _require_fresh(alert, kind, data)
        if data["step"] and not wrong:
            with session.begin_nested():
                return redirect(_act(alert, kind, data))
    except NotAllowed:
        raise
    except Problem as problem:
        alert, refused = read_alert(session, current_actor(), code), problem
    try:
        if isinstance(refused, DraftChanged):
            _require_fresh(alert, kind, data)  # It was sent while this was on its way.
        if isinstance(refused, IllegalMove | SentMeanwhile | InvalidAlert) and not _beside(refused):
            raise refused
        written = _write(alert, kind, data)
        if not allows_follow_up(alert, kind):
            raise refuse(alert)
        wrong |= errors_by(refused, *BESIDE) if refused else {}
        draft = _draft(alert, kind, data["draft"])
        page = check_follow_up_page(written, wrong, data["key"], data, draft)
        return page, refused.status if refused else 422 if wrong else 200
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        taken = []
        if isinstance(problem, SentMeanwhile):
            taken = _take_newest(alert, typed, data["sent"]) if step == "correct" else []
            typed["sent"] = last_number(session, alert)
        is_wrong = problem.status == 422
        errors = errors_of(problem, FIELD_OF) if is_wrong else {}
        page = _follow_up_page(alert, step, typed, errors, None if is_wrong else problem, taken)
        return page, problem.status


def _begin(alert: Alert, step: str) -> ResponseReturnValue:
    """The form, with what was written before if this person goes on with it."""
    written = opened_form()
    possible = _steps(alert)[step]
    if written is None and not possible:
        return redirect(url_for("alerts_staff.show", code=alert.code))
    if written:
        values = typed_values(FollowUpForm(), written)
    else:
        draft = _draft(alert, KINDS[step], request.args.get("draft", type=int))
        texts = dict(AlertDraft.of(alert).texts) if step == "correct" else {}
        texts = texts_of(draft) if draft else texts
        values = {
            f"{name}_{language}": said
            for language, text in texts.items()
            for name, said in (("title", text.title), ("text", text.body))
        } | ({"draft": draft.id, "sent": _written_after(draft)} if draft else {})
    values.setdefault("key", new_key())
    values.setdefault("sent", last_number(session, alert))
    return _follow_up_page(alert, step, values, {}, None if possible else refuse(alert))


def _written_after(draft: FollowUp) -> int:
    """The number of the last release when it was submitted: its author knew of no later one."""
    releases = list_releases(session, draft.alert)
    asked = [step.at for step in draft.approval_steps if step.kind is StepKind.SUBMITTED]
    known = [made for made in releases if not asked or made.created_at <= asked[-1]]
    return known[-1].number if known else 0


def _draft(alert: Alert, kind: ReleaseKind, draft_id: int | None) -> FollowUp | None:
    """What this person goes on with, if it can still be changed."""
    if draft_id is None:
        return None
    found = find_follow_up(session, current_actor(), alert, draft_id)
    return found if found.kind is kind and found.status in EDITABLE else None


def _act(alert: Alert, kind: ReleaseKind, data: dict[str, Any]) -> str:
    """Send it, or let somebody else approve it first; returns the address to go on to."""
    actor, texts = current_actor(), _texts(alert, kind, data)
    reason = data["wording_reason"]
    here = url_for("alerts_staff.show", code=alert.code)
    if kind is ReleaseKind.WITHDRAWAL:
        bodies = {language: text.body for language, text in texts.items()}
        withdraw_alert(session, actor, alert, bodies, data["key"], reason)
        return here
    draft = _draft(alert, kind, data["draft"])
    follow_up = _write(alert, kind, data)
    if draft is not None or data["step"] == "submit":
        follow_up = save_follow_up(session, actor, alert, kind, texts, draft)
    if data["step"] == "submit":
        submit_alert(
            session, actor, follow_up, data["comment"], seen=data["seen"], wording_reason=reason
        )
        return url_for("alerts_staff.check", code=alert.code, follow_up_id=follow_up.id)
    without_approval = data["reason"] if data["step"] == "unapproved" else None
    send_follow_up(
        session, actor, follow_up, data["key"],
        seen=data["seen"], without_approval=without_approval, wording_reason=reason,
    )  # fmt: skip
    return here


def _texts(alert: Alert, kind: ReleaseKind, data: dict[str, Any]) -> dict[str, Wording]:
    """What was written, by language; of a correction, the titles too."""
    bodies = {"da": data["text_da"], "en": data["text_en"]}
    if kind is not ReleaseKind.CORRECTION:
        return with_titles(alert, bodies)
    titles = {"da": data["title_da"], "en": data["title_en"]}
    return {
        language: Wording(titles[language], body)
        for language, body in bodies.items()
        if language == DEFAULT_LANGUAGE or body.strip() or titles[language].strip()
    }


def _write(alert: Alert, kind: ReleaseKind, data: dict[str, Any]) -> FollowUp:
    """The same as it would be sent, kept nowhere. Raises InvalidAlert."""
    texts = ready_texts(alert, kind, _texts(alert, kind, data))
    return write_follow_up(current_actor(), alert, kind, texts)


def _require_fresh(alert: Alert, kind: ReleaseKind, data: dict[str, Any]) -> None:
    """Raise SentMeanwhile if a colleague has sent something about it while this was written.

    A withdrawal waits for nothing.
    """
    if kind is ReleaseKind.WITHDRAWAL or data["sent"] in (None, last_number(session, alert)):
        return
    if not allows_follow_up(alert, kind):
        raise refuse(alert)
    latest = list_releases(session, alert)[-1]
    sender = session.get_one(Staff, latest.created_by)
    raise SentMeanwhile(
        _(
            "Mens du skrev, er der sendt noget om varslet (%(what)s af %(name)s %(time)s):"
            " »%(title)s: %(text)s« Se efter, om din tekst stadig passer, og tjek den igen.",
            what=RELEASE_NAMES[latest.kind],
            name=sender.name,
            time=format_datetime(latest.created_at),
            title=latest.texts[DEFAULT_LANGUAGE]["title"],
            text=latest.texts[DEFAULT_LANGUAGE]["body"],
        )
    )


def _take_newest(alert: Alert, typed: dict[str, Any], begun_at: int) -> list[str]:
    """Put what a colleague has corrected where the writer of a correction changed nothing.

    ``begun_at``: the number of the last release when it was begun. Returns the names of the fields.
    """
    whole = [
        made
        for made in list_releases(session, alert)
        if made.kind.is_whole and made.number <= begun_at
    ]
    if not whole:
        return []
    newest, taken = AlertDraft.of(alert).texts, []
    for language in ("da", "en"):
        before = whole[-1].texts.get(language, {})
        now = newest.get(language, Wording("", ""))
        for field, old, new in (
            (f"title_{language}", before.get("title", ""), now.title),
            (f"text_{language}", before.get("body", ""), now.body),
        ):
            written = str(typed.get(field) or "")
            if written.split() == old.split() and written.split() != new.split():
                typed[field] = new
                taken.append(str(LABELS[field]))
    return taken


def _not_confirmed(data: dict[str, Any]) -> Errors:
    if data["step"] in {"send", "unapproved"} and not data["read"]:
        return {"read": [_("Sæt kryds, når du har læst teksten.")]}
    return {}


def _beside(problem: Problem) -> bool:
    """Whether it is about a field of the check page."""
    return not problem.fields.keys().isdisjoint(BESIDE)


def _steps(alert: Alert) -> dict[str, bool]:
    return steps_for(alert, current_actor(), alert_progress(session, alert))


def _follow_up_page(
    alert: Alert,
    step: str,
    values: dict[str, Any],
    errors: Errors,
    refused: Problem | None = None,
    taken: Sequence[str] = (),
) -> str:
    """The form; ``refused``: why it was not sent, or can no longer be, though it was written.

    ``taken``: the fields that now hold what a colleague has sent.
    """
    audience = audience_of(session, alert, KINDS[step])
    draft = _draft(alert, KINDS[step], int(values["draft"])) if values.get("draft") else None
    return render_template(
        "alerts/follow_up.html",
        alert=alert,
        refused=refused,
        taken=taken,
        is_over=refused is not None and not isinstance(refused, SentMeanwhile),
        step=step,
        may_pause=step in {"correct", "withdraw"} and _steps(alert)["pause"],
        recipients=count_audience(session, audience).recipients,
        place=place_of(alert),
        answer=standing_return(draft) if draft else None,
        values=values,
        errors=errors,
        labels=LABELS,
        limits=LIMITS,
    )
