"""GatewayAPI's webhooks: a JSON body, and the same claims in a signed token.

https://gatewayapi.com/docs/apis/rest/#webhooks. The body of an answer is ignored; after
one that is not 2xx the webhook is repeated later (see `SimulatorConfig.gatewayapi_retries`).
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from simulator.behaviour import FINAL, Status
from simulator.gatewayapi.errors import SMS_ERRORS, hexadecimal
from simulator.http.signatures import Signature, claim_headers
from simulator.http.webhook_client import WebhookAnswer, WebhookClient
from simulator.phones.network import SmsMessage
from simulator.phones.provider_webhooks import InboundAnswer
from simulator.settings import SimulatorConfig

STATES = {
    Status.SCHEDULED: "SCHEDULED",
    Status.QUEUED: "BUFFERED",
    Status.ACCEPTED: "BUFFERED",
    Status.SENDING: "ENROUTE",
    Status.SENT: "ENROUTE",
    Status.DELIVERED: "DELIVERED",
    Status.UNDELIVERED: "UNDELIVERABLE",
    Status.FAILED: "REJECTED",
    Status.CANCELED: "DELETED",
    Status.EXPIRED: "EXPIRED",
    Status.SKIPPED: "SKIPPED",
}
"""GatewayAPI's names for the states of a message."""


class GatewayApiWebhooks:
    """Posts JSON with a signed token. Belongs to the simulator's event loop."""

    def __init__(self, config: SimulatorConfig, webhooks: WebhookClient) -> None:
        self._config = config
        self._webhooks = webhooks
        self._later: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Drop the webhooks waiting to be repeated."""
        for task in self._later:
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)

    async def report(self, message: SmsMessage, status: Status, error_code: int | None) -> None:
        """Report a message's state to the service."""
        claims: dict[str, Any] = {
            "id": message_id(message),
            "msisdn": int(message.to[1:]),
            "time": int(time.time()),
            "status": STATES[status],
            "error": None,
            "code": None,
            "userref": message.reference or None,
            "callback_url": message.status_callback,
            "country_code": country(message.to),
            "api": 4,
        }
        if error_code is not None and status in FINAL:
            claims["code"] = hexadecimal(error_code)
            claims["error"] = SMS_ERRORS.get(error_code)
        await self._post(message.status_callback, claims)

    async def hand_over(self, message: SmsMessage, url: str, signature: Signature) -> InboundAnswer:
        """Post a message from a phone to the service."""
        claims = {
            "id": message_id(message),
            "msisdn": int(message.from_[1:]),
            "receiver": int(message.to[1:]),
            "message": message.body,
            "senttime": int(message.created),
            "webhook_label": "simulator",
            "country_code": country(message.from_),
        }
        answer = await self._post(url, claims, signature)
        what = f"HTTP {answer.status}" if answer.status else answer.problem
        problem = "" if answer.ok else f"the webhook answered badly: {what}"
        return InboundAnswer(answer.status, problem=problem)

    async def _post(
        self, url: str, claims: dict[str, Any], signature: Signature = Signature.VALID
    ) -> WebhookAnswer:
        answer = await self._once(url, claims, signature)
        if not answer.ok and signature is Signature.VALID:
            task = asyncio.create_task(self._again(url, claims))
            self._later.add(task)
            task.add_done_callback(self._later.discard)
        return answer

    async def _again(self, url: str, claims: dict[str, Any]) -> None:
        for delay in self._config.gatewayapi_retries:
            await asyncio.sleep(delay)
            if (await self._once(url, claims, Signature.VALID)).ok:
                break

    async def _once(self, url: str, claims: dict[str, Any], signature: Signature) -> WebhookAnswer:
        headers = claim_headers(self._config.gatewayapi_secret, claims, signature)
        headers["Content-Type"] = "application/json"
        return await self._webhooks.post(url, json.dumps(claims).encode(), headers)


def message_id(message: SmsMessage) -> int:
    """The id of a message. It is the same for all its recipients, whose sids begin with it."""
    return int(message.sid.partition(".")[0])


def country(number: str) -> str:
    """The code of a number's country."""
    return "DK" if number.startswith("+45") else "SE" if number.startswith("+46") else ""
