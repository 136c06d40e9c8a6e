"""What the rules call grave is sent only for a written reason, which is kept."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from alerts.models import AlertRelease
from audit.trail import find_entries
from database import current_database
from dispatch.models import Broadcast
from staff.permissions import Role
from tests.alerts.factories import NORTH, Country, make_reader
from tests.alerts.test_api import Api, a_body, api
from tests.alerts.test_pages import TYPED, published
from tests.staff.factories import make_staff, sign_in, submit
from web.http.app import VarskoApp

__all__ = ["api"]

DESK = "/staff/alerts"
NAMED = "Jens Nielsen blev set torsdag kl. 14. Så du en hvid varevogn?"
REASON = "Han er efterlyst af retten."
FIELD = 'id="field-wording_reason"'


@pytest.fixture
def desk(app: VarskoApp, country: Country) -> FlaskClient:
    """A signed-in officer of the north, with readers in the area."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


def sent() -> list[tuple[str, str | None]]:
    """What was sent, by the kind of release and its reason."""
    with current_database().unit_of_work(writes=False) as session:
        releases = session.scalars(select(AlertRelease).order_by(AlertRelease.id)).all()
        assert len(session.scalars(select(Broadcast)).all()) == len(releases)
        return [(release.kind.value, release.wording_reason) for release in releases]


def audited() -> list[dict[str, Any]]:
    with current_database().unit_of_work(writes=False) as session:
        entries = find_entries(session, action="alert.sent_despite_wording")
        return [dict(entry.detail or {}) for entry in entries]


def test_a_grave_text_is_sent_for_a_reason_only(desk: FlaskClient) -> None:
    page = submit(desk, f"{DESK}/new", {**TYPED, "areas": "3400 Hillerød", "body_da": NAMED})
    check = page.location
    shown = desk.get(check).text
    assert FIELD in shown
    form = {name: hidden(shown, name) for name in ("key", "seen", "csrf_token")}
    address = check.replace("/preview", "/publish")
    for reason in (None, "", "Efterlyst nu", "x " * 1_001):
        typed = {"wording_reason": reason} if reason is not None else {}
        refused = desk.post(address, data={**form, **typed, "read": "true"})
        assert refused.status_code == 422
        assert 'href="#field-wording_reason"' in refused.text
        assert (reason or "").strip() in refused.text
    assert sent() == []
    done = desk.post(address, data={**form, "wording_reason": REASON, "read": "true"})
    assert done.status_code == 302
    assert sent() == [("initial", REASON)]
    assert REASON in desk.get(done.location).text
    [entry] = audited()
    assert (entry["rules"], entry["reason"]) == (["person-name"], REASON)


def hidden(page: str, name: str) -> str:
    """A hidden field of the form that sends."""
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def test_an_ordinary_text_needs_none_and_keeps_none(desk: FlaskClient) -> None:
    page = submit(desk, f"{DESK}/new", {**TYPED, "areas": "3400 Hillerød"})
    shown = desk.get(page.location).text
    assert FIELD not in shown
    form = {name: hidden(shown, name) for name in ("key", "seen", "csrf_token")}
    address = page.location.replace("/preview", "/publish")
    typed = {**form, "read": "true", "wording_reason": REASON}
    assert desk.post(address, data=typed).status_code == 302
    assert sent() == [("initial", None)]
    assert audited() == []


@pytest.mark.parametrize("step", ["update", "close"])
def test_a_grave_follow_up_is_sent_for_a_reason_only(
    desk: FlaskClient, country: Country, step: str
) -> None:
    code = published(country)
    if step == "close":
        assert submit(desk, f"{DESK}/{code}/stop").status_code == 302
    form = {"key": "key-12345", "text_da": NAMED, "read": "true", "step": "send"}
    refused = submit(desk, f"{DESK}/{code}/{step}", form)
    assert refused.status_code == 422
    assert FIELD in refused.text
    assert 'href="#field-wording_reason"' in refused.text
    assert len(sent()) == 1
    done = submit(desk, f"{DESK}/{code}/{step}", {**form, "wording_reason": REASON})
    assert done.status_code == 302
    assert sent()[1] == ({"update": "update", "close": "closure"}[step], REASON)


def test_the_api_asks_for_the_same(api: Api) -> None:
    body = a_body(texts={"da": {"title": "Indbrud på Søvej", "body": NAMED}})
    code = api.post(body=body).json["code"]
    refused = api.post(f"/{code}/publish", key="key-0001")
    assert refused.status_code == 422
    assert refused.json["type"].endswith(":wording-reason-missing")
    assert "Jens Nielsen" in refused.json["detail"]
    assert list(refused.json["errors"]) == ["wording_reason"]
    done = api.post(f"/{code}/publish", {"wording_reason": REASON}, key="key-0001")
    assert done.status_code == 200
    again = api.post(f"/{code}/publish", key="key-0001")
    assert again.status_code == 200, "the same key sends nothing more and asks nothing"
    update = {"texts": {"da": NAMED}}
    assert api.post(f"/{code}/updates", update, key="key-0002").status_code == 422
    update["wording_reason"] = REASON  # type: ignore[assignment]
    made = api.post(f"/{code}/updates", update, key="key-0002")
    assert (made.status_code, made.json["wording_reason"]) == (201, REASON)
