"""What a form calls optional can be left out, and what it doesn't cannot: tips and sign-ups."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from database import current_database
from subscribers import my_page_link
from tests.staff.factories import csrf_token
from tests.subscribers.factories import PHONE, add_areas, contact_of, say
from tests.tips.factories import OTHER_PHONE, ROBBERY, all_tips, make_appeal, text_in
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database


@dataclass(frozen=True)
class Form:
    """A form: where it is read and sent, a whole one, and those of which one is enough."""

    page: str
    to: str
    whole: dict[str, str]
    either: tuple[str, ...] = ()


def marked_optional(page: str) -> set[str]:
    """The names of the fields that the page calls optional."""
    return set(re.findall(r'for="field-([\w-]+)">[^<]*<span class="form-optional">', page))


def required(page: str) -> set[str]:
    """The names of the fields that the page calls required to browsers and screen readers."""
    controls = re.findall(r"<(?:input|textarea|select)\b[^>]*>", page)
    found = (
        re.search(r'name="([\w-]+)"', control) for control in controls if " required" in control
    )
    return {name[1] for name in found if name}


def refused(page: str) -> set[str]:
    """The names of the fields that have an error."""
    return set(re.findall(r'id="field-([\w-]+)-error"', page))


def check(client: FlaskClient, form: Form, page: str, **always: str) -> None:
    optional, needed = marked_optional(page), required(page)
    for name in form.whole:
        left_out = {**form.whole, **always, name: ""}
        fails = name in refused(client.post(form.to, data=left_out).text)
        if name in form.either:
            assert name not in optional, name
        else:
            assert (name in optional) is not fails, f"{form.to}: {name}"
            assert (name in needed) is fails, f"{form.to}: {name}"
    nothing = {**form.whole, **always, **dict.fromkeys(form.either, "")}
    if form.either:
        assert refused(client.post(form.to, data=nothing).text) & set(form.either)


@pytest.fixture
def citizen(app: VarskoApp) -> FlaskClient:
    with current_database().unit_of_work() as session:
        add_areas(session)
    return app.test_client()


@pytest.mark.parametrize(
    "form",
    [
        Form("/min-side", "/min-side", {"address": PHONE}),
        Form("/slet", "/slet", {"address": PHONE}),
        Form(
            "/tilmeld",
            "/tilmeld",
            {"phone": PHONE, "email": "", "places": "3400", "consent": "true"},
            ("phone", "email"),
        ),
    ],
    ids=lambda form: form.page,
)
def test_citizens_forms_mark_what_can_be_left_out(citizen: FlaskClient, form: Form) -> None:
    check(citizen, form, citizen.get(form.page).text)


def test_a_place_to_choose_makes_the_other_field_no_optional_one(citizen: FlaskClient) -> None:
    say("TRYK 3400")
    with current_database().unit_of_work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        own = "/min-side/" + my_page_link.token_for(session, contact)
    sign_up = {"phone": PHONE, "consent": "true", "places": "Nykøbing"}
    for address, typed in (("/tilmeld", sign_up), (f"{own}/foelg", {"places": "Nykøbing"})):
        asked = citizen.post(address, data=typed).text
        assert 'name="area"' in asked
        assert "places" not in marked_optional(asked), "with no box ticked it is needed"
        assert "places" not in required(asked), "with one ticked it is not"


def test_the_form_for_tips_marks_what_can_be_left_out(citizen: FlaskClient) -> None:
    with current_database().unit_of_work() as session:
        make_appeal(session)
    address = "/varsel/RBBRY2/tip"
    form = Form(address, address, {"text": "Jeg så ham", "seen": "i går", "contact": "Jens"})
    check(citizen, form, citizen.get(address).text)


@pytest.mark.parametrize("on_a_case", [True, False])
def test_moving_a_tip_marks_what_can_be_left_out(
    desk: FlaskClient, app: VarskoApp, on_a_case: bool
) -> None:
    with current_database().unit_of_work() as session:
        make_appeal(session)
        text_in(session, f"Jeg så ham {ROBBERY}" if on_a_case else "Jeg så ham", phone=OTHER_PHONE)
        tip = all_tips(session)[0]
        assert (tip.case_id is not None) is on_a_case
        address = f"/staff/tips/{tip.id}"
    page = desk.get(address)
    if on_a_case:
        make_other_case()
    whole = {"reference": "0900-10161-00077-24", "reason": "Hører til", "note": ""}
    for name in ("reference", "reason"):
        data = {**whole, name: "", "csrf_token": csrf_token(page)}
        fails = name in refused(desk.post(f"{address}/move", data=data).text)
        assert (name in marked_optional(page.text)) is (name == "reason" and not on_a_case)
        assert fails or name in marked_optional(page.text)
    assert "note" in marked_optional(page.text)


def make_other_case() -> None:
    with current_database().unit_of_work() as session:
        make_appeal(session, "THFTH5", "0900-10161-00077-24", "Tyveri")
