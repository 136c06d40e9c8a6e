"""Rules for views that ask for staff, and the hook that enforces them.

A request is allowed if its session cookie names an active account whose second factor is set
up, the session is neither idle nor too old, and one of the account's roles has the permission
that the view requires. Otherwise programs get problem details and people are sent to sign in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_security.utils import logout_user
from flask_wtf.csrf import CSRFError

import database
from config import current_config
from staff.actor import Actor, NotAllowed, NotSignedIn
from staff.models import Staff
from staff.permissions import Permission
from staff.unsent_forms import keep_of
from web.http.access import Signed, declare, public, rule_of
from web.problems.errors import Problem
from web.problems.responses import problem_response, wants_json

log = structlog.get_logger(__name__)

View = TypeVar("View", bound=Callable[..., Any])

FRESH = "varsko_fresh"
WITHOUT_OWN_PASSWORD = "varsko_without_own_password"  # noqa: S105 (a name, no password)

SIGN_IN_STEPS = ("security.login", "security.two_factor_token_validation", "security.mf_recovery")
"""The forms of signing in."""

LONGEST_SECONDS = 12 * 60 * 60
"""A session ends this long after sign-in even if it is in use: pages that poll are never idle."""
FRESH_SECONDS = 15 * 60
"""How long after entering their password a person may use the views that require it."""
NOTE_EVERY_SECONDS = 60
"""The cookie is rewritten at most this often to record activity."""
WARNING_SECONDS = 5 * 60
"""How long before a session ends its pages say so."""


class NotFresh(Problem):
    """The password must be entered again for this."""

    status = 401
    slug = "not-fresh"
    title = _l("Bekræft, at det er dig")


class CsrfMissing(Problem):
    """The request lacks the token that proves it came from one of our own pages."""

    status = 400
    slug = "csrf-token"
    title = _l("Siden har stået åben for længe")


def requires(permission: Permission, *, fresh: bool = False) -> Callable[[View], View]:
    """Only staff with this permission may call the view.

    With ``fresh`` they must have entered their password recently, and are asked for it if not.
    """

    def decorate(view: View) -> View:
        setattr(view, FRESH, fresh)
        return declare(view, Signed(permission))

    return decorate


def before_sign_in(view: View) -> View:
    """Anybody may call this view; a session that has run out does not count as signed in there."""

    @wraps(view)
    def answer(*arguments: Any, **options: Any) -> ResponseReturnValue:
        _signed_in_staff()
        answered: ResponseReturnValue = view(*arguments, **options)
        return answered

    return public(cast(View, answer))


def init_app(app: Flask) -> None:
    """Enforce the rules before every request."""

    app.jinja_env.globals["session_times"] = session_times

    @app.before_request
    def enforce_rule() -> ResponseReturnValue | None:
        view = app.view_functions.get(request.endpoint or "")
        rule = rule_of(view)
        if not isinstance(rule, Signed):
            return None
        staff = _signed_in_staff()
        if staff is None:
            return ask_to_sign_in()
        g.varsko_actor = Actor.of(staff)
        if staff.must_change_password and not getattr(view, WITHOUT_OWN_PASSWORD, False):
            return _ask_for_own_password()
        if rule.permission is not None and not g.varsko_actor.may(rule.permission):
            log.info("refused", staff=staff.id, endpoint=request.endpoint, lacks=rule.permission)
            raise NotAllowed(_("Din rolle giver ikke adgang til det. Spørg din administrator."))
        if getattr(view, FRESH, False) and not _is_fresh():
            return _ask_for_password()
        return None

    @app.errorhandler(CSRFError)
    def csrf_missing(_error: CSRFError) -> ResponseReturnValue:
        rule = rule_of(app.view_functions.get(request.endpoint or ""))
        if isinstance(rule, Signed) and _signed_in_staff() is None:
            try:
                return ask_to_sign_in()
            except NotSignedIn as refused:
                return _answer(refused)
        if request.endpoint in SIGN_IN_STEPS and not wants_json():
            # The session has changed since this form was drawn: begin again, or go on if somebody
            # has signed in meanwhile in another window.
            onward = request.values.get("next")
            return redirect(url_for("security.login", next=onward), 303)
        # Somebody who signed out and in again in another window; no other site may send this.
        if _is_own_form() and "Sec-Fetch-Site" in request.headers and not wants_json():
            return _form_again(is_signed_in=True), CsrfMissing.status
        return _answer(
            CsrfMissing(
                _("Send sidens CSRF-kode med i X-CSRFToken.")
                if wants_json()
                else _("Gå tilbage, genindlæs siden, og prøv igen. Intet er gemt.")
            )
        )


def begin_session() -> None:
    """Record when the session began (after both factors were checked)."""
    session["began"] = session["seen"] = int(time.time())


def ask_to_sign_in() -> ResponseReturnValue:
    """Redirect a person to sign in and then back here; answer a program with an error.

    What a person has written is never lost by it: a request in the background leaves the page as
    it is, and a form that was sent comes back, to be sent again after signing in. A form that is
    kept is also stored for whom the ended session was.
    """
    if g.get("varsko_ended") is not None and _is_own_form():
        # The session's own transaction has nothing to write, and SQLite has one writer.
        database.session.rollback()
        keep_of(g.varsko_ended)
    if wants_json():
        raise NotSignedIn(_("Log ind, og send sessionens cookie med."))
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Trigger": "signed-out"})
    if _is_own_form():
        return _form_again(is_signed_in=False), 401
    onward = request.full_path.rstrip("?") if request.method == "GET" else None
    if onward is not None:
        onward = request.environ.get("SCRIPT_NAME", "") + onward
    return _go(url_for("security.login", next=onward))


def _form_again(*, is_signed_in: bool) -> str:
    """The page from which a form that was not taken is sent again."""
    kept = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and "password" not in name
    ]
    address = request.environ.get("SCRIPT_NAME", "") + request.full_path.rstrip("?")
    return render_template(
        "staff/signed_out.html", kept=kept, address=address, is_signed_in=is_signed_in
    )


def _is_own_form() -> bool:
    """Whether a form of our own pages was sent: another site's is not kept for anybody to send."""
    rule = rule_of(current_app.view_functions.get(request.endpoint or ""))
    return (
        request.method == "POST"
        and isinstance(rule, Signed)
        and rule.permission is not None
        and len(request.form) > 0
        and request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    )


