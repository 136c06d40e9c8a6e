"""Citizens' own page: see and change the areas they follow, or unsubscribe."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from areas.titles import area_title
from database import session
from dispatch.models import Channel
from subscribers import my_page_link
from subscribers.areas_form import AreasForm, read_areas_form
from subscribers.models import Evidence
from subscribers.my_page_link import masked, open_page
from subscribers.schemas import AreaSchema, LanguageSchema, PageLinkSchema, PlacesSchema
from subscribers.subscribing import (
    change_language,
    follow_areas,
    followed_areas,
    leave_areas,
    leave_entirely,
    subscriber_contacts,
)
from web.http.access import no_ambient_authority, public
from web.http.forms import Errors, load_form, typed_values
from web.http.rate_limits import forms, limiter
from web.languages.typed_gettext import _

bp = Blueprint("subscribers_my_page", __name__, template_folder="templates")


@bp.get("/min-side")
@public
def link_form() -> ResponseReturnValue:
    """The form that asks for a link to one's own page."""
    return render_template("subscribers/page_link.html", values={}, errors={}, sent=False)


@bp.post("/min-side")
@limiter.limit(forms)
@no_ambient_authority
@public
def send_link() -> ResponseReturnValue:
    """Send the link. The response is the same whether the address is known or not."""
    schema = PageLinkSchema()
    data, errors = load_form(schema)
    if errors:
        page = render_template(
            "subscribers/page_link.html", values=typed_values(schema), errors=errors, sent=False
        )
        return page, 422
    channel, address = data["address"]
    my_page_link.send_link(session, channel, address)
    return render_template("subscribers/page_link.html", values={}, errors={}, sent=True)


@bp.get("/min-side/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """What this subscriber follows."""
    return _page(token, {}, {}, AreasForm())


@bp.post("/min-side/<token>/foelg")
@limiter.limit(forms)
@no_ambient_authority
@public
def follow(token: str) -> ResponseReturnValue:
    """Follow more areas."""
    owner = open_page(session, token)
    schema = PlacesSchema()
    _data, errors = load_form(schema)
    typed = typed_values(schema)
    areas = read_areas_form(session, typed)
    errors = {**errors, **areas.errors()}
    if errors:
        return _page(token, {"places": areas.rest, "area": areas.ticked}, errors, areas), 422
    follow_areas(session, owner.subscriber, [area.id for area in areas.chosen])
    return _back(token, "fulgt")


@bp.post("/min-side/<token>/slip")
@limiter.limit(forms)
@no_ambient_authority
@public
def unfollow(token: str) -> ResponseReturnValue:
    """Stop following an area."""
    owner = open_page(session, token)
    data, errors = load_form(AreaSchema())
    if not errors:
        leave_areas(session, owner.subscriber, [data["area"]])
    return _back(token, "sluppet")


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
    return _back(token, "sprog")


@bp.post("/min-side/<token>/afmeld")
@limiter.limit(forms)
@no_ambient_authority
@public
def leave(token: str) -> ResponseReturnValue:
    """Unsubscribe every address and delete the areas."""
    owner = open_page(session, token)
    leave_entirely(session, owner.subscriber, Evidence.WEB_FORM)
    return render_template("subscribers/left.html")


def _back(token: str, said: str) -> ResponseReturnValue:
    return redirect(url_for(".show", token=token, besked=said), 303)


def _page(token: str, values: dict[str, Any], errors: Errors, areas: AreasForm) -> str:
    owner = open_page(session, token)
    contacts = subscriber_contacts(session, owner.subscriber)
    return render_template(
        "subscribers/my_page.html",
        token=token,
        subscriber=owner.subscriber,
        followed=followed_areas(session, owner.subscriber),
        phones=[contact for contact in contacts if contact.channel is Channel.SMS],
        mails=[contact for contact in contacts if contact.channel is Channel.EMAIL],
        masked=masked,
        title_of=area_title,
        values=values,
        errors=errors,
        areas=areas,
        said=_said(request.args.get("besked", "")),
    )


def _said(key: str) -> str:
    """The confirmation to show, chosen by a key in the URL; empty for an unknown key."""
    return {
        "velkommen": _("Du er tilmeldt. Du får nu varsler for områderne nedenfor."),
        "fulgt": _("Området er tilføjet."),
        "sluppet": _("Området er fjernet."),
        "sprog": _("Sproget er ændret."),
    }.get(key, "")
