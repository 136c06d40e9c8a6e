"""Rules for views that ask for staff, and the hook that enforces them.

A request is allowed if its session cookie names an active account whose second factor is set
up, the session is neither idle nor too old, and one of the account's roles has the permission
that the view requires. Otherwise programs get problem details and people are sent to sign in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from flask import Flask, Response, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_security.utils import logout_user
from flask_wtf.csrf import CSRFError

from staff.actor import Actor, NotAllowed, NotSignedIn
from staff.models import Staff
from staff.permissions import Permission
from web.http.access import Signed, declare, rule_of
from web.problems.errors import Problem
from web.problems.responses import problem_response, wants_json

log = structlog.get_logger(__name__)

View = TypeVar("View", bound=Callable[..., Any])

FRESH = "varsko_fresh"
WITHOUT_OWN_PASSWORD = "varsko_without_own_password"  # noqa: S105 (a name, no password)

IDLE_SECONDS = 30 * 60
"""A session ends after this long without a request."""
LONGEST_SECONDS = 12 * 60 * 60
"""A session ends this long after sign-in even if it is in use: pages that poll are never idle."""
FRESH_SECONDS = 15 * 60
"""How long after entering their password a person may use the views that require it."""
NOTE_EVERY_SECONDS = 60
"""The cookie is rewritten at most this often to record activity."""


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


def signed_in(view: View) -> View:
    """Any member of staff may call the view, whatever their role."""
    return declare(view, Signed(None))


def init_app(app: Flask) -> None:
    """Enforce the rules before every request."""

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
    """Redirect a person to sign in and then back here; answer a program with an error."""
    if wants_json():
        raise NotSignedIn(_("Log ind, og send sessionens cookie med."))
    onward = request.full_path.rstrip("?") if request.method == "GET" else None
    if onward is not None:
        onward = request.environ.get("SCRIPT_NAME", "") + onward
    return _go(url_for("security.login", next=onward))


def _signed_in_staff() -> Staff | None:
    """The account of the session cookie, if it is allowed in. Ends a session that has expired."""
    if "_user_id" not in session or not current_user.is_authenticated:
        return None
    staff: Staff = current_user._get_current_object()
    now = int(time.time())
    seen, began = session.get("seen", 0), session.get("began", 0)
    if now - seen > IDLE_SECONDS or now - began > LONGEST_SECONDS:
        log.info("session_ended", staff=staff.id)
        logout_user()
        return None
    if not staff.has_second_factor:
        logout_user()
        return None
    if now - seen >= NOTE_EVERY_SECONDS:
        session["seen"] = now
    return staff


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
