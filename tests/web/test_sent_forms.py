"""A form sent twice does its work once: one tip, one sign-up, one draft."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from alerts.models import Alert, AlertStatus
from database import current_database
from staff.permissions import Role
from subscribers.models import AskedSecret, SignUp
from tests.staff.factories import make_staff, sign_in
from tests.subscribers.factories import add_areas
from tests.tips.factories import make_appeal
from tips.models import Tip
from web.http.app import VarskoApp
from web.models import SentForm

TIP = "/varsel/RBBRY2/tip"


@pytest.fixture
def client(app: VarskoApp) -> FlaskClient:
    with current_database().unit_of_work() as session:
        make_appeal(session)
        add_areas(session)
    return app.test_client()


def form_id(client: FlaskClient, address: str) -> str:
    """The id of the form on this page."""
    found = re.search(r'name="form_id" value="([^"]+)"', client.get(address).text)
    assert found is not None
    return found[1]


def count(model: type[object]) -> int:
    with current_database().unit_of_work(writes=False) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def at_once(
    app: VarskoApp, address: str, form: dict[str, str], cookie: str = ""
) -> list[TestResponse]:
    """The answers to a form that is sent six times at the same instant."""
    together = Barrier(6)

    def send(_time: int) -> TestResponse:
        browser = app.test_client()
        if cookie:
            browser.set_cookie("varsko", cookie)
        together.wait(30)
        return browser.post(address, data=form)

    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(send, range(6)))


def test_a_tip_sent_twice_is_one_and_both_are_thanked(client: FlaskClient) -> None:
    form = {"text": "En rød bil", "form_id": form_id(client, TIP)}
    answers = [client.post(TIP, data=form) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert count(Tip) == 1


def test_a_tip_that_was_changed_after_going_back_is_another(client: FlaskClient) -> None:
    form = {"text": "En rød bil", "form_id": form_id(client, TIP)}
    client.post(TIP, data=form)
    client.post(TIP, data={**form, "text": "En rød bil, AB 12 345"})
    assert count(Tip) == 2


def test_the_same_words_from_two_people_are_two_tips(client: FlaskClient) -> None:
    for _person in range(2):
        client.post(TIP, data={"text": "En rød bil", "form_id": form_id(client, TIP)})
    assert count(Tip) == 2


def test_a_form_with_errors_may_be_sent_again(client: FlaskClient) -> None:
    form = {"text": "", "form_id": form_id(client, TIP)}
    assert [client.post(TIP, data=form).status_code for _time in range(2)] == [422, 422]
    assert client.post(TIP, data={**form, "text": "En rød bil"}).status_code == 303
    assert count(Tip) == 1


def test_at_the_same_instant_too(app: VarskoApp, client: FlaskClient) -> None:
    form = {"text": "En rød bil", "form_id": form_id(client, TIP)}
    answers = at_once(app, TIP, form)
    assert [answer.status_code for answer in answers] == [303] * 6
    assert count(Tip) == 1


def test_a_sign_up_sent_twice_is_one_and_has_one_page(client: FlaskClient) -> None:
    form = {
        "phone": "22334455",
        "places": "3400",
        "consent": "true",
        "form_id": form_id(client, "/tilmeld"),
    }
    pages = [client.post("/tilmeld", data=form).location for _time in range(2)]
    assert pages[0] == pages[1]
    assert client.get(pages[0]).status_code == 200
    assert (count(SignUp), count(AskedSecret)) == (1, 1)


def test_what_is_kept_names_neither_the_person_nor_the_page(client: FlaskClient) -> None:
    client.post(TIP, data={"text": "En rød bil", "form_id": form_id(client, TIP)})
    with current_database().unit_of_work(writes=False) as session:
        sent = session.scalars(select(SentForm)).one()
        assert (sent.forget_at.minute, sent.forget_at.second) == (0, 0)
        raw = session.connection().exec_driver_sql("SELECT answer FROM sent_form").scalar_one()
        assert b"RBBRY2" not in bytes(raw)


def test_another_code_is_sent_once_when_asked_for_twice_and_again_when_asked_later(
    client: FlaskClient,
) -> None:
    page = client.post(
        "/tilmeld", data={"phone": "22334455", "places": "3400", "consent": "true"}
    ).location
    for asked in (2, 3):
        drawn = {"form_id": form_id(client, page)}
        answers = [client.post(page + "/ny", data=drawn) for _time in range(2)]
        assert [answer.location for answer in answers] == [f"{page}?sendt={asked - 1}"] * 2
        assert count(AskedSecret) == asked
    drawn = {"form_id": form_id(client, page)}
    assert client.post(page + "/ny", data=drawn).location == page, "the limit is reached"


def test_another_code_is_sent_once_when_asked_for_twice_at_the_same_instant(
    app: VarskoApp, client: FlaskClient
) -> None:
    page = client.post(
        "/tilmeld", data={"phone": "22334455", "places": "3400", "consent": "true"}
    ).location
    answers = at_once(app, page + "/ny", {"form_id": form_id(client, page)})
    assert {answer.location for answer in answers} == {page + "?sendt=1"}
    assert count(AskedSecret) == 2


DRAFT = {
    "kind": "area_alert",
    "severity": "moderate",
    "where": "areas",
    "areas": "3400",
    "title_da": "Gå indenfor",
    "body_da": "Luk vinduer og døre.",
    "when": "now",
}


@pytest.fixture
def officer(app: VarskoApp, client: FlaskClient) -> dict[str, str]:
    """Signs in an officer; the form that the page of a new alert holds, filled in."""
    with current_database().unit_of_work() as session:
        staff = make_staff(session, (Role.OFFICER,), ["9", "0900"])
    page = sign_in(client, staff).get("/staff/alerts/new").text
    hidden = dict(re.findall(r'type="hidden" name="(form_id|csrf_token)" value="([^"]+)"', page))
    return {**DRAFT, **hidden}


def test_a_draft_sent_twice_is_one(client: FlaskClient, officer: dict[str, str]) -> None:
    answers = [client.post("/staff/alerts/new", data=officer) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [302, 303], answers[0].text
    assert answers[0].location == answers[1].location
    assert drafts() == 1
    client.post("/staff/alerts/new", data={**officer, "title_da": "Bliv inde"})
    assert drafts() == 2


def test_a_draft_sent_twice_at_the_same_instant_is_one(
    app: VarskoApp, client: FlaskClient, officer: dict[str, str]
) -> None:
    cookie = client.get_cookie("varsko")
    assert cookie is not None
    answers = at_once(app, "/staff/alerts/new", officer, cookie.value)
    assert {answer.status_code for answer in answers} <= {302, 303}
    assert len({answer.location for answer in answers}) == 1
    assert drafts() == 1


def drafts() -> int:
    with current_database().unit_of_work(writes=False) as session:
        drafted = select(func.count()).where(Alert.status == AlertStatus.DRAFT)
        return session.scalar(drafted) or 0
