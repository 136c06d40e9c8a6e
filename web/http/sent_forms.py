"""A form that is sent twice does its work once, also at the same instant and without JavaScript.

Each form that is drawn holds a random id. The first request with that id and those values does
the work; the others wait for it and are led where it was led. Whoever goes back and changes
something sends another form: nothing that was written is lost.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Flask, current_app, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config import current_config
from database import insert_or_ignore, session, utcnow, whole_hour
from web.http.access import View
from web.models import SentForm

FIELD = "form_id"
NOT_CONTENT = frozenset({"csrf_token"})
KEPT = timedelta(hours=24)


def form_id(value: str = "") -> Markup:
    """The hidden field that tells one drawn form from another: random, unless the page knows it."""
    return Markup('<input type="hidden" name="form_id" value="{}">').format(
        value or secrets.token_urlsafe(16)
    )


def once(view: View) -> View:
    """Let this view do a form's work once; a form without an id is done each time.

    Only a redirect counts as done: a form that is shown again with errors may be sent again.
    """

    @wraps(view)
    def answer(*arguments: Any, **options: Any) -> ResponseReturnValue:
        if request.method != "POST" or not request.form.get(FIELD):
            return _call(view, arguments, options)
        sent, is_first = _claim(_key())
        if not is_first:
            return redirect(str(sent.answer), 303)
        response = current_app.make_response(_call(view, arguments, options))
        if 300 <= response.status_code < 400:
            sent.answer = response.location
        else:
            session.delete(sent)
        return response

    return answer  # type: ignore[return-value]


def is_first(what: str, text: str) -> bool:
    """Whether this text comes from this drawn form for the first time, by whichever button.

    Call it right before the text is written: it is remembered with it. True for a form without id.
    """
    drawn = request.form.get(FIELD)
    return not drawn or _claim(_digest((what, drawn, text.replace("\r\n", "\n"))))[1]


def _call(
    view: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]
) -> ResponseReturnValue:
    answered: ResponseReturnValue = view(*arguments, **options)
    return answered


def _claim(key: bytes) -> tuple[SentForm, bool]:
    """The row of a form, and whether this request is the first; waits for a concurrent one."""
    # Random ids and whole hours: rows must not show in which order people sent what.
    forget_at = whole_hour(utcnow() + KEPT)
    added = session.scalar(
        insert_or_ignore(session, SentForm, "key")
        .values(id=secrets.randbelow(2**62), key=key, forget_at=forget_at)
        .returning(SentForm.id)
    )
    row = session.scalars(select(SentForm).where(SentForm.key == key)).one()
    return row, added is not None


def _key() -> bytes:
    """A keyed hash of where the form goes, its id and its values."""
    # In the order of names: a form that was given back has its fields in another order.
    values = sorted(
        (name, value.replace("\r\n", "\n"))
        for name, value in request.form.items(multi=True)
        if name not in NOT_CONTENT
    )
    return _digest((request.endpoint, request.view_args, values))


def _digest(content: tuple[object, ...]) -> bytes:
    key = f"sent forms {current_config().secret_key}".encode()
    return hmac.digest(key, repr(content).encode("utf-8", "surrogatepass"), hashlib.sha256)


def forget_sent_forms(opened: Session) -> None:
    """Delete what is older than a day."""
    opened.execute(delete(SentForm).where(SentForm.forget_at <= utcnow()))


def init_app(app: Flask) -> None:
    """Let templates draw the field."""
    app.jinja_env.globals["form_id"] = form_id
