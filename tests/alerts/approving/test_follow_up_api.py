"""What follows an alert takes the steps of its approval by the API too."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from alerts.composing.saving import find_alert
from alerts.models import AlertStatus, ReleaseKind
from database import current_database
from tests.alerts.approving.test_follow_up_pages import (
    API,
    approver,
    author,
    code,
    kinds_sent,
    signed_in,
)
from tests.staff.factories import api_headers

pytestmark = pytest.mark.one_database

__all__ = ["approver", "author", "code", "signed_in"]


def test_the_api_takes_the_same_steps(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    mine, theirs = api_headers(author), api_headers(approver)
    texts = {"da": {"title": "Indbrud på Søvej", "body": "Bilen er grå."}}
    refused = author.post(
        f"{API}/{code}/updates",
        headers={**mine, "Idempotency-Key": "a-key-of-mine"},
        json={"texts": {"da": "Bilen er grå."}},
    )
    assert refused.status_code == 409
    assert refused.json
    assert refused.json["reasons"] == ["whole_district"]
    wrong = author.post(
        f"{API}/{code}/follow-ups", headers=mine, json={"kind": "withdrawal", "texts": texts}
    )
    assert wrong.status_code == 422
    made = author.post(
        f"{API}/{code}/follow-ups", headers=mine, json={"kind": "update", "texts": texts}
    )
    assert made.status_code == 201, made.text
    assert made.json
    assert made.json["status"] == "submitted"
    address = f"{API}/{code}/follow-ups/{made.json['id']}"
    listed = approver.get(f"{API}/{code}/follow-ups").json
    assert listed
    assert [each["id"] for each in listed] == [made.json["id"]]
    seen = approver.get(address).json
    assert seen
    assert seen["recipients"] == 1
    assert seen["approval"]["is_missing"]
    read = {"fingerprint": seen["fingerprint"]}
    steps = [
        (author, mine, "approve", read, 403),
        (author, mine, "publish", read, 409),
        (approver, theirs, "return", {**read, "comment": "Hvilken?"}, 200),
        (author, mine, "submit", read, 200),
        (author, mine, "take-back", read, 200),
        (author, mine, "submit", read, 200),
        (approver, theirs, "approve", {"fingerprint": "x"}, 409),
        (approver, theirs, "approve", read, 200),
        (approver, theirs, "publish", read, 403),
        (author, mine, "publish", read, 200),
        (author, mine, "publish", read, 200),
        (author, mine, "cancel", read, 409),
    ]
    for client, headers, step, said, status in steps:
        answer = client.post(f"{address}/{step}", headers=headers, json=said)
        assert answer.status_code == status, (step, answer.text)
    assert kinds_sent(code) == [ReleaseKind.INITIAL, ReleaseKind.UPDATE]
    assert author.post(f"{address}/leap", headers=mine, json=read).status_code == 404
    with current_database().unit_of_work(writes=False) as session:
        assert find_alert(session, code).status is AlertStatus.ACTIVE
