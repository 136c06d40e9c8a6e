"""Citizens' own page: see and change the areas they follow, or unsubscribe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from areas.lookup import find_areas
from areas.models import Area
from areas.titles import area_title, join_names
from database import session
from dispatch.models import Channel
from subscribers import messages, my_page_link
from subscribers.areas_form import AreasForm, only_ticked, read_areas_form
from subscribers.erasing.link import erase_token
from subscribers.my_page_link import masked, open_page
from subscribers.schemas import AreaSchema, LanguageSchema, PageLinkSchema, PlacesSchema
from subscribers.secret_limits import ask_for_secret
from subscribers.sign_up import unconfirmed_contacts
from subscribers.subscribing import (
    MAX_AREAS,
    change_language,
    follow_areas,
    followed_areas,
    leave_areas,
    subscriber_contacts,
)
from subscribers.undo_leaving import (
    Left,
    after_leaving,
    is_kept_after_leaving,
    leave_undoably,
    return_after_leaving,
)
from subscribers.written_places import title_from
from web.http.access import no_ambient_authority, public
from web.http.after_response import after_response
from web.http.forms import Errors, is_translating, load_form, typed_values
from web.http.given_back import given_back
from web.http.rate_limits import forms, limiter, neighbourhood
from web.http.receipts import read_receipt, receipt
from web.http.sent_forms import once
from web.languages.typed_gettext import _

bp = Blueprint("subscribers_my_page", __name__, template_folder="templates")

LINK_PAGE = "min-side"
MOST_NAMED = 5
"""Areas that a confirmation names; more are counted."""


@bp.get("/min-side")
@public
def link_form() -> ResponseReturnValue:
    """The form that asks for a link to one's own page."""
    return _link_page({}, {})


@bp.post("/min-side")
@limiter.limit(forms)
@no_ambient_authority
@public
@given_back({"address": _l("Telefonnummer eller e-mail")})
@once
def send_link() -> ResponseReturnValue:
    """Send the link. The response is the same whether the address is known or not."""
    schema = PageLinkSchema()
    if is_translating():
        return _link_page(typed_values(schema), {})
    data, errors = load_form(schema)
    if errors:
        return _link_page(typed_values(schema), errors), 422
    channel, address = data["address"]
    asked_id = ask_for_secret(session, channel, address, neighbourhood())
    if asked_id is not None:
        send = partial(
            messages.send_link,
            channel=channel,
            address=address,
            asked_id=asked_id,
        )
        after_response(send)
    told = receipt(LINK_PAGE, "sender" if asked_id else "for-mange")
    return redirect(url_for(".link_form", besked=told), 303)


def _link_page(values: dict[str, Any], errors: Errors) -> str:
    return render_template(
        "subscribers/page_link.html",
        values=values,
        errors=errors,
        said=read_receipt(LINK_PAGE, request.args.get("besked", "")),
    )


