"""Writing an alert: the form of a draft, and what helps while it is filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from alerts.composing.copying import copied_values, offered_case
from alerts.composing.forms import (
    LABELS,
    LIMITS,
    WHERE_FIELDS,
    ComposeForm,
    Errors,
    errors_of,
    form_values,
    place_field,
    read_draft,
    spell_number,
)
from alerts.composing.leaving_out import with_those_left_out
from alerts.composing.live_preview import preview_live
from alerts.composing.merging import Merged, form_version, merge, seen_fingerprint
from alerts.composing.messages import MAX_SEGMENTS, MessageParts, count_sms
from alerts.composing.point_by_address import (
    is_coordinates,
    offered_addresses,
    offered_points,
    settle_point,
)
from alerts.composing.saving import (
    EXAMPLE_CODE,
    draft_alert,
    faults_of,
    read_alert,
    update_draft,
)
from alerts.composing.senders import sender_names
from alerts.composing.unclear_places import MEANT, settle_places, unclear_places
from alerts.desk.blueprint import blueprint
from alerts.desk.check_page import REACHES_MORE
from alerts.draft import Wording
from alerts.kinds import AlertKind
from alerts.lifecycle import EDITABLE, refuse
from alerts.models import Alert, ReleaseKind, Severity
from alerts.presets.keeping import list_presets
from alerts.presets.models import Preset
from areas.addresses.remarks import remarks
from areas.addresses.search import find_addresses
from areas.search import search_areas
from areas.targets.input import LARGEST_SHAPE
from areas.titles import area_title
from database import session
from staff.access import requires
from staff.actor import current_actor
from staff.permissions import Permission
from staff.unsent_forms import kept, opened_form
from web.http.access import body_limit
from web.http.forms import load_partly, typed_values
from web.http.receipts import receipt
from web.http.sent_forms import once
from web.problems.errors import Problem
from web.texts.cleaning import clean

SUMMARY_FIELDS = ("title_da", "body_da", "title_en", "body_en", "areas", "case_reference", "shape")
FINDER = "q"
"""The field that finds places: what is left in it has not been chosen."""
SHOW = "only_show"
"""The button that only draws the preview anew, for browsers without JavaScript."""
EMPTY = {"when": "now", "where": "areas", "severity": Severity.MODERATE.value}


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What a new alert is begun with: the values of the form, and what they are taken from.

    ``target`` is what the form is filled with: what it leaves out stays left out.
    ``offered_case``: a number that is asked about; ``gaps``: what the texts leave open, each
    with its language;
    ``lost_area``: the prepared area is no longer possible; ``origin``: what the trail says of it.
    """

    values: Callable[[], dict[str, Any]]
    target: Mapping[str, Any] | None = None
    copied: Alert | None = None
    offered_case: str | None = None
    preset: Preset | None = None
    area: Preset | None = None
    lost_area: bool = False
    gaps: Sequence[tuple[str, str]] = ()
    origin: Mapping[str, Any] = field(default_factory=dict)


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
@kept(*SUMMARY_FIELDS)
@once
def compose() -> ResponseReturnValue:
    """Write a new alert."""
    return begin(Beginning(values=lambda: dict(EMPTY)))


@blueprint.route("/<code>/copy", methods=["GET", "POST"])
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
@kept(*SUMMARY_FIELDS)
@once
def copy(code: str) -> ResponseReturnValue:
    """Write a new alert with the text of an earlier one; nothing is stored before it is saved."""
    actor = current_actor()
    alert = read_alert(session, actor, code)
    return begin(
        Beginning(
            values=lambda: copied_values(session, alert),
            target=alert.target,
            copied=alert,
            offered_case=offered_case(session, actor, alert),
            origin={"copied_from": alert.code},
        )
    )


