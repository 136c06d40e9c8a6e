"""Citizens' pages: sign up and confirm. No cookies, no password, no JavaScript needed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from config import current_config
from database import session
from dispatch.models import Channel
from subscribers import my_page_link
from subscribers.areas_form import AreasForm, read_areas_form
from subscribers.consent import consent_text
from subscribers.schemas import CodeSchema, SignUpSchema
from subscribers.sign_up import (
    SIGN_UP_TTL,
    CodeResult,
    SignUpRequest,
    asked_areas,
    asked_contacts,
    confirm_code,
    confirm_link,
    confirmed_contact,
    find_link,
    find_sign_up,
    send_secret,
    start_sign_up,
)
from web.http.access import no_ambient_authority, public
from web.http.forms import Errors, load_form, typed_values
from web.http.rate_limits import forms, limiter
from web.languages.choice import current_language
from web.languages.typed_gettext import _
from web.texts.phone_numbers import spoken_number

bp = Blueprint("subscribers", __name__, template_folder="templates")


@bp.get("/tilmeld")
@public
def sign_up_form() -> ResponseReturnValue:
    """The form; ``?sted=3400`` fills in a place."""
    places = request.args.get("sted", "")[:100]
    return _sign_up_page({"places": places, "language": current_language()}, {}, AreasForm())


@bp.post("/tilmeld")
@limiter.limit(forms)
@no_ambient_authority
@public
def sign_up() -> ResponseReturnValue:
    """Start a sign-up; the response is the same for known and unknown addresses."""
    schema = SignUpSchema()
    data, errors = load_form(schema)
    typed = typed_values(schema)
    areas = read_areas_form(session, typed)
    found = {**errors, **areas.errors()}
    in_order = {name: found[name] for name in schema.fields if name in found}
    errors = {**in_order, **found}
    if errors:
        return _sign_up_page(typed, errors, areas), 422
    wanted = SignUpRequest(data["phone"], data["email"], areas.chosen, data["language"])
    token = start_sign_up(session, wanted)
    return redirect(url_for(".confirm_form", token=token), 303)


def _sign_up_page(values: dict[str, Any], errors: Errors, areas: AreasForm) -> str:
    return render_template(
        "subscribers/sign_up.html",
        values={**values, "area": areas.ticked, **({"places": areas.rest} if areas.read else {})},
        errors=errors,
        areas=areas,
        consent_text=consent_text(current_language()),
        sms_number=spoken_number(current_config().sms_number),
    )


@bp.get("/tilmeld/bekraeft/<token>")
@public
def confirm_form(token: str) -> ResponseReturnValue:
    """The form to enter the code."""
    return _confirm_page(token, {})


@bp.post("/tilmeld/bekraeft/<token>")
@limiter.limit(forms)
@no_ambient_authority
@public
def confirm(token: str) -> ResponseReturnValue:
    """Try a code. A wrong one gets a page, not an error, so that the attempt is committed."""
    found = find_sign_up(session, token)
    data, errors = load_form(CodeSchema())
    if errors:
        return _confirm_page(token, errors), 422
    digits = "".join(digit for digit in data["code"] if digit.isdigit())
    result = confirm_code(session, found, digits)
    if result is not CodeResult.CONFIRMED:
        return _confirm_page(token, {"code": [_why_not(token, result)]}), 422
    contact = confirmed_contact(session, found, Channel.SMS)
    assert contact is not None  # noqa: S101 - it was confirmed a line above
    return redirect(_own_page(contact), 303)


def _why_not(token: str, result: CodeResult) -> str:
    if result is CodeResult.EXPIRED:
        return _("Koden gælder ikke længere. Bed om en ny nedenfor.")
    if result is CodeResult.USED_UP:
        return _("Koden er forkert, og du har brugt alle forsøg. Bed om en ny nedenfor.")
    left = next(
        asked.tries_left
        for asked, _contact in asked_contacts(session, find_sign_up(session, token))
        if asked.channel is Channel.SMS
    )
    return str(
        ngettext(
            "Koden er forkert. Du har %(num)d forsøg tilbage.",
            "Koden er forkert. Du har %(num)d forsøg tilbage.",
            left,
        )
    )


@bp.post("/tilmeld/bekraeft/<token>/ny")
@limiter.limit(forms)
@no_ambient_authority
@public
def resend(token: str) -> ResponseReturnValue:
    """Send new codes and links for what is not confirmed yet."""
    found = find_sign_up(session, token)
    for asked, _contact in asked_contacts(session, found):
        send_secret(session, found, asked)
    return redirect(url_for(".confirm_form", token=token, sendt=1), 303)


def _confirm_page(token: str, errors: Errors) -> str:
    found = find_sign_up(session, token)
    asked = asked_contacts(session, found)
    return render_template(
        "subscribers/confirm.html",
        token=token,
        errors=errors,
        phone=next((pair for pair in asked if pair[0].channel is Channel.SMS), None),
        mail=next((pair for pair in asked if pair[0].channel is Channel.EMAIL), None),
        areas=asked_areas(session, found),
        masked=my_page_link.masked,
        sent="sendt" in request.args,
        sms_number=spoken_number(current_config().sms_number),
    )


@bp.get("/tilmeld/mail/<token>")
@public
def confirm_mail_form(token: str) -> ResponseReturnValue:
    """A page with a button. Opening the link confirms nothing: mail scanners open links too."""
    found, asked = find_link(session, token)
    return render_template(
        "subscribers/confirm_mail.html",
        token=token,
        done=asked.confirmed_at is not None,
        areas=asked_areas(session, found),
        hours=int(SIGN_UP_TTL.total_seconds() // 3600),
    )


@bp.post("/tilmeld/mail/<token>")
@limiter.limit(forms)
@no_ambient_authority
@public
def confirm_mail(token: str) -> ResponseReturnValue:
    """Confirm the e-mail address."""
    found = confirm_link(session, token)
    contact = confirmed_contact(session, found, Channel.EMAIL)
    assert contact is not None  # noqa: S101 - it was confirmed a line above
    return redirect(_own_page(contact), 303)


def _own_page(contact: Any) -> str:
    token = my_page_link.token_for(session, contact)
    return url_for("subscribers_my_page.show", token=token, besked="velkommen")
