"""Investigators' pages: cases, the inbox of a case, one tip, the unassigned queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import EXCLUDE

from cases.lookup import find_case
from cases.opening import close_case, confirm_case, reopen_case
from cases.state_names import CASE_STATUS_NAMES
from database import session, writes
from staff.access import requires
from staff.actor import Actor, current_actor
from staff.permissions import Permission
from tips.case_lists import count_unassigned, count_unjudged, count_waiting, list_cases
from tips.errors import InvalidMove
from tips.inbox import (
    TipFilter,
    find_tip,
    list_tips,
    list_unassigned,
    next_new_tip,
    read_tip,
    search_tips,
)
from tips.models import Tip
from tips.quiet_cases import quiet_cases
from tips.retention import kept_until
from tips.review import mark_tip, move_tip, note_tip, release_tip, set_urgency, take_tip
from tips.schemas import (
    MarkSchema,
    MoveSchema,
    NoteSchema,
    SearchSchema,
    StepSchema,
    TipFilterSchema,
)
from tips.state_names import (
    CHANNEL_NAMES,
    EVENT_NAMES,
    PLACEMENT_NAMES,
    STATUS_KINDS,
    STATUS_NAMES,
)
from web.http.forms import Errors, load_form, typed_values
from web.http.receipts import read_receipt, receipt
from web.http.sent_forms import is_first

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
    only_quiet = request.args.get("quiet") == "true"
    return render_template(
        "tips/cases.html",
        rows=list_cases(session, actor, text, only_quiet=only_quiet),
        text=text,
        only_quiet=only_quiet,
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
    kept = {name: value for name, value in _open_list().items() if name != "page"}
    return render_template(
        "tips/case.html",
        case=case,
        kept_until=kept_until(case),
        is_quiet=case.id in quiet_cases(session, actor),
        waiting_late=count_waiting(session, case.id) if case.closed_at else 0,
        page=page,
        wanted=wanted,
        kept=kept,
        here=_open_list(),
        words="",
    )


def _open_list() -> dict[str, Any]:
    """The list that a tip is read from, as the URLs of its pages carry it: filters and page."""
    names = (*TipFilterSchema().fields, "page")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _open_filter() -> TipFilter:
    """The filter of that list. One that is not understood is none."""
    wanted, errors = load_form(TipFilterSchema(unknown=EXCLUDE), request.args)
    return TipFilter() if errors else wanted


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
    """Close or reopen a case, or say that it is still worked on.

    Closing one with tips that nobody has judged asks first.
    """
    actor = current_actor()
    status = request.form.get("status")
    closes = status == "closed"
    if closes and request.form.get("sure") != "true":
        case = find_case(session, actor, case_id)
        new, opened, urgent = count_unjudged(session, case.id)
        if new or opened:
            return render_template(
                "tips/close_case.html", case=case, new=new, opened=opened, urgent=urgent
            )
    change = close_case if closes else confirm_case if status == "confirmed" else reopen_case
    change(session, actor, case_id)
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
        return _tip_page(tip_id, errors), 422
    note = _unsaved(tip_id, data["note"])
    tip = mark_tip(session, current_actor(), tip_id, data["status"], note)
    if tip.case is None:
        return _back_to(tip_id)
    following = next_new_tip(session, tip.case, _open_filter())
    if following is None:
        return _list_of(tip)
    return _back_to(following, f"marked {tip_id}")


def _back_to(tip_id: int, said: str = "") -> ResponseReturnValue:
    """The page of a tip, in the list that was open; ``said``: what was done to which other one."""
    told = receipt(f"tip {tip_id}", said) if said else None
    place = url_for("tips_staff.show_tip", tip_id=tip_id, said=told, **_open_list())
    return redirect(place, 303)


def _list_of(tip: Tip) -> ResponseReturnValue:
    """The list that was open, from which this tip was read."""
    if tip.case_id is None:
        return redirect(url_for("tips_staff.unassigned", **_open_list()), 303)
    return redirect(url_for("tips_staff.show_case", case_id=tip.case_id, **_open_list()), 303)


@blueprint.post("/tips/<int:tip_id>/step")
@requires(Permission.TIP_REVIEW)
def step(tip_id: int) -> ResponseReturnValue:
    """Write down the note and go on to the tip ``to``, or back to the list.

    A case number or a reason that was typed is no note, and nothing is moved by going on: the
    page is shown again, with both.
    """
    tip = find_tip(session, current_actor(), tip_id)
    data, errors = load_form(StepSchema())
    if not errors and (data["reason"] or data["reference"] not in ("", _suggested(tip))):
        errors = {"reference": [_("Tippet er ikke flyttet. Flyt det, eller ryd felterne, først.")]}
    if errors:
        return _tip_page(tip_id, errors), 422
    _write_note(tip_id, data["note"])
    if data["to"] is None:
        return _list_of(tip)
    return _back_to(data["to"], f"noted {tip_id}" if data["note"] else "")


def _suggested(tip: Tip) -> str:
    """The case number that the form for moving a tip begins with."""
    return (tip.stated_reference or "") if tip.case_id is None else ""


@blueprint.post("/tips/<int:tip_id>/move")
@requires(Permission.TIP_MOVE)
def move(tip_id: int) -> ResponseReturnValue:
    """Move a tip to the given case."""
    data, errors = load_form(MoveSchema())
    if errors:
        return _tip_page(tip_id, errors), 422
    return _with_note(
        tip_id, lambda actor: move_tip(session, actor, tip_id, data["reference"], data["reason"])
    )


def _with_note(tip_id: int, change: Callable[[Actor], object]) -> ResponseReturnValue:
    """Change a tip and write down the note of the same form; on an error, show both again."""
    data, errors = load_form(NoteSchema())
    if not errors:
        try:
            change(current_actor())
        except InvalidMove as error:
            errors = error.fields
    if errors:
        return _tip_page(tip_id, errors), 422
    _write_note(tip_id, data["note"])
    return _back_to(tip_id)


def _write_note(tip_id: int, note: str | None) -> None:
    if unsaved := _unsaved(tip_id, note):
        note_tip(session, current_actor(), tip_id, unsaved)


def _unsaved(tip_id: int, note: str | None) -> str | None:
    """The note, unless the same page has sent it before: by Back, a reload, or another button."""
    return note if note and is_first(f"note on tip {tip_id}", note) else None


@blueprint.post("/tips/<int:tip_id>/take")
@requires(Permission.TIP_REVIEW)
def take(tip_id: int) -> ResponseReturnValue:
    """Assign this tip to the actor."""
    return _with_note(tip_id, lambda actor: take_tip(session, actor, tip_id))


@blueprint.post("/tips/<int:tip_id>/release")
@requires(Permission.TIP_REVIEW)
def release(tip_id: int) -> ResponseReturnValue:
    """Unassign this tip."""
    return _with_note(tip_id, lambda actor: release_tip(session, actor, tip_id))


@blueprint.post("/tips/<int:tip_id>/urgency")
@requires(Permission.TIP_REVIEW)
def change_urgency(tip_id: int) -> ResponseReturnValue:
    """Say that a tip is urgent, or that it isn't."""
    urgent = request.form.get("urgent") == "true"
    return _with_note(tip_id, lambda actor: set_urgency(session, actor, tip_id, urgent))


def _tip_page(tip_id: int, errors: Errors | None = None) -> str:
    """The page of a tip; after an error, with all that was typed in its one form."""
    actor = current_actor()
    reading = read_tip(session, actor, tip_id, _open_filter())
    done, _space, other = read_receipt(f"tip {tip_id}", request.args.get("said", "")).partition(" ")
    return render_template(
        "tips/tip.html",
        reading=reading,
        actor=actor,
        may_move=actor.may(Permission.TIP_MOVE),
        may_review=actor.may(Permission.TIP_REVIEW),
        errors=errors or {},
        values=typed_values(MoveSchema()) if errors else {"reference": _suggested(reading.tip)},
        kept=_open_list(),
        done=done,
        other=int(other or 0),
    )
