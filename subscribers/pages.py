"""Citizens' pages: sign up and confirm. No cookies, no password, no JavaScript needed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from config import current_config
from database import session, utcnow
from dispatch.models import Channel, Contact
from subscribers import my_page_link
from subscribers.areas_form import AreasForm, only_ticked, read_areas_form
from subscribers.consent import consent_text
from subscribers.models import SignUp, SignUpContact
from subscribers.my_pages import own_page
from subscribers.schemas import CodeSchema, SignUpSchema
from subscribers.secret_limits import is_scarce, may_ask_for_secret
from subscribers.sign_up import (
    SIGN_UP_TTL,
    AskedFor,
    CodeResult,
    SignUpRequest,
    ask_again,
    asked_areas,
    asked_contacts,
    asked_titles,
    confirm_code,
    confirm_link,
    confirmed_contact,
    contact_beside,
    find_link,
    find_sign_up,
    send_secret,
    start_sign_up,
)
from subscribers.subscribing import find_subscriber, followed_areas
from web.http.access import no_ambient_authority, public
from web.http.after_response import after_response
from web.http.forms import Errors, is_translating, load_form, typed_values
from web.http.given_back import given_back
from web.http.rate_limits import forms, limiter, neighbourhood
from web.http.sent_forms import once
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
@given_back({"phone": _l("Telefonnummer"), "email": _l("E-mail"), "places": _l("Områder")})
@once
def sign_up() -> ResponseReturnValue:
    """Start a sign-up; the response is the same for known and unknown addresses."""
    schema = SignUpSchema()
    typed = typed_values(schema)
    if is_translating():
        return _sign_up_page(typed, {}, only_ticked(session, typed))
    data, errors = load_form(schema)
    areas = read_areas_form(session, typed)
    found = {**errors, **areas.errors()}
    in_order = {name: found[name] for name in schema.fields if name in found}
    errors = {**in_order, **found}
    if errors:
        return _sign_up_page(typed, errors, areas), 422
    wanted = SignUpRequest(
        data["phone"], data["email"], areas.chosen, data["language"], areas.local_names
    )
    started = start_sign_up(session, wanted, neighbourhood())
    _send_later(started.to_send)
    return redirect(url_for(".confirm_form", token=started.token), 303)


def _send_later(asked: Sequence[AskedFor]) -> None:
    for wanted in asked:
        after_response(partial(send_secret, wanted=wanted))


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
@given_back({"code": _l("Kode")})
def confirm(token: str) -> ResponseReturnValue:
    """Try a code. A wrong one gets a page, not an error, so that the attempt is committed."""
    found = find_sign_up(session, token)
    if confirmed_contact(session, found, Channel.SMS) is not None:
        return redirect(
            _after_confirming(found, Channel.SMS, url_for(".confirm_form", token=token)), 303
        )
    if is_translating():
        return _confirm_page(token, {}, typed_values(CodeSchema()))
    data, errors = load_form(CodeSchema())
    if errors:
        return _confirm_page(token, errors, typed_values(CodeSchema())), 422
    result = confirm_code(session, found, data["code"])
    if result is not CodeResult.CONFIRMED:
        return _confirm_page(token, {"code": [_why_not(token, result)]}), 422
    return redirect(
        _after_confirming(found, Channel.SMS, url_for(".confirm_form", token=token)), 303
    )


def _why_not(token: str, result: CodeResult) -> str:
    """What to do after a code that did not confirm. It isn't called wrong if it was not tried."""
    asked, contact = next(
        pair
        for pair in asked_contacts(session, find_sign_up(session, token))
        if pair[0].channel is Channel.SMS
    )
    if result is CodeResult.WRONG:
        return str(
            ngettext(
                "Koden passer ikke. Har du fået flere, gælder kun den nyeste. "
                "Du har %(num)d forsøg tilbage.",
                "Koden passer ikke. Har du fået flere, gælder kun den nyeste. "
                "Du har %(num)d forsøg tilbage.",
                asked.tries_left,
            )
        )
    if result is CodeResult.USED_UP:
        why = _("Du har brugt alle forsøg, så vi prøver ikke flere koder.")
    elif asked.secret_expires_at is None:
        why = _("En kode fra en anden tilmelding virker ikke her.")
    else:
        why = _("Koden gælder ikke længere.")
    return f"{why} {_how_to_get_another(asked, contact)}"


