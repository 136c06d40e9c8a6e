"""Investigators' pages: cases, the inbox of a case, one tip, the unassigned queue."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE

from cases.lookup import find_case
from cases.opening import close_case, reopen_case
from cases.state_names import CASE_STATUS_NAMES
from database import session, writes
from staff.access import requires
from staff.actor import current_actor
from staff.permissions import Permission
from tips.case_lists import count_unassigned, list_cases
from tips.errors import InvalidMove
from tips.inbox import list_tips, list_unassigned, next_new_tip, read_tip, search_tips
from tips.review import mark_tip, move_tip, release_tip, take_tip
from tips.schemas import MarkSchema, MoveSchema, SearchSchema, TipFilterSchema
from tips.state_names import (
    CHANNEL_NAMES,
    EVENT_NAMES,
    PLACEMENT_NAMES,
    STATUS_KINDS,
    STATUS_NAMES,
)
from web.http.forms import Errors, load_form, typed_values

blueprint = Blueprint("tips_staff", __name__, url_prefix="/staff", template_folder="templates")


@blueprint.context_processor
def names() -> dict[str, object]:
    """The names that this room's templates use."""
    return {
        "case_status_names": CASE_STATUS_NAMES,
        "channel_names": CHANNEL_NAMES,
        "event_names": EVENT_NAMES,
        "placement_names": PLACEMENT_NAMES,
        "status_kinds": STATUS_KINDS,
        "status_names": STATUS_NAMES,
    }


@blueprint.get("/cases")
@requires(Permission.TIP_READ)
def cases() -> ResponseReturnValue:
    """The cases of the actor's districts."""
    actor = current_actor()
    text = request.args.get("q", "")[:100]
    return render_template(
        "tips/cases.html",
        rows=list_cases(session, actor, text),
        text=text,
        unassigned=count_unassigned(session, actor),
    )


@blueprint.get("/cases/<int:case_id>")
@writes
@requires(Permission.TIP_READ)
def show_case(case_id: int) -> ResponseReturnValue:
    """The inbox of a case."""
    actor = current_actor()
    case = find_case(session, actor, case_id)
    wanted, errors = load_form(TipFilterSchema(unknown=EXCLUDE), request.args)
    if errors:
        return redirect(url_for("tips_staff.show_case", case_id=case_id))
    number = request.args.get("page", 1, type=int)
    page = list_tips(session, actor, case, wanted, number)
    kept = {name: value for name, value in request.args.items() if name != "page" and value}
    return render_template(
        "tips/case.html", case=case, page=page, wanted=wanted, kept=kept, words=""
    )


@blueprint.post("/cases/<int:case_id>/search")
@requires(Permission.TIP_READ)
def search(case_id: int) -> ResponseReturnValue:
    """Search the tips of a case. By POST, so that the words are not in a URL or a log."""
    actor = current_actor()
    case = find_case(session, actor, case_id)
    wanted, errors = load_form(SearchSchema())
    words = typed_values(SearchSchema()).get("words", "")
    if not errors and not wanted["words"]:
        return redirect(url_for("tips_staff.show_case", case_id=case_id), 303)
    page = None if errors else search_tips(session, actor, case, wanted["words"])
    shown = render_template("tips/search.html", case=case, page=page, words=words, errors=errors)
    return shown, 422 if errors else 200


@blueprint.post("/cases/<int:case_id>/status")
@requires(Permission.TIP_REVIEW)
def set_case_status(case_id: int) -> ResponseReturnValue:
    """Close or reopen a case."""
    change = close_case if request.form.get("status") == "closed" else reopen_case
    change(session, current_actor(), case_id)
    return redirect(url_for("tips_staff.show_case", case_id=case_id), 303)


@blueprint.get("/tips/unassigned")
@writes
@requires(Permission.TIP_READ)
def unassigned() -> ResponseReturnValue:
    """The queue of tips without a case."""
    page = list_unassigned(session, current_actor(), request.args.get("page", 1, type=int))
    return render_template("tips/unassigned.html", page=page)


@blueprint.get("/tips/<int:tip_id>")
@writes
@requires(Permission.TIP_READ)
def show_tip(tip_id: int) -> ResponseReturnValue:
    """One tip in full."""
    return _tip_page(tip_id)


@blueprint.post("/tips/<int:tip_id>/mark")
@requires(Permission.TIP_REVIEW)
def mark(tip_id: int) -> ResponseReturnValue:
    """Mark a tip; then go on to the next new one of its case, or back to the tip."""
    data, errors = load_form(MarkSchema())
    if errors:
        return _tip_page(tip_id, errors, typed_values(MarkSchema())), 422
    tip = mark_tip(session, current_actor(), tip_id, data["status"], data["note"])
    if tip.case_id is None:
        return redirect(url_for("tips_staff.show_tip", tip_id=tip_id), 303)
    following = next_new_tip(session, tip.case_id)
    if following is None:
        return redirect(url_for("tips_staff.show_case", case_id=tip.case_id), 303)
    return redirect(url_for("tips_staff.show_tip", tip_id=following, after=tip_id), 303)


@blueprint.post("/tips/<int:tip_id>/move")
@requires(Permission.TIP_MOVE)
def move(tip_id: int) -> ResponseReturnValue:
    """Move a tip to the given case."""
    data, errors = load_form(MoveSchema())
    if not errors:
        try:
            move_tip(session, current_actor(), tip_id, data["reference"], data["reason"])
        except InvalidMove as error:
            errors = error.fields
    if errors:
        return _tip_page(tip_id, errors, typed_values(MoveSchema())), 422
    return redirect(url_for("tips_staff.show_tip", tip_id=tip_id), 303)


@blueprint.post("/tips/<int:tip_id>/take")
@requires(Permission.TIP_REVIEW)
def take(tip_id: int) -> ResponseReturnValue:
    """Assign this tip to the actor."""
    take_tip(session, current_actor(), tip_id)
    return redirect(url_for("tips_staff.show_tip", tip_id=tip_id), 303)


@blueprint.post("/tips/<int:tip_id>/release")
@requires(Permission.TIP_REVIEW)
def release(tip_id: int) -> ResponseReturnValue:
    """Unassign this tip."""
    release_tip(session, current_actor(), tip_id)
    return redirect(url_for("tips_staff.show_tip", tip_id=tip_id), 303)


def _tip_page(
    tip_id: int, errors: Errors | None = None, values: dict[str, str] | None = None
) -> str:
    actor = current_actor()
    return render_template(
        "tips/tip.html",
        reading=read_tip(session, actor, tip_id),
        actor=actor,
        may_move=actor.may(Permission.TIP_MOVE),
        may_review=actor.may(Permission.TIP_REVIEW),
        errors=errors or {},
        values=values or {},
        marked=request.args.get("after", type=int),
    )
