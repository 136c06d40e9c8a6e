"""GatewayAPI's delivery reports."""

from __future__ import annotations

import jwt
import pytest
from flask.testing import FlaskClient

from database import utcnow
from dispatch import Dispatcher
from dispatch.models import DeliveryState
from dispatch.providers.base import AnswerKind, StatusAnswer, StatusQuery
from dispatch.providers.directory import ask_provider
from dispatch.providers.gatewayapi.client import GatewayApiProvider
from dispatch.providers.gatewayapi.codes import STATUSES
from simulator import Behaviour, Simulator
from tests.dispatch.factories import delivery_to, number
from tests.dispatch.fixtures import MakeApp
from tests.dispatch.providers.gatewayapi.notifications import (
    SILENT,
    post,
    receipts,
    report,
    send_one,
    status_path,
)
from tests.settings import GATEWAYAPI_SECRET
from web.http.app import VarskoApp


def test_a_status_is_stored_for_its_delivery(app: VarskoApp, client: FlaskClient) -> None:
    path = status_path(7, 2)
    assert post(client, path, report(path, status="UNDELIVERABLE", code="0x101a")) == 204
    assert receipts() == [(7, 2, "1000001", "UNDELIVERABLE", "0x101A")]


@pytest.mark.parametrize("status", STATUSES)
def test_every_documented_state_is_understood(status: str) -> None:
    ends = {
        "DELIVERED": DeliveryState.DELIVERED,
        "EXPIRED": DeliveryState.EXPIRED,
        "DELETED": DeliveryState.CANCELLED,
        "UNDELIVERABLE": DeliveryState.FAILED,
        "REJECTED": DeliveryState.FAILED,
        "SKIPPED": DeliveryState.FAILED,
    }
    assert GatewayApiProvider.state_of(status, None) is ends.get(status, DeliveryState.SENT)


def test_a_state_that_is_not_documented_changes_nothing(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.behave(number(1), Behaviour(callbacks=SILENT))
    sent = send_one(simulator, dispatcher)
    path = status_path(sent.id, 1)
    assert post(app_with_simulator.test_client(), path, report(path, status="TELEPORTED")) == 204
    dispatcher.drain()
    assert delivery_to(sent.contact_id).state is DeliveryState.SENT


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
@pytest.mark.parametrize(
    "how",
    [
        {"secret": "another secret than ours, as long as it"},
        {"secret": "", "algorithm": "none"},
        {"algorithm": "HS512"},
    ],
    ids=["wrong secret", "unsigned", "another algorithm"],
)
def test_a_status_that_is_not_signed_as_agreed_is_refused(
    app: VarskoApp, client: FlaskClient, how: dict[str, str]
) -> None:
    path = status_path()
    assert post(client, path, report(path), **how) == 403
    assert receipts() == []


def test_what_is_not_in_the_token_counts_for_nothing(app: VarskoApp, client: FlaskClient) -> None:
    path, other = status_path(), status_path(2)
    assert client.post(path, json=report(path)).status_code == 403
    assert post(client, path, report(other)) == 403
    token = jwt.encode(report(path, status="ENROUTE"), GATEWAYAPI_SECRET)
    headers = {"X-Gwapi-Signature": token}
    assert client.post(path, json=report(path), headers=headers).status_code == 204
    assert [row[3] for row in receipts()] == ["ENROUTE"]


@pytest.mark.parametrize("left_out", ["id", "status", "userref"])
def test_a_status_that_says_nothing_is_malformed(
    app: VarskoApp, client: FlaskClient, left_out: str
) -> None:
    claims = report(status_path())
    del claims[left_out]
    assert post(client, status_path(), claims) == 400
    assert receipts() == []


def test_what_became_of_a_message_is_asked_later_while_the_settings_are_removed(
    make_app: MakeApp,
) -> None:
    asked = StatusQuery(1, 1, utcnow(), "+4522334455", "Hej", provider_ref="1")
    with make_app(gatewayapi_token="", gatewayapi_webhook_secret="").app_context():
        assert ask_provider("gatewayapi", [asked]) == [StatusAnswer(AnswerKind.NOT_NOW)]


def test_who_has_no_account_there_takes_no_webhooks(make_app: MakeApp) -> None:
    app = make_app(gatewayapi_token="", gatewayapi_webhook_secret="")
    path = status_path()
    assert post(app.test_client(), path, report(path)) == 404