def _how_to_get_another(asked: SignUpContact, contact: Contact) -> str:
    if may_ask_for_secret(session, asked.channel, str(contact.address)):
        return _("Bed om en ny nedenfor.")
    return _(
        "Vi sender højst tre gange i timen og ti gange i døgnet, så vent en time med at bede om "
        "en ny, eller tilmeld dig fra telefonen nu, som der står nedenfor."
    )


@bp.get("/tilmeld/bekraeft/<token>/ret")
@public
def correct(token: str) -> ResponseReturnValue:
    """The form once more, filled in as it was sent, for an address that was mistyped."""
    found = find_sign_up(session, token)
    typed: dict[str, Any] = {"language": found.language, "consent": "true"}
    for asked, contact in asked_contacts(session, found):
        if asked.confirmed_at is None and isinstance(contact.address, str):
            typed["phone" if asked.channel is Channel.SMS else "email"] = contact.address
    areas = only_ticked(session, {"area": [str(area.id) for area in asked_areas(session, found)]})
    return _sign_up_page(typed, {}, areas)


@bp.post("/tilmeld/bekraeft/<token>/ny")
@limiter.limit(forms)
@no_ambient_authority
@public
@once
def resend(token: str) -> ResponseReturnValue:
    """Send new codes and links for what is not confirmed yet."""
    found = find_sign_up(session, token)
    to_send = [
        wanted
        for asked, contact in asked_contacts(session, found)
        for wanted in ask_again(session, asked, contact.address, neighbourhood())
    ]
    found.resends += 1
    _send_later(to_send)
    sent = found.resends if to_send else None
    return redirect(url_for(".confirm_form", token=token, sendt=sent), 303)


def _confirm_page(token: str, errors: Errors, values: dict[str, Any] | None = None) -> str:
    found = find_sign_up(session, token)
    asked = asked_contacts(session, found)
    confirmed = [contact for pair, contact in asked if pair.confirmed_at is not None]
    phone = next((pair for pair in asked if pair[0].channel is Channel.SMS), None)
    return render_template(
        "subscribers/confirm.html",
        token=token,
        resends=found.resends,
        errors=errors,
        values=values or {},
        phone=phone,
        another=_how_to_get_another(*phone) if phone else "",
        mail=next((pair for pair in asked if pair[0].channel is Channel.EMAIL), None),
        areas=asked_titles(session, found),
        confirmed=confirmed,
        is_done=len(confirmed) == len(asked),
        signed_up=all(_is_signed_up(contact) for contact in confirmed),
        now=utcnow(),
        masked=my_page_link.masked,
        sent=found.resends > 0 and request.args.get("sendt") == str(found.resends),
        limited=any(pair[0].is_limited and pair[0].confirmed_at is None for pair in asked),
        scarce=any(is_scarce(session, pair[0].channel, neighbourhood()) for pair in asked),
        sms_number=spoken_number(current_config().sms_number),
    )


def _is_signed_up(contact: Contact) -> bool:
    return not contact.is_suppressed and find_subscriber(session, contact) is not None


@bp.get("/tilmeld/mail/<token>")
@public
def confirm_mail_form(token: str) -> ResponseReturnValue:
    """A page with a button. Opening the link confirms nothing: mail scanners open links too."""
    found, asked = find_link(session, token)
    return render_template(
        "subscribers/confirm_mail.html",
        token=token,
        done=asked.confirmed_at is not None,
        signed_up=_is_signed_up(session.get_one(Contact, asked.contact_id)),
        beside=contact_beside(session, found, asked),
        masked=my_page_link.masked,
        areas=asked_titles(session, found),
        hours=int(SIGN_UP_TTL.total_seconds() // 3600),
    )


@bp.post("/tilmeld/mail/<token>")
@limiter.limit(forms)
@no_ambient_authority
@public
def confirm_mail(token: str) -> ResponseReturnValue:
    """Confirm the e-mail address."""
    found = confirm_link(session, token)
    page = url_for(".confirm_mail_form", token=token)
    return redirect(_after_confirming(found, Channel.EMAIL, page), 303)


def _after_confirming(found: SignUp, channel: Channel, page: str) -> str:
    """Their own page; or ``page``, which says so, if they have unsubscribed since."""
    contact = confirmed_contact(session, found, channel)
    if contact is None or not _is_signed_up(contact):
        return page
    token = my_page_link.token_for(session, contact)
    subscriber = my_page_link.open_page(session, token).subscriber
    followed = {area.id for area in followed_areas(session, subscriber)}
    are_all = all(area.id in followed for area in asked_areas(session, found))
    said = "velkommen" if are_all else "fyldt"
    return own_page(token, said)
