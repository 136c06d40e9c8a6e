"""Citizens' pages for being forgotten: ask for the link, see what is kept, delete it."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from config import current_config
from database import session
from dispatch.models import Contact
from subscribers.consent import last_given
from subscribers.erasing.link import open_erase_page, send_erase_link
from subscribers.models import Evidence
from subscribers.my_page_link import masked
from subscribers.schemas import PageLinkSchema
from subscribers.secret_limits import ask_for_secret
from subscribers.subscribing import (
    erase_contact,
    find_subscriber,
    followed_areas,
    subscriber_contacts,
)
from web.http.access import no_ambient_authority, public
from web.http.after_response import after_response
from web.http.forms import Errors, is_translating, load_form, typed_values
from web.http.given_back import given_back
from web.http.rate_limits import forms, limiter, neighbourhood
from web.http.receipts import read_receipt, receipt
from web.http.sent_forms import once
from web.texts.phone_numbers import unbroken_number

bp = Blueprint("subscribers_erasing", __name__, template_folder="../templates")

LINK_PAGE = "slet"


@bp.get("/slet")
@public
def link_form() -> ResponseReturnValue:
    """The form that asks for a link by which one is forgotten."""
    return _link_page({}, {})


@bp.post("/slet")
@limiter.limit(forms)
@no_ambient_authority
@public
@given_back({"address": _l("Telefonnummer eller e-mail")})
@once
def send_link() -> ResponseReturnValue:
    """Send the link, also after STOP. The response is the same whether the address is known."""
    schema = PageLinkSchema()
    if is_translating():
        return _link_page(typed_values(schema), {})
    data, errors = load_form(schema)
    if errors:
        return _link_page(typed_values(schema), errors), 422
    channel, address = data["address"]
    asked_id = ask_for_secret(session, channel, address, neighbourhood(), forgets=True)
    if asked_id is not None:
        after_response(
            partial(send_erase_link, channel=channel, address=address, asked_id=asked_id)
        )
    told = receipt(LINK_PAGE, "sender" if asked_id else "for-mange")
    return redirect(url_for(".link_form", besked=told), 303)


def _link_page(values: dict[str, Any], errors: Errors) -> str:
    return render_template(
        "subscribers/erase_link.html",
        values=values,
        errors=errors,
        said=read_receipt(LINK_PAGE, request.args.get("besked", "")),
        number=unbroken_number(current_config().sms_number),
    )


@bp.get("/slet/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """What is kept of this number or address, and the button that deletes it."""
    contact = open_erase_page(session, token)
    if contact is None or contact.address is None:
        return render_template("subscribers/erased.html")
    return render_template("subscribers/erase.html", token=token, masked=masked, **_kept(contact))


def _kept(contact: Contact) -> dict[str, Any]:
    subscriber = find_subscriber(session, contact)
    contacts = subscriber_contacts(session, subscriber) if subscriber is not None else []
    return {
        "contact": contact,
        "areas": followed_areas(session, subscriber) if subscriber is not None else [],
        "others": [other for other in contacts if other.id != contact.id],
        "consented_at": last_given(session, contact),
    }


@bp.post("/slet/<token>")
@limiter.limit(forms)
@no_ambient_authority
@public
@once
def erase(token: str) -> ResponseReturnValue:
    """Forget this number or address."""
    contact = open_erase_page(session, token)
    if contact is not None and contact.address is not None:
        erase_contact(session, contact, Evidence.WEB_FORM)
    return redirect(url_for(".show", token=token), 303)
