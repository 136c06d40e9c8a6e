"""The JSON API: one alert from draft to closed, and every mistake answered as a problem."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from database import current_database, utcnow
from staff.permissions import Role
from tests.alerts.factories import CASE, NORTH, SOUTH, Country, make_reader
from tests.areas.norway import import_norway
from tests.staff.factories import api_headers, make_staff, sign_in
from web.http.app import VarskoApp

URL = "/api/v1/alerts"


class Answer:
    """A response, its JSON read."""

    def __init__(self, response: TestResponse) -> None:
        self.status_code = response.status_code
        self.headers = response.headers
        self.content_type = response.content_type
        self.json: Any = response.get_json()


class Api:
    """A signed-in program."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.headers = api_headers(client)

    def post(self, path: str = "", body: Any = None, key: str = "") -> Answer:
        """Post JSON, with an Idempotency-Key if given."""
        extra = {"Idempotency-Key": key} if key else {}
        return Answer(self.client.post(URL + path, json=body, headers={**self.headers, **extra}))

    def patch(self, path: str, body: Any) -> Answer:
        """Change something."""
        return Answer(self.client.patch(URL + path, json=body, headers=self.headers))

    def get(self, path: str = "") -> Answer:
        """Read something."""
        return Answer(self.client.get(URL + path))


def sign_in_as(app: VarskoApp, role: Role, *districts: str) -> Api:
    """A program signed in as somebody with this role."""
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [role], districts)
    client = app.test_client()
    sign_in(client, staff)
    return Api(client)


