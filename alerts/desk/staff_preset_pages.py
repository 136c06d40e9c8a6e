"""Templates and saved areas: the list, their form, deleting one, and alerts begun with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from alerts.composing.forms import LIMITS, Errors, errors_of, form_values
from alerts.composing.rules import find_gaps
from alerts.composing.saving import read_alert
from alerts.composing.unclear_places import MEANT, settle_places, unclear_places
from alerts.desk.blueprint import blueprint
from alerts.desk.staff_compose_pages import EMPTY, SUMMARY_FIELDS, Beginning, begin
from alerts.errors import PresetNotFound
from alerts.kinds import AlertKind
from alerts.models import Severity
from alerts.presets.content import PresetContent
from alerts.presets.forms import (
    PRESET_FIELD_OF,
    PRESET_LABELS,
    PresetForm,
    preset_values,
    read_preset_form,
    values_from,
)
from alerts.presets.keeping import (
    change_preset,
    create_preset,
    delete_preset,
    find_preset,
    list_presets,
)
from alerts.presets.models import Preset
from areas.errors import TargetError
from areas.lookup import district_names
from areas.targets.descriptions import describe_target
from areas.targets.input import LARGEST_SHAPE
from areas.targets.target import Target
from database import session
from staff.access import requires
from staff.actor import current_actor
from staff.permissions import Permission
from staff.unsent_forms import kept, opened_form
from web.http.access import body_limit
from web.http.forms import load_partly, typed_values
from web.http.row_ids import LARGEST_ID
from web.http.sent_forms import once
from web.problems.errors import Problem

KEPT_FIELDS = ("name", "title_da", "body_da", "title_en", "body_en", "areas")


@blueprint.get("/presets")
@requires(Permission.ALERT_COMPOSE)
def presets() -> str:
    """The templates and saved areas of the officer's districts."""
    actor = current_actor()
    found = list_presets(session, actor)
    return render_template(
        "alerts/presets/list.html",
        presets=found,
        districts=district_names(session, actor.districts),
        places={preset.id: _place(preset.target) for preset in found},
    )


@blueprint.route("/presets/new", methods=["GET", "POST"], defaults={"is_area": False})
@blueprint.route("/presets/new-area", methods=["GET", "POST"], defaults={"is_area": True})
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
@kept(*KEPT_FIELDS)
@once
def new_preset(is_area: bool) -> ResponseReturnValue:
    """Prepare a template or an area, from nothing."""
    own = sorted(current_actor().districts)
    values = {
        "district": own[0] if len(own) == 1 else "",
        "severity": Severity.MODERATE.value,
        "place": "areas" if is_area else "each_time",
    }
    return _write(values, None, is_area=is_area)


@blueprint.route("/<code>/preset", methods=["GET", "POST"], defaults={"is_area": False})
@blueprint.route("/<code>/saved-area", methods=["GET", "POST"], defaults={"is_area": True})
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
@kept(*KEPT_FIELDS)
@once
def preset_from(code: str, is_area: bool) -> ResponseReturnValue:
    """Prepare a template with the text of an alert, or keep the area of one."""
    actor = current_actor()
    alert = read_alert(session, actor, code)
    own = sorted(actor.districts & set(alert.district_codes))
    return _write(values_from(alert, own, is_area=is_area), alert.target, is_area=is_area)


@blueprint.route("/presets/<int:preset_id>/edit", methods=["GET", "POST"])
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
@kept(*KEPT_FIELDS)
def edit_preset(preset_id: int) -> ResponseReturnValue:
    """Change a template or a saved area."""
    try:
        preset = find_preset(session, current_actor(), preset_id)
    except PresetNotFound:
        written = request.form if request.method == "POST" else opened_form()
        if written is None:
            raise
        return _write_again(written)
    values = {**preset_values(PresetContent.of(preset)), "version": preset.version}
    return _write(values, preset.target, is_area=preset.is_area, preset=preset)


@blueprint.route("/presets/<int:preset_id>/delete", methods=["GET", "POST"])
@requires(Permission.ALERT_COMPOSE)
def remove_preset(preset_id: int) -> ResponseReturnValue:
    """Delete a template or a saved area, after a confirmation."""
    actor = current_actor()
    preset = find_preset(session, actor, preset_id)
    if request.method == "POST":
        delete_preset(session, actor, preset)
        return redirect(url_for("alerts_staff.presets"))
    return render_template("alerts/presets/delete.html", preset=preset, place=_place(preset.target))


