"""A form that could not be received comes back with what was typed in it."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from html import unescape

import pytest
from flask.testing import FlaskClient

from database import current_database, utcnow
from dispatch.signed_links import OpaqueBox, Purpose, Tokens
from staff.permissions import Role
from tests.apps import close_app
from tests.settings import make_config
from tests.staff.factories import api_headers, make_staff, sign_in
from tests.subscribers.factories import add_areas
from tests.tips.factories import all_tips, make_appeal
from web.http.app import VarskoApp
from web.http.given_back import LONGEST
from web.http.rate_limits import limiter
from wsgi import create_app

pytestmark = pytest.mark.one_database

TIP = "/varsel/RBBRY2/tip"
LONG = 'To mænd, "sorte" jakker.\nDe løb mod stationen <her>. ' + "Ærgerligt! " * 40
TYPED = {
    "/tilmeld": {"phone": "22 33 44", "email": "mig@", "places": "3400, Xyzzy"},
    "/tilmeld/bekraeft/abc": {"code": "123 456"},
    "/min-side": {"address": "22 33 44 55"},
    "/min-side/{own}/foelg": {"places": "Nykøbing"},
    TIP: {"text": LONG, "seen": "ved stationen", "contact": "Anna, 20 12 34 56"},
}
CARRIED = {"/tilmeld": {"area": "7", "consent": "true", "language": "en", "form_id": "x" * 22}}
PRESSED = [
    "/tilmeld/bekraeft/abc/ny",
    "/tilmeld/mail/abc",
    "/min-side/{own}/slip",
    "/min-side/{own}/sprog",
    "/min-side/{own}/luk",
    "/min-side/{own}/afmeld",
    "/afmeldt/{left}",
    "/afmeld/{mail}",
]
SAID = {
    "": ("<title>Fejl: ", "Det, du skrev, står herunder."),
    "/en": ("<title>Error: ", "What you wrote is below."),
}


def fill_in(address: str) -> str:
    """An address with links in it that are ours, so that the database is asked."""
    key = make_config().secret_key
    return address.format(
        own=OpaqueBox(key, "subscribers.my-page").seal(
            "my-page", struct.pack(">QQIQ", 1, 1, 0, int(utcnow().timestamp()))
        ),
        left=OpaqueBox(key, "subscribers.undo-leaving").seal(
            "left", json.dumps([[[1, ""]], [], [], "da", int(utcnow().timestamp())]).encode()
        ),
        mail=Tokens(key).make(Purpose.UNSUBSCRIBE, 1),
    )


@pytest.fixture
def away() -> Iterator[FlaskClient]:
    """A browser at a service that cannot reach its database."""
    app = create_app(make_config(database_url="postgresql://nobody@127.0.0.1:9/none"))
    yield app.test_client()
    close_app(app)


@pytest.fixture
def hurried(sqlite_url: str) -> Iterator[FlaskClient]:
    """A browser whose network may send one form a minute, and has."""
    app = create_app(make_config(database_url=sqlite_url, testing="false", forms_per_minute=1))
    limiter.reset()
    client = app.test_client()
    for address in [*TYPED, *PRESSED]:
        client.post(address)
    yield client
    limiter.reset()
    limiter.enabled = False
    close_app(app)


def fields(page: str) -> dict[str, str]:
    """What the fields of a page's main form hold."""
    form = re.search(r'<form[^>]*method="post"[^>]*>.*?</form>', page, re.DOTALL)
    assert form is not None, page
    held = {
        name: unescape(value)
        for name, value in re.findall(
            r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', form[0], re.DOTALL
        )
    }
    for tag in re.findall(r"<input[^>]*>", form[0]):
        name, value = re.search(r' name="(\w+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and value:
            held[name[1]] = unescape(value[1])
    return held


def goes_to(page: str) -> str:
    found = re.search(r'<form[^>]*method="post"[^>]* action="([^"]*)"', page)
    assert found is not None
    return unescape(found[1])


@pytest.mark.parametrize("prefix", SAID)
@pytest.mark.parametrize("address", TYPED)
@pytest.mark.parametrize(("service", "status"), [("away", 503), ("hurried", 429)])
def test_what_was_typed_comes_back(
    request: pytest.FixtureRequest, service: str, status: int, address: str, prefix: str
) -> None:
    client: FlaskClient = request.getfixturevalue(service)
    sent = {**TYPED[address], **CARRIED.get(address, {})}
    goes = prefix + fill_in(address)
    answer = client.post(goes, data=sent)
    assert answer.status_code == status
    assert fields(answer.text) == sent
    assert goes_to(answer.text) == goes
    for words in SAID[prefix]:
        assert words in answer.text
    for name in TYPED[address]:
        assert f'for="field-{name}"' in answer.text, "it is there to be read and changed"


@pytest.mark.parametrize("address", PRESSED)
def test_a_button_can_be_pressed_again(away: FlaskClient, address: str) -> None:
    goes = fill_in(address)
    answer = away.post(goes, data={"area": "7"})
    assert answer.status_code == 503
    assert fields(answer.text) == {"area": "7"}
    assert goes_to(answer.text) == goes
    assert "Prøv igen" in answer.text


def test_what_is_sent_again_arrives_once(sqlite_url: str) -> None:
    app = create_app(make_config(database_url=sqlite_url, testing="false", forms_per_minute=2))
    limiter.reset()
    with app.app_context(), current_database().unit_of_work() as session:
        make_appeal(session)
        add_areas(session)
    client = app.test_client()
    typed = {**TYPED[TIP], "form_id": "a-form"}
    assert client.post(TIP, data=typed).status_code == 303
    assert client.post(TIP, data=typed).status_code == 303
    back = client.post(TIP, data=typed)
    assert back.status_code == 429
    limiter.reset()
    assert client.post(goes_to(back.text), data=fields(back.text)).status_code == 303
    with app.app_context(), current_database().unit_of_work(writes=False) as session:
        assert len(all_tips(session)) == 1
    limiter.enabled = False
    close_app(app)


def test_an_error_of_ours_gives_it_back_too(app: VarskoApp) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    view = app.view_functions["tips.give_tip"]

    def fail(code: str) -> str:
        raise RuntimeError(code)

    fail.__dict__.update(view.__dict__)
    app.view_functions["tips.give_tip"] = fail
    answer = app.test_client().post(TIP, data=TYPED[TIP])
    assert answer.status_code == 500
    assert fields(answer.text) == TYPED[TIP]
    assert "Fejlen er noteret" in answer.text


def test_what_is_too_long_comes_back_to_be_shortened(client: FlaskClient) -> None:
    typed = {"places": "x" * 70_000, "phone": "22334455"}
    answer = client.post("/tilmeld", data=typed)
    assert answer.status_code == 413
    assert fields(answer.text) == typed
    assert "Kort det, og send det igen." in answer.text
    answer = client.post("/tilmeld", data={"places": "x" * LONGEST})
    assert answer.status_code == 413
    assert "xxxx" not in answer.text, "what is far too long is not read"


def test_what_an_officer_wrote_comes_back_without_a_password(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        staff = make_staff(session, (Role.OFFICER,), ["9"])
    client = sign_in(app.test_client(), staff)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    view = app.view_functions["alerts_staff.compose"]

    def fail() -> str:
        raise RuntimeError

    fail.__dict__.update(view.__dict__)
    app.view_functions["alerts_staff.compose"] = fail
    typed = {"title_da": "Gå indenfor", "body_da": "Luk vinduer\nog døre", "password": "secret"}
    answer = client.post("/staff/alerts/new", data=typed, headers=api_headers(client))
    assert answer.status_code == 500
    seen = re.search(r"<textarea[^>]* readonly>\n(.*?)</textarea>", answer.text, re.DOTALL)
    assert seen is not None
    assert seen[1] == "Gå indenfor\n\nLuk vinduer\nog døre"
    assert "kopiér teksten, og kontakt driften" in answer.text
    assert "kun én gang" not in answer.text
    pressed = client.post("/staff/alerts/new", data={"sure": "true"}, headers=api_headers(client))
    assert pressed.status_code == 500
    assert "Det, du skrev" not in pressed.text
    held = fields(answer.text)
    assert held.pop("csrf_token")
    assert held == {"title_da": typed["title_da"], "body_da": typed["body_da"]}
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = client.post(
        "/staff/alerts/new", data=typed, headers={**foreign, **api_headers(client)}
    )
    assert answer.status_code == 500
    assert "Luk vinduer" not in answer.text


@pytest.mark.parametrize("path", ["/webhooks/twilio/inbound", "/api/v1/tips/1"])
def test_programs_get_problem_details_as_before(away: FlaskClient, path: str) -> None:
    answer = away.post(path, data={"text": "Hej"})
    assert answer.mimetype != "text/html" or answer.status_code == 405