@blueprint.route("/<code>/edit", methods=["GET", "POST"])
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
@kept(*SUMMARY_FIELDS)
def edit(code: str) -> ResponseReturnValue:
    """Change a draft."""
    alert = read_alert(session, current_actor(), code)
    if request.method == "GET" and (written := opened_form()) is not None:
        conflict = None if alert.status in EDITABLE else refuse(alert)
        version = written.get("version")
        return _compose_page(_typed(written), {}, alert, conflict, version=version)
    if request.method == "GET" and alert.status in EDITABLE:
        return _compose_page(form_values(session, alert), {}, alert)
    if request.method == "GET":
        return redirect(url_for("alerts_staff.show", code=code))
    return _keep(alert)


def begin(beginning: Beginning) -> ResponseReturnValue:
    """The form of a new alert, filled in as it begins or as it was typed; or save it."""
    if request.method == "POST":
        return _keep(None, beginning)
    written = opened_form()
    values = beginning.values() if written is None else _typed(written)
    return _compose_page(values, {}, None, beginning=beginning)


def _keep(alert: Alert | None, beginning: Beginning | None = None) -> ResponseReturnValue:
    """Save what was typed as a draft, or show the form again with all that is wrong.

    A draft that a colleague has changed or sent since is left as it is: the form comes back with
    what was typed and what only the colleague changed, and names all that the colleague changed.
    """
    if SHOW in request.form:
        version = request.form.get("version")
        return _compose_page(_typed(request.form), {}, alert, version=version, beginning=beginning)
    actor = current_actor()
    data, wrong = load_partly(ComposeForm())
    data["areas"] = settle_places(data["areas"], request.form)
    data = settle_point(data, request.form)
    draft, errors = read_draft(session, data, wrong)
    errors |= _left_in_finder(data)
    target = alert.target if alert else beginning.target if beginning else None
    draft = with_those_left_out(draft, target or {})
    conflict: Problem | None = None
    code = alert.code if alert else None
    if not errors:
        try:
            seen = seen_fingerprint(request.form.get("version"))
            left_out = bool(target and target.get("left_out_ids"))
            with session.begin_nested():
                kept = (
                    update_draft(session, actor, alert, draft, seen=seen)
                    if alert
                    else draft_alert(session, actor, draft, beginning.origin if beginning else {})
                )
            reaches_more = left_out and not kept.target.get("left_out_ids")
            said = receipt(kept.code, REACHES_MORE) if reaches_more else None
            return redirect(url_for("alerts_staff.check", code=kept.code, said=said))
        except Problem as problem:
            conflict = problem if problem.status == 409 else None
            errors = errors_of(problem, place_field=place_field(draft.target))
    if conflict is None:
        for fault in faults_of(session, actor, draft):
            found = errors_of(fault, place_field=place_field(draft.target))
            # What is already said of a place or a text is not said in other words as well.
            if not (WHERE_FIELDS & found.keys() and _is_about_place(errors)):
                errors = {**found, **errors}
    shown = read_alert(session, actor, code) if code else None
    typed, version = _typed(request.form), request.form.get("version")
    merged = None
    if conflict and shown and shown.status in EDITABLE:
        merged = merge(session, shown, typed, version or "")
        typed, version = merged.values, None
    page = _compose_page(typed, errors, shown, conflict, version, beginning, merged)
    return page, 409 if conflict else 422


def _left_in_finder(data: Mapping[str, Any]) -> Errors:
    """A place that was searched for and not added is not dropped without a word."""
    searched = clean(request.form.get(FINDER, "")).strip()[:80]
    if not searched or data["where"] not in (None, "areas"):
        return {}
    return {
        FINDER: [
            _("»%(place)s« er ikke føjet til områderne. Vælg et forslag, eller slet det.",
              place=searched)
        ]
    }  # fmt: skip


def _is_about_place(errors: Errors) -> bool:
    """Whether something is wrong with where the alert goes."""
    return any(name in WHERE_FIELDS or name.startswith(MEANT) for name in errors)


