"""An alert takes the steps of its approval by the API too."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from database import current_database
from tests.alerts.approving.test_pages import (
    API,
    approver,
    author,
    code,
    signed_in,
)
from tests.alerts.factories import Country, make_draft, make_officer
from tests.staff.factories import api_headers

pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("always")]

__all__ = ["approver", "author", "code", "signed_in"]


def test_the_api_takes_the_same_steps(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    mine, theirs = api_headers(author), api_headers(approver)
    key = {**mine, "Idempotency-Key": "a-key-of-the-api"}
    refused = author.post(f"{API}/{code}/publish", headers=key)
    assert refused.status_code == 409
    assert refused.json
    assert refused.json["type"] == "urn:varsko:problem:approval-missing"
    assert refused.json["reasons"] == ["recipients"]
    assert author.post(f"{API}/{code}/submit", headers=mine, json={}).status_code == 200
    seen = approver.get(f"{API}/{code}/preview").json
    assert seen
    assert seen["approval"]["is_missing"]
    assert [reason["kind"] for reason in seen["approval"]["reasons"]] == ["recipients"]
    read = {"fingerprint": seen["fingerprint"]}
    assert approver.post(f"{API}/{code}/approve", headers=theirs, json={}).status_code == 422
    stale = approver.post(f"{API}/{code}/approve", headers=theirs, json={"fingerprint": "x"})
    assert stale.status_code == 409
    for step in ("approve", "return"):
        said = {**read, "comment": "Vent lidt"} if step == "return" else read
        assert approver.post(f"{API}/{code}/{step}", headers=theirs, json=said).status_code == 200
    assert author.post(f"{API}/{code}/submit", headers=mine, json={}).status_code == 200
    assert author.post(f"{API}/{code}/take-back", headers=mine).status_code == 200
    author.post(f"{API}/{code}/submit", headers=mine, json={"comment": "Igen"})
    assert author.post(f"{API}/{code}/approve", headers=mine, json=read).status_code == 403
    approver.post(f"{API}/{code}/approve", headers=theirs, json=read)
    sent = author.post(f"{API}/{code}/publish", headers=key)
    assert sent.status_code == 200, sent.text
    whole = author.get(f"{API}/{code}").json
    assert whole
    assert [step["kind"] for step in whole["approval_steps"]] == [
        "submitted", "approved", "returned", "submitted", "taken_back", "submitted", "approved",
    ]  # fmt: skip
    assert whole["approval_steps"][2] == {
        **whole["approval_steps"][2], "by": "Gerda Godkender", "comment": "Vent lidt",
    }  # fmt: skip


def test_the_api_rejects_and_sends_without_approval(
    author: FlaskClient, approver: FlaskClient, country: Country, code: str
) -> None:
    mine = api_headers(author)
    key = {**mine, "Idempotency-Key": "a-key-of-the-api"}
    short = author.post(
        f"{API}/{code}/publish-without-approval", headers=key, json={"reason": "Haster"}
    )
    assert short.status_code == 422
    assert short.json
    assert "reason" in short.json["errors"]
    reason = {"reason": "Der er ingen på vagt"}
    sent = author.post(f"{API}/{code}/publish-without-approval", headers=key, json=reason)
    assert sent.status_code == 200
    with current_database().unit_of_work() as session:
        other = make_draft(session, country, make_officer(session)).code
    author.post(f"{API}/{other}/submit", headers=mine, json={})
    seen = approver.get(f"{API}/{other}/preview").json
    assert seen
    said = {"fingerprint": seen["fingerprint"], "comment": "Sagen er lukket"}
    rejected = approver.post(f"{API}/{other}/reject", headers=api_headers(approver), json=said)
    assert rejected.json
    assert rejected.json["status"] == "rejected"
