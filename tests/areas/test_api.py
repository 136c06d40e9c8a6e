"""The areas in JSON."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from web.http.app import VarskoApp


@pytest.fixture
def client(shipped_app: VarskoApp) -> FlaskClient:
    """Anybody, without a cookie."""
    return shipped_app.test_client(use_cookies=False)


def read(client: FlaskClient, path: str) -> dict[str, Any]:
    """The JSON of a page that is there."""
    answer = client.get(path)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def test_anybody_may_search(client: FlaskClient) -> None:
    answer = client.get("/api/v1/areas?q=hilleroed")
    assert answer.status_code == 200
    assert answer.json == {
        "areas": [
            {
                "key": "municipality:0219",
                "country": "dk",
                "kind": "municipality",
                "code": "0219",
                "name": "Hillerød",
                "title": "Hillerød Kommune",
                "score": 1.0,
                "exact": True,
                "local_name": None,
            },
            {
                "key": "postcode:3400",
                "country": "dk",
                "kind": "postcode",
                "code": "3400",
                "name": "Hillerød",
                "title": "3400 Hillerød",
                "score": 1.0,
                "exact": True,
                "local_name": None,
            },
        ]
    }
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "query", ["", "?q=", "?q=" + "a" * 101, "?q=a&limit=0", "?q=a&limit=21", "?q=a&limit=x"]
)
def test_a_bad_search_says_which_field(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/areas{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"].keys() <= {"q", "limit"}


def test_an_area_shows_where_it_is(client: FlaskClient) -> None:
    area = read(client, "/api/v1/areas/neighbourhood/demo-01")
    assert area["bbox"] == [12.28, 55.9175, 12.2901, 55.9247]
    assert [parent["title"] for parent in area["parents"]] == [
        "3400 Hillerød",
        "Hillerød Kommune",
        "Nordsjællands Politi",
    ]
    assert area["has_boundary"] is True
    assert "boundary" not in area


def test_a_boundary_comes_when_asked_for(client: FlaskClient) -> None:
    area = read(client, "/api/v1/areas/neighbourhood/demo-01?boundary=true")
    assert area["boundary"]["type"] == "Polygon"
    assert area["boundary"]["coordinates"][0][0] == area["boundary"]["coordinates"][0][-1]
    postcode = read(client, "/api/v1/areas/postcode/3400?boundary=true")
    assert postcode["has_boundary"] is False
    assert postcode["boundary"] is None


def test_titles_speak_english_under_en(client: FlaskClient) -> None:
    area = read(client, "/en/api/v1/areas/municipality/0219")
    assert area["title"] == "Hillerød Municipality"


@pytest.mark.parametrize("path", ["postcode/9999", "postcode/%00", "county/1"])
def test_an_unknown_area_is_a_problem_404(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/api/v1/areas/{path}")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
