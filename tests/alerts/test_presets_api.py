"""The JSON API of templates and saved areas."""

from __future__ import annotations

import pytest

from staff.permissions import Role
from tests.alerts.factories import NORTH, SOUTH, Country
from tests.alerts.test_api import Api, sign_in_as
from web.http.app import VarskoApp

TEMPLATE = {
    "name": "Røg fra brand",
    "district": NORTH,
    "kind": "area_alert",
    "severity": "severe",
    "texts": {"da": {"title": "Røg ved [hvor]", "body": "Luk vinduer og døre."}},
}
AREA = {"name": "Bymidten", "district": NORTH, "target": {"areas": ["postcode:3400"]}}


@pytest.fixture
def api(app: VarskoApp, country: Country) -> Api:
    """An officer of the northern district."""
    return sign_in_as(app, Role.OFFICER, NORTH)


def delete(api: Api, preset: int) -> int:
    """The status of the answer."""
    headers = api.headers
    return api.client.delete(f"/api/v1/alerts/presets/{preset}", headers=headers).status_code


def test_one_is_made_listed_changed_and_deleted(api: Api, country: Country) -> None:
    made = api.post("/presets", TEMPLATE)
    assert made.status_code == 201, made.json
    assert made.headers["Location"].endswith(f"/presets/{made.json['id']}")
    assert {name: made.json[name] for name in TEMPLATE} == TEMPLATE
    assert (made.json["target"], made.json["version"]) == (None, 1)
    area = api.post("/presets", AREA)
    assert (area.json["kind"], area.json["texts"]) == (None, {})
    assert area.json["target"] == {"area_ids": [country.p3400]}
    assert [one["name"] for one in api.get("/presets").json] == ["Røg fra brand", "Bymidten"]

    path = f"/presets/{made.json['id']}"
    changed = api.patch(path, {"name": "Røg", "target": AREA["target"], "version": 1})
    assert (changed.json["name"], changed.json["version"]) == ("Røg", 2)
    assert changed.json["texts"] == TEMPLATE["texts"]
    stale = api.patch(path, {"name": "Damp", "version": 1})
    assert (stale.status_code, stale.content_type) == (409, "application/problem+json")
    assert api.patch(path, {"target": None}).json["target"] is None
    assert api.get(path).json["name"] == "Røg"

    assert delete(api, made.json["id"]) == 204
    assert api.get(path).status_code == 404
    assert delete(api, made.json["id"]) == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**TEMPLATE, "name": " "}, "name"),
        ({**TEMPLATE, "texts": {}}, "texts.da"),
        ({**TEMPLATE, "kind": "rumour"}, "kind"),
        ({**TEMPLATE, "target": {"areas": ["postcode:0001"]}}, "areas"),
        ({**AREA, "target": None}, "target"),
        ({**AREA, "texts": TEMPLATE["texts"]}, "texts"),
        ({"name": "Bymidten"}, "district"),
    ],
)
def test_a_mistake_is_answered_with_its_field(
    api: Api, body: dict[str, object], field: str
) -> None:
    answer = api.post("/presets", body)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert any(name.startswith(field) for name in answer.json["errors"])
    assert api.get("/presets").json == []


def test_other_districts_and_roles_are_kept_out(app: VarskoApp, api: Api) -> None:
    preset = api.post("/presets", TEMPLATE).json["id"]
    assert api.post("/presets", {**TEMPLATE, "district": SOUTH}).status_code == 403
    stranger = sign_in_as(app, Role.OFFICER, SOUTH)
    assert stranger.get("/presets").json == []
    assert stranger.get(f"/presets/{preset}").status_code == 404
    assert stranger.patch(f"/presets/{preset}", {"name": "Mit"}).status_code == 404
    assert delete(stranger, preset) == 404
    assert sign_in_as(app, Role.INVESTIGATOR, NORTH).get("/presets").status_code == 403
