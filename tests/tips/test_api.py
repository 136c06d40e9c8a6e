"""Cases and tips in JSON, for signed-in investigators."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from database import current_database
from tests.staff.factories import api_headers
from tests.tips.factories import MISSING, PHONE, ROBBERY, all_tips, make_appeal, text_in
from tips.models import Tip
from web.http.app import VarskoApp


@pytest.fixture
def tip(app: VarskoApp) -> Tip:
    """A new tip on the robbery; a second case to move it to."""
    with current_database().unit_of_work() as session:
        make_appeal(session)
        make_appeal(session, "MSSNG3", MISSING, "Savnet")
        text_in(session, f"Jeg så en varevogn, sag {ROBBERY}")
        return all_tips(session)[0]


def body(answer: TestResponse) -> dict[str, Any]:
    """What was answered, as JSON."""
    found: dict[str, Any] = json.loads(answer.text)
    return found


def test_cases_tips_and_one_tip_are_read(desk: FlaskClient, tip: Tip) -> None:
    cases = body(desk.get("/api/v1/cases"))["cases"]
    assert [(case["reference"], case["new"]) for case in cases] == [(ROBBERY, 1), (MISSING, 0)]
    page = body(desk.get(f"/api/v1/cases/{tip.case_id}/tips?status=new"))
    assert [(row["id"], row["sender"]) for row in page["tips"]] == [(tip.id, 1)]
    assert body(desk.get(f"/api/v1/cases/{tip.case_id}/tips?urgent=true"))["total"] == 0
    read = desk.get(f"/api/v1/tips/{tip.id}")
    assert body(read)["text"] == f"Jeg så en varevogn, sag {ROBBERY}"
    assert body(read)["status"] == "read"
    assert PHONE not in read.text


def test_a_tip_is_marked_and_moved_in_one_step(desk: FlaskClient, tip: Tip) -> None:
    change = {"status": "useful", "case_reference": MISSING, "reason": "Fejl sag"}
    answer = desk.patch(f"/api/v1/tips/{tip.id}", json=change, headers=api_headers(desk))
    assert answer.status_code == 200
    assert body(answer)["status"] == "useful"
    assert body(answer)["case_id"] != tip.case_id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "status"),
        ({"status": "brilliant"}, "status"),
        ({"status": "useful", "owner": 3}, "owner"),
        ({"case_reference": "vrøvl"}, "reference"),
        ({"case_reference": MISSING}, "reason"),
        ({"status": "useful", "case_reference": "vrøvl"}, "reference"),
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(
    desk: FlaskClient, tip: Tip, change: dict[str, object], field: str
) -> None:
    answer = desk.patch(f"/api/v1/tips/{tip.id}", json=change, headers=api_headers(desk))
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert field in body(answer)["errors"]
    with current_database().unit_of_work(writes=False) as session:
        found = session.get_one(Tip, tip.id)
        assert (found.status, found.case_id) == (tip.status, tip.case_id)


def test_what_does_not_exist_is_a_problem_document(desk: FlaskClient, tip: Tip) -> None:
    answer = desk.get("/api/v1/tips/999")
    assert answer.status_code == 404
    assert body(answer)["type"] == "urn:varsko:problem:tip-not-found"


def test_strangers_get_nothing(client: FlaskClient, tip: Tip) -> None:
    assert client.get("/api/v1/cases").status_code == 401
    assert client.get(f"/api/v1/tips/{tip.id}").status_code == 401