def _signed_in_staff() -> Staff | None:
    """The account of the session cookie, if it is allowed in. Ends a session that has expired."""
    if "_user_id" not in session or not current_user.is_authenticated:
        return None
    staff: Staff = current_user._get_current_object()
    now = int(time.time())
    seen, began = session.get("seen", 0), session.get("began", 0)
    if now - seen > idle_seconds() or now - began > LONGEST_SECONDS:
        log.info("session_ended", staff=staff.id)
        g.varsko_ended = staff.id
        logout_user()
        return None
    if not staff.has_second_factor:
        logout_user()
        return None
    if now - seen >= _note_every():
        session["seen"] = now
    return staff


def session_times() -> dict[str, int]:
    """For pages, in seconds: how long this session lasts without use (``idle``) and at all
    (``left``), how long before that to warn, and how often its use is noted."""
    idle = int(idle_seconds())
    left = int(session.get("began", 0)) + LONGEST_SECONDS - int(time.time())
    return {
        "idle": idle,
        "left": max(left, 0),
        "warning": min(WARNING_SECONDS, idle // 2),
        "noted": int(_note_every()),
    }


def idle_seconds() -> float:
    """A session ends after this long without a request."""
    return current_config().session_idle_minutes * 60


def _note_every() -> float:
    return min(NOTE_EVERY_SECONDS, idle_seconds() / 10)


def _is_fresh() -> bool:
    return time.time() - float(session.get("fs_paa", 0)) <= FRESH_SECONDS


def _ask_for_password() -> ResponseReturnValue:
    if wants_json():
        raise NotFresh(_("Giv din adgangskode igen på siden, og prøv så igen."))
    onward = request.environ.get("SCRIPT_NAME", "") + request.full_path.rstrip("?")
    return _go(url_for("security.verify", next=onward if request.method == "GET" else None))


def _ask_for_own_password() -> ResponseReturnValue:
    if wants_json():
        raise NotAllowed(_("Vælg din egen adgangskode først."))
    return _go(url_for("security.change_password"))


def _go(address: str) -> ResponseReturnValue:
    """Redirect; for a fragment that htmx requested, redirect the whole page."""
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": address})
    return redirect(address)


def _answer(problem: Problem) -> Response:
    return problem_response(problem.status, problem.slug, problem.title, problem.detail)
