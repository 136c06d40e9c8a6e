"""Unsubscribing by a link: a page with a button, and one-click for mail programs (RFC 8058)."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from config import current_config
from database import session
from dispatch.contacts import finish_handover, note_opt_out
from dispatch.models import Contact, SuppressionReason
from dispatch.signed_links import Purpose, Tokens
from web.http import access
from web.problems.errors import NotFound

blueprint = Blueprint("dispatch", __name__, template_folder="../templates")


class LinkNotFound(NotFound):
    """The link is not one of ours, or its contact no longer exists."""

    slug = "link-not-found"
    title = _l("Linket virker ikke")


@blueprint.get("/afmeld/<token>")
@access.public
@access.no_ambient_authority
def show_unsubscribe(token: str) -> ResponseReturnValue:
    """Ask for confirmation, since mail programs open links by themselves."""
    contact = _contact(token)
    return render_template("dispatch/unsubscribe.html", token=token, is_done=contact.is_suppressed)


@blueprint.post("/afmeld/<token>")
@access.public
@access.no_ambient_authority
def unsubscribe(token: str) -> ResponseReturnValue:
    """Suppress this contact. Repeating it changes nothing."""
    contact = _contact(token)
    note_opt_out(session, contact, SuppressionReason.UNSUBSCRIBE)
    finish_handover(session, [contact])
    if request.form.get("List-Unsubscribe") == "One-Click":
        return Response(status=200, content_type="text/plain; charset=utf-8")
    return render_template("dispatch/unsubscribe.html", token=token, is_done=True)


def _contact(token: str) -> Contact:
    numbers = Tokens(current_config().secret_key).read(Purpose.UNSUBSCRIBE, token)
    contact = session.get(Contact, numbers[0]) if numbers else None
    if contact is None:
        raise LinkNotFound(
            _l("Åbn linket i e-mailen igen, eller send en sms med STOP til det nummer, der skrev.")
        )
    return contact
