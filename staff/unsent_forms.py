"""What staff write is kept while they write it, and offered again until it is sent.

A form of a view marked ``@kept`` holds a random id. Its values are stored, sealed, under that id:
every few seconds while somebody writes (``web/static/keep.js``), and each time the form is sent
without its work being done: with errors, to be checked, or after the session had ended. Once its
work is done they are deleted, and what is still under way to be stored is not.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from flask import current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from database import current_database, insert_or_ignore, session, utcnow
from staff.actor import Actor, current_actor
from staff.dashboard import Card
from staff.models import Staff, UnsentForm
from web.http.access import View
from web.http.sent_forms import FIELD
from web.problems.errors import Problem
from web.texts.filters import format_datetime, format_time

KEPT = timedelta(days=7)
STILL_WRITING = timedelta(minutes=5)
"""How long after the last word was stored somebody counts as writing."""
MOST = 20
"""Forms kept for one person: the newest."""
ONLY_KEEP, ONLY_DELETE, OPENED = "only_keep", "only_delete", "unsent"
NOT_CONTENT = frozenset({"csrf_token", FIELD, ONLY_KEEP, ONLY_DELETE, "step", "read"})
SUMMARY = "varsko_unsent_summary"
_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True)
class Unsent:
    """A form that was written and not sent."""

    form_id: str
    address: str
    saved_at: datetime
    values: MultiDict[str, str]
    summary: str

    @property
    def opened_at(self) -> str:
        """The address of its page, with what was written."""
        prefix: str = request.environ.get("SCRIPT_NAME", "")
        return f"{prefix}{self.address}?{OPENED}={self.form_id}"


def kept(*summary: str) -> Callable[[View], View]:
    """Keep what is written in this view's form until it answers with a redirect: then it is done.

    ``summary``: the fields of which the first that is filled in tells people which form it is.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(*arguments: Any, **options: Any) -> ResponseReturnValue:
            written_id = _written_id()
            if written_id is None:
                return _call(view, arguments, options)
            staff_id = current_actor().staff_id
            if ONLY_DELETE in request.form:
                _finish(session, staff_id, written_id)
                return redirect(url_for(request.endpoint or "", **(request.view_args or {})))
            if ONLY_KEEP in request.form:
                return _answer_keeping(staff_id, written_id)
            try:
                response = current_app.make_response(_call(view, arguments, options))
            except Problem:
                # What the view did is dropped with the error; what was written is not.
                session.rollback()
                keep_of(staff_id)
                raise
            if 300 <= response.status_code < 400:
                _finish(session, staff_id, written_id)
            else:
                _keep(session, staff_id, written_id, again=True)
            return response

        setattr(answer, SUMMARY, summary)
        return answer  # type: ignore[return-value]

    return decorate


def _call(
    view: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]
) -> ResponseReturnValue:
    answered: ResponseReturnValue = view(*arguments, **options)
    return answered


def _answer_keeping(staff_id: int, written_id: str) -> ResponseReturnValue:
    """What the page says of a form that was stored in the background."""
    saved_at = _keep(session, staff_id, written_id, again=False)
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if saved_at is None:
        return "", 409, headers
    said = [_("Kladde gemt kl. %(time)s", time=format_time(saved_at))]
    others = others_here()
    if others:
        said.append(_("%(names)s skriver også her", names=", ".join(others)))
    return " · ".join(said), 200, headers


def keep_of(staff_id: int) -> bool:
    """Store the form of this request for somebody, in a transaction of its own.

    False if it is no form that is kept. Also for somebody whose session has just ended: its
    cookie, which nobody else can make, still says who wrote.
    """
    written_id = _written_id()
    view = current_app.view_functions.get(request.endpoint or "")
    if written_id is None or not hasattr(view, SUMMARY):
        return False
    with current_database().unit_of_work() as own:
        _keep(own, staff_id, written_id, again=ONLY_KEEP not in request.form)
    return True


def _written_id() -> str | None:
    written_id = request.form.get(FIELD, "") if request.method == "POST" else ""
    return written_id if _ID.fullmatch(written_id) else None


def _row(opened: Session, staff_id: int, written_id: str) -> UnsentForm:
    """The locked row of a form, made if there is none."""
    opened.execute(
        insert_or_ignore(opened, UnsentForm, "staff_id", "form_id").values(
            staff_id=staff_id,
            form_id=written_id,
            address=request.path[:120],
            saved_at=utcnow(),
            is_done=False,
        )
    )
    return opened.scalars(
        select(UnsentForm)
        .where(UnsentForm.staff_id == staff_id, UnsentForm.form_id == written_id)
        .with_for_update()
    ).one()


