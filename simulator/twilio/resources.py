"""Messages and the account in the JSON of Twilio's API."""

from __future__ import annotations

import json
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from simulator.phones.network import SmsMessage
from simulator.settings import SimulatorConfig
from simulator.twilio.errors import DELIVERY_ERRORS, REFUSALS


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return formatdate(seconds).replace("-0000", "+0000")


def rfc2822(when: float | None) -> str | None:
    """A time (seconds since 1970) as Twilio writes it: `Mon, 16 Aug 2010 03:45:01 +0000`."""
    return None if when is None else _second(int(when))


def message_json(config: SimulatorConfig, message: SmsMessage) -> dict[str, Any]:
    """A message as Twilio's Message resource."""
    account = f"/2010-04-01/Accounts/{config.account_sid}"
    uri = f"{account}/Messages/{message.sid}"
    by_service = message.service_sid is not None
    return {
        "account_sid": config.account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": rfc2822(message.created),
        "date_sent": rfc2822(message.sent),
        "date_updated": rfc2822(message.updated),
        "direction": message.direction.value,
        "error_code": message.error_code,
        "error_message": _explain(message.error_code),
        "from": None if by_service and message.sent is None else message.from_,
        "messaging_service_sid": message.service_sid,
        "num_media": str(message.media),
        "num_segments": "0" if by_service and message.sent is None else str(message.segments),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status.value,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def message_bytes(config: SimulatorConfig, message: SmsMessage) -> bytes:
    """The same as the body of an answer."""
    return json.dumps(message_json(config, message)).encode()


def account_json(config: SimulatorConfig) -> dict[str, Any]:
    """The Account resource (without the token, unlike Twilio's)."""
    account = f"/2010-04-01/Accounts/{config.account_sid}"
    return {
        "sid": config.account_sid,
        "friendly_name": "Varsko simulator",
        "status": "active",
        "type": "Full",
        "owner_account_sid": config.account_sid,
        "auth_token": None,
        "date_created": rfc2822(0),
        "date_updated": rfc2822(0),
        "subresource_uris": {"messages": f"{account}/Messages.json"},
        "uri": f"{account}.json",
    }


def _explain(code: int | None) -> str | None:
    if code is None:
        return None
    return DELIVERY_ERRORS.get(code) or REFUSALS.get(code, (0, "Unknown error"))[1]