def _typed(form: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed, with the places that were chosen for unclear ones."""
    values = typed_values(ComposeForm(), form)
    areas = settle_places(values.get("areas", ""), form)
    return {**settle_point(values, form), "areas": areas, FINDER: form.get(FINDER, "")}


def _compose_page(
    values: dict[str, Any],
    errors: Errors,
    alert: Alert | None,
    conflict: Problem | None = None,
    version: str | None = None,
    beginning: Beginning | None = None,
    merged: Merged | None = None,
) -> str:
    """The form. ``version``: what its values were written over, if not what the draft is now."""
    return render_template(
        "alerts/composing/compose.html",
        values=values,
        beginning=beginning,
        presets=list_presets(session, current_actor()) if alert is None else [],
        conflict=conflict,
        merged=merged,
        is_over=alert is not None and alert.status not in EDITABLE,
        is_sent=alert is not None and alert.published_at is not None,
        version=version or (form_version(session, alert) if alert else ""),
        errors=errors,
        unclear=unclear_places(session, values["areas"]) if _is_about_place(errors) else [],
        addresses=offered_addresses(session, values["address"], current_actor().districts)
        if "address" in errors
        else [],
        points=offered_points(session, values) if errors.keys() & WHERE_FIELDS else [],
        labels=LABELS,
        limits=LIMITS,
        alert=alert,
        live=preview_live(session, current_actor(), values),
        most=MAX_SEGMENTS,
        kinds=list(AlertKind),
        appeals=", ".join(str(kind.row.name) for kind in AlertKind if kind.row.asks_for_tips),
        severities=list(Severity),
        opened={
            "english": bool(values.get("title_en") or values.get("body_en")),
        },
    )


@blueprint.get("/places")
@requires(Permission.ALERT_COMPOSE)
def suggest_places() -> str:
    """Places that the first letters may mean, as buttons that add them (htmx)."""
    typed = request.args.get("q", "").strip()
    matches = search_areas(session, typed, limit=6) if len(typed) > 1 else []
    return render_template(
        "alerts/composing/_places.html",
        typed=typed,
        places=[
            (area_title(match.area), match.local_name or match.area.kind.row.name)
            for match in matches
        ],
    )


@blueprint.get("/addresses")
@requires(Permission.ALERT_COMPOSE)
def suggest_addresses() -> str:
    """Addresses that what is typed may mean, as buttons that set the point (htmx)."""
    typed = request.args.get("address", "").strip()
    is_point = is_coordinates(session, typed)
    searched = "" if is_point else typed
    found = find_addresses(session, searched, limit=6, districts=current_actor().districts)
    return render_template(
        "alerts/composing/_addresses.html",
        typed=typed,
        is_point=is_point,
        found=found,
        remarks=remarks,
        spell=spell_number,
    )


@blueprint.post("/live")
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def live() -> str:
    """What arrives on the phone, in the mailbox and on the map, of what is typed (htmx)."""
    return render_template(
        "alerts/composing/_live.html",
        live=preview_live(session, current_actor(), _typed(request.form)),
        most=MAX_SEGMENTS,
    )


@blueprint.post("/count")
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def count() -> str:
    """The length of the SMS, counted by the code that composes it (htmx)."""
    language = "en" if request.args.get("language") == "en" else "da"
    form = request.form
    kind = form.get("kind", "")
    parts = MessageParts(
        code=EXAMPLE_CODE,
        kind=AlertKind(kind) if kind in set(AlertKind) else AlertKind.AREA_ALERT,
        severity=Severity.MODERATE,
        release=ReleaseKind.INITIAL,
        case_reference=form.get("case_reference", "").strip()[:40] or None,
        senders=sender_names(session, current_actor().districts),
        places={},
        expires_at=None,
        texts={
            language: Wording(
                clean(form.get(f"title_{language}", "")).strip(),
                clean(form.get(f"body_{language}", "")).strip(),
            )
        },
    )
    return render_template(
        "alerts/composing/_count.html", counted=count_sms(parts, language), most=MAX_SEGMENTS
    )
