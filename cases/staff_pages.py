"""The administrators' pages for correcting a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import Schema

from cases.correction import (
    change_districts,
    change_reference,
    find_to_correct,
    history_of,
    move_appeal,
)
from cases.errors import InvalidCorrection
from cases.hooks import count_tips
from cases.journal_prefixes import district_names
from cases.lookup import any_case
from cases.models import Case
from cases.schemas import DistrictsSchema, MoveAppealSchema, ReferenceSchema
from cases.state_names import CASE_STATUS_NAMES, CHANGE_NAMES
from database import session
from staff.access import requires
from staff.actor import current_actor
from staff.districts import list_districts
from staff.permissions import Permission
from web.http.forms import Errors, load_form, typed_values
from web.problems.errors import Invalid

blueprint = Blueprint(
    "cases_staff", __name__, url_prefix="/staff/case-corrections", template_folder="templates"
)


@blueprint.get("")
@requires(Permission.CASE_CORRECT)
def search() -> ResponseReturnValue:
    """Find the case to correct by its number."""
    typed = request.args.get("reference", "").strip()[:40]
    found: list[Case] = []
    errors: Errors = {}
    if typed:
        try:
            found = find_to_correct(session, typed)
        except InvalidCorrection as error:
            errors = error.fields
    rows = [
        {"case": case, "districts": district_names(session, case.district_codes)} for case in found
    ]
    page = render_template("cases/search.html", typed=typed, rows=rows, errors=errors)
    return page, 422 if errors else 200


@blueprint.get("/<int:case_id>")
@requires(Permission.CASE_CORRECT)
def show(case_id: int) -> str:
    """One case: what belongs to it, its corrections, and what can be corrected."""
    case = any_case(session, case_id)
    return render_template(
        "cases/correct.html",
        case=case,
        tips=count_tips(session, case.id),
        district_names=district_names(session, case.district_codes),
        history=history_of(session, case),
        status_names=CASE_STATUS_NAMES,
        change_names=CHANGE_NAMES,
    )


@blueprint.get("/<int:case_id>/reference")
@requires(Permission.CASE_CORRECT)
def edit_reference(case_id: int) -> str:
    """The form to change the case's number."""
    return _form(_reference_form(case_id), {}, {})


@blueprint.post("/<int:case_id>/reference")
@requires(Permission.CASE_CORRECT)
def set_reference(case_id: int) -> ResponseReturnValue:
    """Change the case's number."""
    return _correct(
        _reference_form(case_id),
        lambda data: change_reference(session, current_actor(), case_id, **data),
    )


@blueprint.get("/<int:case_id>/districts")
@requires(Permission.CASE_CORRECT)
def edit_districts(case_id: int) -> str:
    """The form to change the case's police districts."""
    form = _districts_form(case_id)
    return _form(form, {"districts": sorted(form.case.district_codes)}, {})


@blueprint.post("/<int:case_id>/districts")
@requires(Permission.CASE_CORRECT)
def set_districts(case_id: int) -> ResponseReturnValue:
    """Change the case's police districts."""
    return _correct(
        _districts_form(case_id),
        lambda data: change_districts(session, current_actor(), case_id, **data),
    )


@blueprint.get("/<int:case_id>/appeals/<alert_code>")
@requires(Permission.CASE_CORRECT)
def edit_appeal(case_id: int, alert_code: str) -> str:
    """The form to move an appeal."""
    form = _appeal_form(case_id, alert_code)
    return _form(form, {"districts": sorted(form.case.district_codes)}, {})


@blueprint.post("/<int:case_id>/appeals/<alert_code>")
@requires(Permission.CASE_CORRECT)
def move(case_id: int, alert_code: str) -> ResponseReturnValue:
    """Move an appeal to another case."""
    return _correct(
        _appeal_form(case_id, alert_code),
        lambda data: move_appeal(session, current_actor(), alert_code, **data),
    )


@dataclass(frozen=True)
class Form:
    """One of the three forms: the case, its heading, its schema and a hint."""

    case: Case
    heading: str
    schema: Schema
    hint: str = ""


def _reference_form(case_id: int) -> Form:
    return Form(any_case(session, case_id), _("Ret nummeret"), ReferenceSchema())


def _districts_form(case_id: int) -> Form:
    return Form(
        any_case(session, case_id), _("Ret politikredsene"), DistrictsSchema(),
        _("Kun efterforskere i sagens kredse kan se dens tips."),
    )  # fmt: skip


def _appeal_form(case_id: int, alert_code: str) -> Form:
    return Form(
        any_case(session, case_id),
        _("Flyt varslet %(code)s", code=alert_code),
        MoveAppealSchema(),
        _("Tips, der kom på varslet, flyttes med. Findes sagen ikke i kredsen, oprettes den."),
    )


def _correct(form: Form, change: Callable[[dict[str, Any]], Case]) -> ResponseReturnValue:
    data, errors = load_form(form.schema)
    if not errors:
        try:
            case = change(data)
        except Invalid as error:
            errors = error.fields
        else:
            flash(_("Sagen er rettet."))
            return redirect(url_for("cases_staff.show", case_id=case.id), 303)
    return _form(form, typed_values(form.schema), errors), 422


def _form(form: Form, values: dict[str, Any], errors: Errors) -> str:
    return render_template(
        "cases/form.html",
        form=form,
        names=form.schema.load_fields,
        districts=list_districts(session),
        values=values,
        errors=errors,
    )