@blueprint.route("/presets/<int:preset_id>/alert", methods=["GET", "POST"])
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
@kept(*SUMMARY_FIELDS)
@once
def begin_with(preset_id: int) -> ResponseReturnValue:
    """Write a new alert, begun with a template or a saved area, or with one of each."""
    preset = _still_there(preset_id)
    area = _still_there(request.args.get("area", type=int)) if preset else None
    if preset is None:
        return begin(Beginning(values=lambda: dict(EMPTY)))
    values, lost = _begun(preset, area)
    return begin(
        Beginning(
            values=lambda: values,
            target=None if lost else area.target if area else preset.target,
            preset=preset,
            area=area if area and not lost else None,
            lost_area=lost,
            gaps=[
                (gap, language)
                for language, wording in preset.texts.items()
                for gap in find_gaps(wording.values())
            ],
            origin={"preset": preset.id},
        )
    )


def _still_there(preset_id: int | None) -> Preset | None:
    """A preset; None if it is gone while somebody is writing, who must not lose the words."""
    if preset_id is None:
        return None
    try:
        return find_preset(session, current_actor(), min(preset_id, LARGEST_ID))
    except PresetNotFound:
        if request.method == "GET" and opened_form() is None:
            raise
        return None


def _begun(preset: Preset, area: Preset | None) -> tuple[dict[str, Any], bool]:
    """The form of an alert begun with a preset, and whether its area is no longer possible."""
    content = PresetContent.of(preset)
    target = area.target if area else content.target
    lost = False
    try:
        draft = content.as_draft(session, target)
    except TargetError:
        draft, lost = content.as_draft(session, None), True
    values = form_values(session, draft)
    return {**values, **({"kind": ""} if preset.is_area else {})}, lost


def _write_again(written: MultiDict[str, str]) -> ResponseReturnValue:
    """What was written in one that somebody has deleted since: saved once more, it is a new one."""
    is_area = "kind" not in written
    if request.method == "POST" and "version" not in written:
        return _write({}, None, is_area=is_area)
    said = _("En anden har slettet den, mens du skrev. Gemmer du nu, bliver den lavet igen.")
    values = typed_values(PresetForm(), written)
    page = _form_page(values, {"_schema": [said]}, None, is_area=is_area, preset=None)
    return page, 409


def _write(
    values: Mapping[str, Any],
    target: Mapping[str, Any] | None,
    *,
    is_area: bool,
    preset: Preset | None = None,
) -> ResponseReturnValue:
    """The form, as it begins or as it was typed; or save it.

    ``target`` is what the form was opened with: it can be kept.
    """
    if request.method == "GET":
        written = opened_form()
        shown = values if written is None else typed_values(PresetForm(), written)
        return _form_page(shown, {}, target, is_area=is_area, preset=preset)
    actor = current_actor()
    data, wrong = load_partly(PresetForm())
    data["areas"] = settle_places(data.get("areas") or "", request.form)
    content, errors = read_preset_form(session, data, wrong, is_area=is_area, kept=target)
    conflict: Problem | None = None
    if not errors:
        try:
            with session.begin_nested():
                if preset is None:
                    create_preset(session, actor, content)
                else:
                    change_preset(session, actor, preset, content, seen=data.get("version"))
            return redirect(url_for("alerts_staff.presets"))
        except PresetNotFound:
            raise
        except Problem as problem:
            conflict = problem if problem.status == 409 else None
            errors = {} if conflict else errors_of(problem, PRESET_FIELD_OF)
    typed = typed_values(PresetForm())
    typed["areas"] = data["areas"]
    page = _form_page(typed, errors, target, is_area=is_area, preset=preset, conflict=conflict)
    return page, conflict.status if conflict else 422


def _form_page(
    values: Mapping[str, Any],
    errors: Errors,
    target: Mapping[str, Any] | None,
    *,
    is_area: bool,
    preset: Preset | None,
    conflict: Problem | None = None,
) -> str:
    is_unclear = "areas" in errors or any(name.startswith(MEANT) for name in errors)
    return render_template(
        "alerts/presets/form.html",
        values=values,
        errors=errors,
        is_area=is_area,
        preset=preset,
        conflict=conflict,
        version=preset.version if preset and conflict else values.get("version"),
        theirs=PresetContent.of(preset) if preset and conflict else None,
        kept_place=_place(target),
        unclear=unclear_places(session, values.get("areas", "")) if is_unclear else [],
        districts=sorted(
            district_names(session, current_actor().districts).items(), key=lambda one: one[1]
        ),
        kinds=list(AlertKind),
        severities=list(Severity),
        labels=PRESET_LABELS,
        limits=LIMITS,
    )


def _place(target: Mapping[str, Any] | None) -> str:
    """A target in words; nothing if there is none."""
    return describe_target(session, Target.from_json(dict(target))) if target else ""
