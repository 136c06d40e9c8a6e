"""Citizens' tip form: no cookie, no IP address kept, no third party, no JavaScript needed."""

from __future__ import annotations

import hashlib
import secrets

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from alerts.lifecycle import is_open
from alerts.models import Alert, AlertStatus
from alerts.releasing.published import find_public_alert, headline_of
from database import session
from tips.intake.receiving import receive_web_tip
from tips.schemas import CONTACT_LENGTH, SEEN_LENGTH, TEXT_LENGTH, WebTipSchema
from web.http.access import body_limit, no_ambient_authority, public
from web.http.forms import is_translating, load_form, typed_values
from web.http.given_back import given_back
from web.http.rate_limits import forms, limiter, network
from web.http.receipts import read_receipt, receipt
from web.http.sent_forms import once
from web.languages.choice import current_language

blueprint = Blueprint("tips", __name__, template_folder="templates")

LONGEST_FORM = 256 * 1024
"""Bytes in a submitted tip: enough for 10,000 percent-encoded emoji."""

LABELS = {
    "text": _l("Dit tip"),
    "seen": _l("Hvor og hvornår"),
    "contact": _l("Navn eller telefonnummer"),
}

_CALLER_KEY = secrets.token_bytes(32)


def _caller() -> str:
    """A stand-in for the caller's IP address that is meaningless outside this process.

    The limiter must tell callers apart, but its store must not hold IP addresses: it counts
    hashes, with a key that is generated at start and never leaves memory.
    """
    where = network(request.remote_addr or "").encode()
    return hashlib.blake2b(where, key=_CALLER_KEY, digest_size=16).hexdigest()


@blueprint.after_request
def leave_nothing_behind(response: Response) -> Response:
    """Let the browser keep no page that shows what somebody has written."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/varsel/<code>/tip", methods=["GET", "POST"])
@limiter.limit(forms, methods=["POST"], key_func=_caller)
@body_limit(LONGEST_FORM)
@public
@no_ambient_authority
@given_back(LABELS, forgotten=True)
@once
def give_tip(code: str) -> ResponseReturnValue:
    """The form; a submission becomes a tip on the alert's case."""
    alert = find_public_alert(session, code)
    if request.method == "GET":
        return _form(alert)
    if is_translating():
        return _form(alert, typed_values(WebTipSchema()))
    written, errors = load_form(WebTipSchema())
    if errors:
        return _form(alert, typed_values(WebTipSchema()), errors), 422
    tip = receive_web_tip(session, alert, written, current_language())
    sent = receipt(thanks_page(alert), "urgent" if tip.urgent else "received")
    return redirect(url_for("tips.thank", code=alert.code, kvittering=sent), 303)


@blueprint.get("/varsel/<code>/tip/tak")
@public
@no_ambient_authority
def thank(code: str) -> ResponseReturnValue:
    """The thank-you page; it starts with the emergency number if the tip mentioned danger.

    Opened without having sent a tip, from a bookmark or the history, it says that it can't tell.
    """
    alert = find_public_alert(session, code)
    sent = read_receipt(thanks_page(alert), request.args.get("kvittering", ""))
    return render_template(
        "tips/thanks.html",
        alert=alert,
        headline=headline_of(alert, current_language()),
        received=bool(sent),
        dangerous=sent == "urgent",
    )


@blueprint.get("/tip/glem.css")
@public
@no_ambient_authority
def forget_form() -> ResponseReturnValue:
    """An empty style sheet of the thank-you page: the browser forgets the form before it.

    Otherwise Back shows the tip again, to whoever has the phone next, where there is no
    JavaScript. As a header of the page itself it would come before that form is kept.
    """
    return "", {
        "Content-Type": "text/css; charset=utf-8",
        "Clear-Site-Data": '"cache"',
        "Cache-Control": "no-store",
    }


def thanks_page(alert: Alert) -> str:
    """What the receipts of an alert's thank-you page are for."""
    return f"tip on {alert.code}"


def _form(
    alert: Alert, values: dict[str, str] | None = None, errors: dict[str, list[str]] | None = None
) -> str:
    return render_template(
        "tips/give.html",
        alert=alert,
        headline=headline_of(alert, current_language()),
        is_withdrawn=alert.status is AlertStatus.WITHDRAWN,
        is_over=not is_open(alert),
        values=values or {},
        errors=errors or {},
        labels={**LABELS, "website": _l("Hjemmeside")},
        text_length=TEXT_LENGTH,
        seen_length=SEEN_LENGTH,
        contact_length=CONTACT_LENGTH,
    )
