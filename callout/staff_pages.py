"""The page on which members of staff say at which phone they are reached."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from callout.phones import (
    TooManyCodes,
    WrongCode,
    ask_for_code,
    confirm_phone,
    forget_phone,
    hint_of,
    phone_of,
)
from callout.schemas import CodeForm, NumberForm
from database import session
from staff.actor import Actor, current_actor
from staff.profile_rows import Row
from web.http.access import signed_in
from web.http.forms import load_form, typed_values
from web.http.receipts import read_receipt, receipt

blueprint = Blueprint(
    "callout_staff", __name__, url_prefix="/staff/phone", template_folder="templates"
)

LABELS = {"number": _l("Dit mobilnummer"), "code": _l("Koden fra sms'en")}
DELETED = "deleted"

Errors = dict[str, list[str]]


@blueprint.get("")
@signed_in
def phone() -> str:
    """The phone that is known, and the form for another one."""
    said = read_receipt("callout_staff.phone", request.args.get("said", ""))
    return _page(is_deleted=said == DELETED)


@blueprint.post("")
@signed_in
def save_number() -> ResponseReturnValue:
    """Send a code to the number in the form."""
    data, errors = load_form(NumberForm())
    if errors:
        return _page(errors, typed_values(NumberForm())), 422
    try:
        ask_for_code(session, current_actor(), data["number"])
    except TooManyCodes as problem:
        return _page({"number": [str(problem.detail)]}, typed_values(NumberForm())), 429
    return redirect(url_for("callout_staff.phone"))


@blueprint.post("/code")
@signed_in
def check_code() -> ResponseReturnValue:
    """Confirm the phone with the code in the form."""
    data, errors = load_form(CodeForm())
    if not errors:
        try:
            confirm_phone(session, current_actor(), data["code"])
        except WrongCode as problem:
            known = phone_of(session, current_actor().staff_id)
            errors = {"code" if known else "number": [str(problem.detail)]}
        else:
            return redirect(url_for("callout_staff.phone"))
    return _page(errors, typed_values(CodeForm())), 422


@blueprint.post("/delete")
@signed_in
def delete() -> ResponseReturnValue:
    """Forget the phone."""
    forget_phone(session, current_actor())
    return redirect(url_for("callout_staff.phone", said=receipt("callout_staff.phone", DELETED)))


def profile_row(session: Session, actor: Actor) -> Row:
    """What one's profile says about the phone."""
    known = phone_of(session, actor.staff_id)
    if known is None:
        said = _("Intet nummer: du kan ikke få prøver og tilkald på sms")
    elif known.confirmed_at is None:
        said = _("Venter på koden fra sms'en")
    else:
        said = hint_of(known)
    return _("Mobil"), said, url_for("callout_staff.phone"), _("Skift") if known else _("Tilføj")


def _page(
    errors: Errors | None = None,
    values: dict[str, Any] | None = None,
    *,
    is_deleted: bool = False,
) -> str:
    known = phone_of(session, current_actor().staff_id)
    return render_template(
        "callout/phone.html",
        known=known,
        hint=hint_of(known) if known else "",
        errors=errors or {},
        values=values or {},
        labels=LABELS,
        is_deleted=is_deleted,
    )
