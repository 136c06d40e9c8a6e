"""Reads requests to send and checks that they are permitted: all of a request, or none of it.

https://gatewayapi.com/docs/apis/rest/#advanced-use
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from simulator.behaviour import DELIVERED, DeliveryResult, Status
from simulator.gatewayapi.errors import API_ERRORS, SMS_ERRORS, GatewayRefused
from simulator.gatewayapi.webhooks import country
from simulator.phones.network import Network
from simulator.phones.segments import as_basic
from simulator.settings import SimulatorConfig

_SENDER = re.compile(r"\d{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_MSISDN = re.compile(r"[1-9]\d{6,14}")
_MOST_RECIPIENTS = 10_000
_CLASSES = ("standard", "premium", "secret")
_PRIORITIES = ("BULK", "NORMAL", "URGENT", "VERY_URGENT")
_ENCODINGS = ("UTF8", "UCS2")


@dataclass(frozen=True, slots=True)
class SendRequest:
    """One message of a request; `recipients` are E.164 numbers."""

    sender: str
    text: str
    recipients: tuple[str, ...]
    reference: str
    callback_url: str
    wants_details: bool


class SendRequests:
    """Checks requests against the account, the opt-outs and GatewayAPI's rules."""

    def __init__(self, config: SimulatorConfig, network: Network) -> None:
        self._config = config
        self._network = network

    def read(self, raw: bytes) -> list[SendRequest]:
        """The messages of a request. Raises GatewayRefused if it is malformed."""
        try:
            said = json.loads(raw)
        except ValueError:
            raise GatewayRefused.with_status(422) from None
        asked = said if isinstance(said, list) else [said]
        if not asked:
            raise GatewayRefused(0x0222, "message")
        if not all(isinstance(one, dict) for one in asked):
            raise GatewayRefused.with_status(422)
        classes = {one.get("class", "standard") for one in asked}
        if len(classes) != 1 or not classes <= set(_CLASSES):
            raise GatewayRefused(0x0218, ", ".join(map(str, classes)))
        return [self._read_one(one) for one in asked]

    def _read_one(self, asked: dict[str, Any]) -> SendRequest:
        for name in ("message", "recipients"):
            if not asked.get(name):
                raise GatewayRefused(0x0222, name)
        for name, allowed in (("priority", _PRIORITIES), ("encoding", _ENCODINGS)):
            if asked.get(name, allowed[0]) not in allowed:
                raise GatewayRefused(0x0308, name)
        if "URGENT" in asked.get("priority", "") and asked.get("class") != "premium":
            raise GatewayRefused(0x0311, asked["priority"])
        sender, callback = (
            str(asked.get("sender", "GatewayAPI")),
            str(asked.get("callback_url", "")),
        )
        if not _SENDER.fullmatch(sender):
            raise GatewayRefused(0x0308, "sender")
        if callback and urlsplit(callback).scheme not in ("http", "https"):
            raise GatewayRefused(0x0308, "callback_url")
        validity = asked.get("validity_period", 60)
        if not isinstance(validity, int) or validity < 0:
            raise GatewayRefused(0x0308, "validity_period")
        text = str(asked["message"])
        return SendRequest(
            sender=f"+{sender}" if sender.isdecimal() else sender,
            text=text if asked.get("encoding") == "UCS2" else as_basic(text),
            recipients=tuple(_recipients(asked["recipients"])),
            reference=str(asked.get("userref") or ""),
            callback_url=callback,
            wants_details=asked.get("extra_details") == "recipients_usage",
        )

    def check(self, wanted: list[SendRequest]) -> None:
        """Raises GatewayRefused for the first recipient that may not be sent to."""
        for one in wanted:
            for recipient in one.recipients:
                self._check(recipient, one.sender)

    def _check(self, recipient: str, sender: str) -> None:
        permitted = self._config.permitted_prefixes
        if permitted and not recipient.startswith(permitted):
            raise GatewayRefused(0x0217, country(recipient))
        if (recipient, sender) in self._network.opted_out:
            raise GatewayRefused(0x0215, recipient[1:])
        code = self._scripted_code(recipient)
        if code in API_ERRORS:
            raise GatewayRefused(code, recipient[1:])

    def _scripted_code(self, recipient: str) -> int:
        prefix = self._config.scripted_prefix
        digits = recipient[len(prefix) :] if prefix and recipient.startswith(prefix) else ""
        return int(digits) if len(digits) == 5 else 0

    def result_of(self, recipient: str) -> DeliveryResult:
        """How a message to this number ends."""
        code = self._scripted_code(recipient)
        return DeliveryResult(Status.UNDELIVERED, code) if code in SMS_ERRORS else DELIVERED


def _recipients(asked: Any) -> Iterator[str]:
    if not isinstance(asked, list) or len(asked) > _MOST_RECIPIENTS:
        raise GatewayRefused(0x0308, "recipients")
    seen: set[str] = set()
    for recipient in asked:
        msisdn = str(recipient.get("msisdn", "")) if isinstance(recipient, dict) else ""
        is_danish = msisdn.startswith("45")
        if not _MSISDN.fullmatch(msisdn) or (is_danish and len(msisdn) != 10):
            raise GatewayRefused(0x0308, "msisdn")
        if msisdn in seen:
            raise GatewayRefused(0x0310, msisdn)
        seen.add(msisdn)
        yield f"+{msisdn}"