@pytest.fixture
def api(app: VarskoApp, country: Country) -> Api:
    """An officer of the northern district, and two readers of 3400."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        make_reader(session, country.p3400, "en")
    return sign_in_as(app, Role.OFFICER, NORTH)


def a_body(**changes: Any) -> dict[str, Any]:
    """A witness appeal as JSON."""
    return {
        "kind": "witness_appeal",
        "case_reference": CASE,
        "target": {"areas": ["postcode:3400"]},
        "texts": {"da": {"title": "Indbrud på Søvej", "body": "Har du set en hvid varevogn?"}},
        **changes,
    }


def test_an_alert_goes_from_draft_to_stopped_and_closed(api: Api) -> None:
    made = api.post("", a_body())
    assert made.status_code == 201, made.json
    code = made.json["code"]
    assert made.headers["Location"].endswith(f"{URL}/{code}")
    assert (made.json["status"], made.json["severity"]) == ("draft", "moderate")

    english = {"da": {"title": "A", "body": "B"}, "en": {"title": "C", "body": "D"}}
    changed = api.patch(f"/{code}", {"texts": english})
    assert changed.json["texts"]["en"] == {"title": "C", "body": "D"}
    assert changed.json["case_reference"] == CASE

    preview = api.get(f"/{code}/preview").json
    assert preview["recipients"] == 2
    assert preview["segments"] >= 2
    texts = [message for message in preview["messages"] if message["channel"] == "sms"]
    assert [(m["language"], m["recipients"]) for m in texts] == [("da", 1), ("en", 1)]

    first = api.post(f"/{code}/publish", key="key-0001")
    again = api.post(f"/{code}/publish", key="key-0001")
    assert (first.status_code, first.json["status"]) == (200, "sending")
    assert (again.status_code, again.json) == (first.status_code, first.json)
    refused = api.post(f"/{code}/publish", key="key-0002")
    assert (refused.status_code, refused.json["state"]) == (409, "sending")
    assert refused.content_type == "application/problem+json"

    assert api.get(f"/{code}/progress").json["total"] == 2
    update = api.post(f"/{code}/updates", {"texts": {"da": "Bilen er grå."}}, key="key-0003")
    assert (update.status_code, update.json["kind"]) == (201, "update")
    assert api.post(f"/{code}/stop").json["status"] == "stopped"
    closed = api.post(f"/{code}/close", {"texts": {"da": "Fundet."}}, key="key-0004")
    assert (closed.json["status"], closed.json["outcome"]) == ("closed", "resolved")
    releases = api.get(f"/{code}").json["releases"]
    assert [release["kind"] for release in releases] == ["initial", "update", "closure"]


def test_the_second_of_two_who_change_a_draft_is_told_what_changed(api: Api) -> None:
    soon = (utcnow() + timedelta(days=2)).isoformat()
    made = api.post("", a_body(kind="area_alert", send_at=soon)).json
    address = f"/{made['code']}"
    seen = api.get(address).json["version"]
    assert seen == made["version"]
    theirs = {"da": {"title": "Indbrud på Søvej", "body": "Bilen var grå."}}
    first = api.patch(address, {"texts": theirs, "severity": "severe", "version": seen})
    assert first.status_code == 200
    assert first.json["version"] != seen

    mine = {"da": {"title": "Indbrud på Søvej", "body": "Bilen var blå."}}
    for body in ({"texts": mine}, {"send_at": None}):
        late = api.patch(address, {**body, "version": seen})
        assert late.status_code == 409
        assert sorted(late.json["changed"]) == ["severity", "texts"]
        assert late.json["current"]["texts"] == theirs
        assert late.json["current"]["version"] == first.json["version"]
        assert api.get(address).json["texts"] == theirs
    assert api.get(address).json["send_at"] is not None

    same = api.patch(address, {"texts": theirs, "version": seen})
    assert same.status_code == 200
    again = api.patch(address, {"texts": mine, "version": late.json["current"]["version"]})
    assert again.json["texts"] == mine
    unknown = api.patch(address, {"send_at": None, "version": "from another program"})
    assert unknown.status_code == 409
    assert "target" in unknown.json["changed"]


def test_a_change_without_a_version_keeps_what_it_does_not_name(api: Api) -> None:
    code = api.post("", a_body(kind="area_alert")).json["code"]
    assert api.patch(f"/{code}", {"severity": "severe"}).status_code == 200
    changed = api.patch(f"/{code}", {"send_at": (utcnow() + timedelta(days=2)).isoformat()})
    assert changed.json["severity"] == "severe"


def test_an_alert_tells_the_official_codes_of_its_areas(
    app: VarskoApp, api: Api, tmp_path: Path
) -> None:
    with current_database().unit_of_work() as session:
        import_norway(session, tmp_path)
    made = api.post("", a_body())
    shown = api.get(f"/{made.json['code']}").json
    assert shown["geocodes"] == [{"valueName": "DK.postnummer", "value": "3400"}]
    there = a_body(target={"areas": ["no:postcode:3400"]})
    assert api.post("", there).status_code == 403
    assert sign_in_as(app, Role.OFFICER, "1").post("", there).status_code == 403
    abroad = sign_in_as(app, Role.OFFICER, "no:1").post("", there)
    assert abroad.json["districts"] == ["no:1"]
    officer = sign_in_as(app, Role.OFFICER, "no:1")
    shown = officer.get(f"/{abroad.json['code']}").json
    assert shown["geocodes"] == [{"valueName": "NO.postnummer", "value": "3400"}]


def test_the_list_is_read_page_by_page(api: Api) -> None:
    codes = [api.post("", a_body()).json["code"] for _ in range(3)]
    api.post(f"/{codes[0]}/cancel")
    first = api.get("?limit=2").json
    second = api.get(f"?limit=2&after={first['next']}").json
    assert [item["code"] for item in first["items"] + second["items"]] == codes[::-1]
    assert second["next"] is None
    cancelled = api.get("?status=cancelled").json["items"]
    assert [item["code"] for item in cancelled] == [codes[0]]
    assert api.get("?after=NOSUCH").status_code == 422


def test_a_cursor_tells_nothing_of_others_drafts(app: VarskoApp, api: Api) -> None:
    others_draft = api.post("", a_body()).json["code"]
    elsewhere = sign_in_as(app, Role.OFFICER, SOUTH)
    theirs, unknown = elsewhere.get(f"?after={others_draft}"), elsewhere.get("?after=NOSUCH")
    assert theirs.status_code == unknown.status_code == 422
    assert theirs.json["errors"] == unknown.json["errors"]


RING = [[12.25, 55.92], [12.35, 55.92], [12.35, 55.96], [12.25, 55.96], [12.25, 55.92]]
WRONG: list[tuple[dict[str, Any], str]] = [
    (a_body(colour="red"), "colour"),
    (a_body(kind="gossip"), "kind"),
    (a_body(texts={"da": {"title": "T"}}), "texts"),
    (a_body(texts={"da": {"title": "T", "body": "x" * 900}}), "texts.da.body"),
    (a_body(target={"areas": ["postcode:3400"], "planet": "Mars"}), "target"),
    (a_body(send_at="2001-01-01T12:00:00Z"), "send_at"),
    (a_body(send_at="2031-01-01T12:00:00"), "send_at"),
    (a_body(case_reference="abc"), "case_reference"),
    ({}, "kind"),
]
CROSSING = {"type": "Polygon", "coordinates": [RING[:2] + RING[3:1:-1] + RING[:1]]}
SWAPPED = {"type": "Polygon", "coordinates": [[[lat, lon] for lon, lat in RING]]}
COUNTRY = {"type": "Polygon", "coordinates": [[[7, 54], [16, 54], [16, 58], [7, 58], [7, 54]]]}
EMPTY: dict[str, Any] = {"type": "Polygon", "coordinates": []}


def test_mistakes_are_answered_with_what_is_wrong_and_nothing_is_kept(api: Api) -> None:
    for body, field in WRONG:
        answer = api.post("", body)
        assert answer.status_code == 422, body
        assert field in answer.json["errors"], answer.json
    for shape in (CROSSING, SWAPPED, COUNTRY, EMPTY):
        answer = api.post("", a_body(target={"shape": shape}))
        assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
        assert answer.json["detail"]
    malformed = api.client.post(
        URL, data="{", headers={**api.headers, "Content-Type": "application/json"}
    )
    assert malformed.status_code == 400
    assert api.get().json["items"] == []


def test_publishing_asks_for_a_key(api: Api) -> None:
    code = api.post("", a_body()).json["code"]
    answer = api.post(f"/{code}/publish")
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json["errors"]


def test_each_role_and_district_does_what_is_theirs(app: VarskoApp, api: Api) -> None:
    code = api.post("", a_body()).json["code"]
    investigator = sign_in_as(app, Role.INVESTIGATOR, NORTH)
    assert investigator.get(f"/{code}").status_code == 200
    assert investigator.post("", a_body()).status_code == 403
    assert investigator.post(f"/{code}/publish", key="key-0001").status_code == 403
    southerner = sign_in_as(app, Role.OFFICER, SOUTH)
    assert southerner.post("", a_body()).status_code == 403
    # Another district's draft does not exist for them.
    assert southerner.post(f"/{code}/publish", key="key-0001").status_code == 404
    administrator = sign_in_as(app, Role.ADMINISTRATOR, NORTH)
    assert administrator.get(f"/{code}").status_code == 403
    assert app.test_client().get(f"{URL}/{code}").status_code == 401


def test_the_api_describes_itself_to_anybody(app: VarskoApp) -> None:
    answer = Answer(app.test_client().get("/api/v1/openapi.json"))
    assert answer.status_code == 200
    assert f"{URL}/{{code}}/publish" in answer.json["paths"]