@bp.get("/min-side/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """What this subscriber follows."""
    return _page(token, {}, {}, AreasForm())


@bp.post("/min-side/<token>/foelg")
@limiter.limit(forms)
@no_ambient_authority
@public
@given_back({"places": _l("Tilføj et område")})
def follow(token: str) -> ResponseReturnValue:
    """Follow more areas."""
    owner = open_page(session, token)
    schema = PlacesSchema()
    typed = typed_values(schema)
    if is_translating():
        ticked = only_ticked(session, typed)
        return _page(token, {**typed, "area": ticked.ticked}, {}, ticked)
    _data, errors = load_form(schema)
    areas = read_areas_form(session, typed)
    errors = {**errors, **areas.errors()}
    followed = {area.id for area in followed_areas(session, owner.subscriber)}
    new = [area for area in areas.chosen if area.id not in followed]
    left = MAX_AREAS - len(followed)
    if not errors and len(new) > left:
        errors["area"] = [_too_many(len(followed), len(new))]
    if errors:
        return _page(token, {"places": areas.rest, "area": areas.ticked}, errors, areas), 422
    added = follow_areas(session, owner.subscriber, [area.id for area in new])
    told = [area for area in areas.chosen if not added or area.id in added]
    return _back(token, _told("fulgt" if added else "kendt", told, areas.local_names))


@bp.post("/min-side/<token>/slip")
@limiter.limit(forms)
@no_ambient_authority
@public
def unfollow(token: str) -> ResponseReturnValue:
    """Stop following an area."""
    owner = open_page(session, token)
    data, errors = load_form(AreaSchema())
    left = 0 if errors else leave_areas(session, owner.subscriber, [data["area"]])
    told = _told("sluppet", find_areas(session, [data["area"]])) if left else None
    return _back(token, told)


@bp.post("/min-side/<token>/sprog")
@limiter.limit(forms)
@no_ambient_authority
@public
def speak(token: str) -> ResponseReturnValue:
    """Choose the language of the messages."""
    owner = open_page(session, token)
    data, errors = load_form(LanguageSchema())
    if not errors:
        change_language(session, owner.subscriber, data["language"])
    return _back(token, None if errors else f"sprog-{data['language']}")


@bp.get("/min-side/<token>/afmeld")
@public
def ask_to_leave(token: str) -> ResponseReturnValue:
    """Ask once whether everything is to end."""
    open_page(session, token)
    return render_template("subscribers/leave.html", token=token)


@bp.post("/min-side/<token>/luk")
@limiter.limit(forms)
@no_ambient_authority
@public
def revoke(token: str) -> ResponseReturnValue:
    """Close every link to this page: one of them may have come into other hands."""
    my_page_link.revoke_links(session, open_page(session, token).subscriber)
    return render_template(
        "subscribers/page_link.html", values={}, errors={}, sent=False, revoked=True
    )


@bp.post("/min-side/<token>/afmeld")
@limiter.limit(forms)
@no_ambient_authority
@public
@once
def leave(token: str) -> ResponseReturnValue:
    """Unsubscribe every address and delete the areas."""
    owner = open_page(session, token)
    return redirect(url_for(".left", token=leave_undoably(session, owner.subscriber)), 303)


@bp.get("/afmeldt/<token>")
@public
def left(token: str) -> ResponseReturnValue:
    """All is deleted, and for an hour it can be undone here; or they have come back since."""
    return _left_page(token, after_leaving(session, token))


@bp.post("/afmeldt/<token>")
@limiter.limit(forms)
@no_ambient_authority
@public
@once
def come_back(token: str) -> ResponseReturnValue:
    """Undo it: the same addresses, areas and language."""
    contact = return_after_leaving(session, token)
    if contact is None:
        left = after_leaving(session, token)
        if left is Left.BACK:
            return redirect(url_for(".left", token=token), 303)
        return _left_page(token, left, errors=True), 410
    return _back(my_page_link.token_for(session, contact), "fortrudt")


def _left_page(token: str, left: Left, *, errors: bool = False) -> str:
    is_kept = is_kept_after_leaving(session, token)
    return render_template(
        "subscribers/left.html", token=token, left=left, is_kept=is_kept, errors=errors
    )


def _too_many(followed: int, new: int) -> str:
    return _(
        "Vi har ikke tilføjet noget. Du følger %(followed)s områder, og man kan højst følge "
        "%(limit)s: vælg højst %(left)s af de %(new)s.",
        followed=followed, limit=MAX_AREAS, left=max(0, MAX_AREAS - followed), new=new,
    )  # fmt: skip


def _back(token: str, said: str | None) -> ResponseReturnValue:
    return redirect(own_page(token, said), 303)


def own_page(token: str, said: str | None = None) -> str:
    """The address of the page that a token opens, saying what was just done."""
    told = receipt(token, said) if said else None
    return url_for("subscribers_my_page.show", token=token, besked=told)


def _page(token: str, values: dict[str, Any], errors: Errors, areas: AreasForm) -> str:
    owner = open_page(session, token)
    contacts = subscriber_contacts(session, owner.subscriber)
    followed = followed_areas(session, owner.subscriber)
    gets_alerts = bool(followed) and any(not contact.is_suppressed for contact in contacts)
    waiting = unconfirmed_contacts(session, owner.subscriber)
    return render_template(
        "subscribers/my_page.html",
        token=token,
        subscriber=owner.subscriber,
        followed=followed,
        phones=[contact for contact in contacts if contact.channel is Channel.SMS],
        mails=[contact for contact in contacts if contact.channel is Channel.EMAIL],
        waiting=waiting,
        masked=masked,
        owner=owner.contact,
        erase_token=erase_token,
        title_of=area_title,
        values=values,
        errors=errors,
        areas=areas,
        said=_said(token, gets_alerts=gets_alerts),
    )


def _told(word: str, areas: Sequence[Area], local_names: Mapping[int, str] | None = None) -> str:
    """A word about some areas, for a receipt: with their ids, and the names that led to them."""
    names = (local_names or {}) if len(areas) <= MOST_NAMED else {}
    return f"{word} {json.dumps([(area.id, names.get(area.id)) for area in areas])}"


def _said(token: str, *, gets_alerts: bool) -> str:
    """The confirmation to show: what the receipt in the address says, if it still holds."""
    said, _space, told = read_receipt(token, request.args.get("besked", "")).partition(" ")
    if said in ("velkommen", "fyldt", "fortrudt") and not gets_alerts:
        return ""
    if told:
        return _said_of_areas(said, dict(json.loads(told)))
    return {
        "velkommen": _("Du er tilmeldt. Du får nu varsler for områderne nedenfor."),
        "fyldt": _(
            "Du er tilmeldt, men ikke alle de områder, du valgte, er kommet med: man kan højst "
            "følge %(limit)s.",
            limit=MAX_AREAS,
        ),
        "fortrudt": _("Du er tilmeldt igen, som før."),
        "sprog-da": _("Vi skriver nu til dig på dansk."),
        "sprog-en": _("Vi skriver nu til dig på engelsk."),
    }.get(said, "")


def _said_of_areas(said: str, local_names: Mapping[int, str | None]) -> str:
    """What was done with some areas, by their names; many are counted."""
    areas = find_areas(session, local_names)
    count = len(areas)
    if count <= MOST_NAMED:
        named = join_names([title_from(area, local_names[area.id]) for area in areas])
    else:
        named = _("%(count)s områder", count=count)
    if said == "fulgt":
        added = ngettext("%(areas)s er tilføjet.", "%(areas)s er tilføjet.", count, areas=named)
        return str(added)
    if said == "kendt":
        return _("Du følger allerede %(areas)s.", areas=named)
    return _("%(areas)s er fjernet.", areas=named)
