"""Citizens' tip form: no cookie, no IP address kept, no third party, no JavaScript needed."""

from __future__ import annotations

import hashlib
import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from alerts.lifecycle import is_open
from alerts.models import Alert
from alerts.releasing.published import find_public_alert
from database import session
from tips.intake.receiving import receive_web_tip
from tips.schemas import CONTACT_LENGTH, SEEN_LENGTH, TEXT_LENGTH, WebTipSchema
from web.http.access import body_limit, no_ambient_authority, public
from web.http.forms import load_form, typed_values
from web.http.rate_limits import forms, limiter, network
from web.languages.choice import current_language

blueprint = Blueprint("tips", __name__, template_folder="templates")

LONGEST_FORM = 256 * 1024
"""Bytes in a submitted tip: enough for 10,000 percent-encoded emoji."""

_CALLER_KEY = secrets.token_bytes(32)


def _caller() -> str:
    """A stand-in for the caller's IP address that is meaningless outside this process.

    The limiter must tell callers apart, but its store must not hold IP addresses: it counts
    hashes, with a key that is generated at start and never leaves memory.
    """
    where = network(request.remote_addr or "").encode()
    return hashlib.blake2b(where, key=_CALLER_KEY, digest_size=16).hexdigest()


@blueprint.route("/varsel/<code>/tip", methods=["GET", "POST"])
@limiter.limit(forms, methods=["POST"], key_func=_caller)
@body_limit(LONGEST_FORM)
@public
@no_ambient_authority
def give_tip(code: str) -> ResponseReturnValue:
    """The form; a submission becomes a tip on the alert's case."""
    alert = find_public_alert(session, code)
    if request.method == "GET":
        return _form(alert)
    written, errors = load_form(WebTipSchema())
    if errors:
        return _form(alert, typed_values(WebTipSchema()), errors), 422
    tip = receive_web_tip(session, alert, written, current_language())
    danger = "1" if tip.urgent else None
    return redirect(url_for("tips.thank", code=alert.code, fare=danger), 303)


@blueprint.get("/varsel/<code>/tip/tak")
@public
@no_ambient_authority
def thank(code: str) -> ResponseReturnValue:
    """The thank-you page; it starts with the emergency number if the tip mentioned danger."""
    alert = find_public_alert(session, code)
    return render_template(
        "tips/thanks.html",
        alert=alert,
        headline=alert.text(current_language()),
        dangerous=request.args.get("fare") == "1",
    )


def _form(
    alert: Alert, values: dict[str, str] | None = None, errors: dict[str, list[str]] | None = None
) -> str:
    return render_template(
        "tips/give.html",
        alert=alert,
        headline=alert.text(current_language()),
        is_over=not is_open(alert),
        values=values or {},
        errors=errors or {},
        text_length=TEXT_LENGTH,
        seen_length=SEEN_LENGTH,
        contact_length=CONTACT_LENGTH,
    )
