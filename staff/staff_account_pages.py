"""The administrators' pages for managing accounts."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from database import session
from staff.access import requires
from staff.accounts import (
    EmailTaken,
    activate_staff,
    change_staff,
    create_staff,
    deactivate_staff,
    get_staff,
    list_staff,
    reset_password,
    reset_second_factor,
)
from staff.actor import current_actor
from staff.districts import check_districts, list_districts
from staff.models import Staff
from staff.permissions import Permission, Role, needs_districts
from staff.schemas import AccountSchema
from staff.sign_in.passwords import temporary_password
from staff.staff_pages import blueprint
from web.http.forms import Errors, load_form, typed_values
from web.problems.errors import Invalid

__all__ = ["blueprint"]


@blueprint.get("/accounts")
@requires(Permission.STAFF_MANAGE)
def accounts() -> str:
    """All accounts, including deactivated ones."""
    return render_template(
        "staff/accounts.html",
        accounts=list_staff(session),
        district_names=dict(list_districts(session)),
    )


@blueprint.get("/accounts/new")
@requires(Permission.STAFF_MANAGE, fresh=True)
def new_account() -> str:
    """The form for a new account."""
    return _form(None, {}, {})


@blueprint.post("/accounts/new")
@requires(Permission.STAFF_MANAGE, fresh=True)
def create_account() -> ResponseReturnValue:
    """Create an account; the response shows its temporary password, once."""
    wanted, errors = _load_account()
    if errors:
        return _form(None, _typed(), errors), 422
    password = temporary_password()
    try:
        staff = create_staff(
            session, **wanted, password=password, must_change_password=True, actor=current_actor()
        )
    except EmailTaken as taken:
        return _form(None, _typed(), taken.fields), 422
    return render_template("staff/temporary_password.html", account=staff, password=password), 201


@blueprint.get("/accounts/<int:staff_id>")
@requires(Permission.STAFF_MANAGE, fresh=True)
def account(staff_id: int) -> str:
    """The form to change one account."""
    staff = get_staff(session, staff_id)
    values = {
        "name": staff.name,
        "email": staff.email,
        "roles": sorted(staff.role_set),
        "districts": sorted(staff.district_codes),
    }
    return _form(staff, values, {})


@blueprint.post("/accounts/<int:staff_id>")
@requires(Permission.STAFF_MANAGE, fresh=True)
def change_account(staff_id: int) -> ResponseReturnValue:
    """Change name, e-mail, roles and districts."""
    staff = get_staff(session, staff_id)
    wanted, errors = _load_account(is_own=staff_id == current_actor().staff_id)
    if errors:
        return _form(staff, _typed(), errors), 422
    try:
        change_staff(session, current_actor(), staff, **wanted)
    except EmailTaken as taken:
        return _form(staff, _typed(), taken.fields), 422
    flash(_("Ændringerne er gemt og gælder med det samme."))
    return redirect(url_for("staff.accounts"))


@blueprint.post("/accounts/<int:staff_id>/deactivate")
@requires(Permission.STAFF_MANAGE, fresh=True)
def deactivate_account(staff_id: int) -> ResponseReturnValue:
    """Revoke a person's access."""
    staff = get_staff(session, staff_id)
    deactivate_staff(session, current_actor(), staff)
    flash(_("%(name)s har ikke længere adgang.", name=staff.name))
    return redirect(url_for("staff.accounts"))


@blueprint.post("/accounts/<int:staff_id>/activate")
@requires(Permission.STAFF_MANAGE, fresh=True)
def activate_account(staff_id: int) -> ResponseReturnValue:
    """Reactivate an account, with a temporary password."""
    staff = get_staff(session, staff_id)
    password = activate_staff(session, current_actor(), staff)
    return render_template("staff/temporary_password.html", account=staff, password=password)


@blueprint.post("/accounts/<int:staff_id>/password")
@requires(Permission.STAFF_MANAGE, fresh=True)
def reset_account_password(staff_id: int) -> ResponseReturnValue:
    """Give a person who forgot their password a temporary one."""
    staff = get_staff(session, staff_id)
    password = reset_password(session, current_actor(), staff)
    return render_template("staff/temporary_password.html", account=staff, password=password)


@blueprint.post("/accounts/<int:staff_id>/second-factor")
@requires(Permission.STAFF_MANAGE, fresh=True)
def reset_account_second_factor(staff_id: int) -> ResponseReturnValue:
    """Let a person who lost their phone set up a new one."""
    staff = get_staff(session, staff_id)
    reset_second_factor(session, current_actor(), staff)
    flash(_("%(name)s sætter en ny app op ved næste login.", name=staff.name))
    return redirect(url_for("staff.accounts"))


def _load_account(*, is_own: bool = False) -> tuple[dict[str, Any], Errors]:
    """The account of the form. Nobody can give themselves a district, nor is asked to."""
    wanted, errors = load_form(AccountSchema(), _submitted())
    if not errors and not is_own and needs_districts(wanted["roles"]) and not wanted["districts"]:
        errors = {"districts": [_("Vælg mindst én politikreds til en betjent eller efterforsker.")]}
    if not errors:
        try:
            check_districts(session, wanted["districts"])
        except Invalid as unknown:
            errors = unknown.fields
    return wanted, errors


def _submitted() -> MultiDict[str, str]:
    """The submitted form; districts typed as "0900, 1900" are split into several values."""
    form = MultiDict(request.form)
    typed = form.poplist("districts")
    form.setlist("districts", [code for text in typed for code in text.replace(",", " ").split()])
    return form


def _typed() -> dict[str, Any]:
    return typed_values(AccountSchema(), _submitted())


def _form(staff: Staff | None, values: dict[str, Any], errors: Errors) -> str:
    return render_template(
        "staff/account.html",
        account=staff,
        values=values,
        errors=errors,
        roles=[(role.value, role.row.name) for role in Role],
        districts=list_districts(session),
        is_self=staff is not None and staff.id == current_actor().staff_id,
    )
