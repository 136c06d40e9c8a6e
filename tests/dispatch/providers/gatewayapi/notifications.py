"""What the tests of GatewayAPI send and post."""

from __future__ import annotations

from typing import Any

import jwt
from flask.testing import FlaskClient
from sqlalchemy import select

from database import current_database
from dispatch import Dispatcher
from dispatch.models import Delivery, Receipt
from dispatch.signed_links import Purpose, Tokens
from simulator import CallbackPlan, Simulator
from tests.dispatch.factories import SMS, add_contacts, broadcast, delivery_to, number
from tests.dispatch.fixtures import deliver
from tests.settings import ENVIRONMENT, GATEWAYAPI_SECRET

SILENT = CallbackPlan(enabled=False)


def send_one(simulator: Simulator, dispatcher: Dispatcher) -> Delivery:
    (contact_id,) = add_contacts([number(1)])
    broadcast([SMS])
    deliver(simulator, dispatcher)
    return delivery_to(contact_id)


def status_path(delivery_id: int = 1, attempt: int = 1) -> str:
    token = Tokens(ENVIRONMENT["VARSKO_SECRET_KEY"]).make(Purpose.RECEIPT, delivery_id, attempt)
    return f"/webhooks/gatewayapi/status/{token}"


def report(path: str, **changes: Any) -> dict[str, Any]:
    """A notification, as the documentation shows one."""
    return {
        "id": 1000001,
        "msisdn": 4587654321,
        "time": 1450000000,
        "status": "DELIVERED",
        "error": None,
        "code": None,
        "userref": path.rpartition("/")[2],
        "charge_status": "CAPTURED",
        "country_code": "DK",
        "country_prefix": 45,
        **changes,
    }


def post(
    client: FlaskClient, path: str, claims: dict[str, Any], *, secret: str = GATEWAYAPI_SECRET,
    algorithm: str = "HS256",
) -> int:  # fmt: skip
    token = jwt.encode(claims, secret, algorithm=algorithm)
    return client.post(path, json=claims, headers={"X-Gwapi-Signature": token}).status_code


def receipts() -> list[tuple[int, int, str, str, str | None]]:
    with current_database().unit_of_work(writes=False) as session:
        return [
            (row.delivery_id, row.attempt, row.provider_ref, row.status, row.error_code)
            for row in session.scalars(select(Receipt).order_by(Receipt.id))
        ]