def _keep(opened: Session, staff_id: int, written_id: str, *, again: bool) -> datetime | None:
    """Store what the form holds now, and say when; None if its work is done already.

    With ``again`` it was sent once more after that, with something else in it.
    """
    row = _row(opened, staff_id, written_id)
    if row.is_done and not again:
        return None
    values = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in NOT_CONTENT and "password" not in name
    ]
    row.written, row.saved_at, row.is_done = json.dumps(values), utcnow(), False
    opened.flush()
    older = (
        select(UnsentForm.id)
        .where(UnsentForm.staff_id == staff_id)
        .order_by(UnsentForm.saved_at.desc())
        .offset(MOST)
    )
    opened.execute(
        delete(UnsentForm)
        .where(UnsentForm.id.in_(opened.scalars(older).all()))
        .execution_options(synchronize_session=False)
    )
    return row.saved_at


def _finish(opened: Session, staff_id: int, written_id: str) -> None:
    """Delete what was written, and remember that its work is done."""
    row = _row(opened, staff_id, written_id)
    row.written, row.is_done = None, True


def opened_form() -> MultiDict[str, str] | None:
    """What was written, if this page was opened to go on with it."""
    found = _find(UnsentForm.form_id == request.args.get(OPENED, ""))
    return found[0].values if found else None


def form_id_here() -> str:
    """The id that the form of this page goes on with."""
    return _written_id() or (
        request.args[OPENED] if opened_form() is not None else secrets.token_urlsafe(16)
    )


def unsent_here() -> list[Unsent]:
    """What this person wrote on this page and did not send, the newest first."""
    if request.method != "GET" or request.args.get(OPENED):
        return []
    return _find(UnsentForm.address == request.path)


def others_here() -> list[str]:
    """The colleagues who are writing about the same thing on their page of this address."""
    actor: Actor | None = g.get("varsko_actor")
    if actor is None or not request.view_args:
        return []
    writers = (
        select(Staff.name)
        .join(UnsentForm, UnsentForm.staff_id == Staff.id)
        .where(UnsentForm.address == request.path, ~UnsentForm.is_done)
        .where(UnsentForm.saved_at > utcnow() - STILL_WRITING, Staff.id != actor.staff_id)
        .order_by(Staff.name)
        .distinct()
    )
    return list(session.scalars(writers))


def draw_unsent(_session: Session, _actor: Actor) -> Card | None:
    """The form that was written last and not sent, so that it is found after a crash."""
    found = _find()
    if not found:
        return None
    text = _("»%(summary)s« – kladde gemt %(time)s", summary=found[0].summary,
             time=format_datetime(found[0].saved_at))  # fmt: skip
    return Card(_("Du har skrevet noget, som ikke er sendt"), found[0].opened_at, text, kind="info")


def _find(*which: Any) -> list[Unsent]:
    actor: Actor | None = g.get("varsko_actor")
    if actor is None:
        return []
    rows = session.scalars(
        select(UnsentForm)
        .where(UnsentForm.staff_id == actor.staff_id, ~UnsentForm.is_done, *which)
        .where(UnsentForm.saved_at > utcnow() - KEPT)
        .order_by(UnsentForm.saved_at.desc())
    )
    found = [_read(row) for row in rows]
    return [unsent for unsent in found if unsent is not None]


def _read(row: UnsentForm) -> Unsent | None:
    """A stored form; None if there is nothing in it for people, or it cannot be opened."""
    if not isinstance(row.written, str):
        return None
    values: MultiDict[str, str] = MultiDict(json.loads(row.written))
    filled = [text for name in _summary_of(row.address) if (text := values.get(name, "").strip())]
    if not filled:
        return None
    summary = " ".join(filled[0].split())
    short = summary if len(summary) <= 60 else f"{summary[:59].rstrip()}…"
    return Unsent(row.form_id, row.address, row.saved_at, values, short)


def _summary_of(address: str) -> tuple[str, ...]:
    """The fields that name a form of this page."""
    routes = current_app.create_url_adapter(request)
    try:
        endpoint = routes.match(address, "POST")[0] if routes else ""
    except (HTTPException, RequestRedirect):
        return ()
    summary: tuple[str, ...] = getattr(current_app.view_functions.get(endpoint), SUMMARY, ())
    return summary


def forget_unsent_forms(opened: Session) -> None:
    """Delete what nobody has sent for a week."""
    opened.execute(delete(UnsentForm).where(UnsentForm.saved_at <= utcnow() - KEPT))
