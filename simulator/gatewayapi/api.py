"""GatewayAPI's REST API for messages: authentication, limits, sending and looking up.

https://gatewayapi.com/docs/apis/rest/. A request to send is accepted as a whole or not at all.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import random
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulator.behaviour import Answer, Behaviour, Status
from simulator.behaviour_script import Script
from simulator.gatewayapi.errors import SMS_ERRORS, GatewayRefused, hexadecimal
from simulator.gatewayapi.send_requests import SendRequest, SendRequests
from simulator.gatewayapi.webhooks import STATES, country, message_id
from simulator.http.limits import Limits
from simulator.http.no_answer import hang, reset_connection
from simulator.phones.deliveries import Deliveries
from simulator.phones.network import Direction, Network, ProviderName, SmsMessage, new_message
from simulator.settings import SimulatorConfig

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Behaviours = dict[str, Behaviour]

_PRICE = 0.36  # kroner a segment
_NOT_STORED = frozenset({Status.QUEUED, Status.ACCEPTED, Status.SCHEDULED})


class GatewayApi:
    """The API's handlers. Belongs to the simulator's event loop."""

    def __init__(
        self,
        config: SimulatorConfig,
        network: Network,
        deliveries: Deliveries,
        script: Script[Behaviour],
        on_accept: Callable[[SmsMessage], None],
    ) -> None:
        self._config = config
        self._network = network
        self._deliveries = deliveries
        self._script = script
        self._requests = SendRequests(config, network)
        self._on_accept = on_accept
        self._limits = Limits(config.rate_limit, config.concurrency_limit)
        self._random = random.Random(config.seed)  # noqa: S311 (repeatable, not secret)
        credentials = base64.b64encode(f"{config.gatewayapi_token}:".encode())
        self._authorizations = (
            b"Basic " + credentials,
            b"Token " + config.gatewayapi_token.encode(),
        )

    def routes(self) -> list[web.RouteDef]:
        """The API's routes."""
        return [
            web.post("/rest/mtsms", self._guard(self.create)),
            web.get(r"/rest/mtsms/{id:\d+}", self._guard(self.fetch)),
            web.route("*", "/rest/{rest:.*}", self._guard(self.nothing)),
        ]

    def _guard(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            given = request.headers.get("Authorization", "").encode()
            try:
                if not any(hmac.compare_digest(given, known) for known in self._authorizations):
                    raise GatewayRefused(0x0210, "unknown")
                if not self._limits.enter():
                    raise GatewayRefused.with_status(429, self._config.retry_after)
                try:
                    if self._config.latency:
                        await asyncio.sleep(self._config.latency)
                    return await handler(request)
                finally:
                    self._limits.leave()
            except GatewayRefused as refused:
                return _refusal(refused)

        return guarded

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Send messages."""
        wanted = self._requests.read(await request.read())
        behaviours = self._behaviours(wanted)
        if behaviours:
            return await self._scripted(request, wanted, behaviours)
        if self._config.error_rate and self._random.random() < self._config.error_rate:
            raise GatewayRefused.with_status(500)
        return self._accept(wanted, behaviours)

    def _behaviours(self, wanted: list[SendRequest]) -> Behaviours:
        """The scripted behaviours for these recipients, by their numbers."""
        taken = (
            (recipient, self._script.take(recipient, one.text, one.sender))
            for one in wanted
            for recipient in one.recipients
        )
        return {recipient: behaviour for recipient, behaviour in taken if behaviour is not None}

    async def _scripted(
        self, request: web.Request, wanted: list[SendRequest], behaviours: Behaviours
    ) -> web.StreamResponse:
        """A request is accepted or refused as a whole: the first scripted recipient decides."""
        latency = max(behaviour.latency for behaviour in behaviours.values())
        if latency:
            await asyncio.sleep(latency)
        for recipient, behaviour in behaviours.items():
            if behaviour.error is not None:
                raise GatewayRefused(behaviour.error, recipient[1:])
        answer: web.StreamResponse = web.Response(status=204)
        if all(behaviour.accept for behaviour in behaviours.values()):
            answer = self._accept(wanted, behaviours)
        for behaviour in behaviours.values():
            if behaviour.answer is Answer.RESET:
                reset_connection(request)
                break
            if behaviour.answer is Answer.HANG:
                await hang(request)
                break
            if behaviour.http_status is not None:
                raise GatewayRefused.with_status(behaviour.http_status, behaviour.retry_after)
        return answer

    def _accept(self, wanted: list[SendRequest], behaviours: Behaviours) -> web.Response:
        self._requests.check(wanted)
        accepted = [self._messages(one) for one in wanted]
        answer = web.json_response(_accepted_json(wanted, accepted))
        for messages in accepted:
            for message in messages:
                self._network.add(message)
                self._on_accept(message)
                behaviour = behaviours.get(message.to)
                result = (behaviour.result if behaviour else None) or self._requests.result_of(
                    message.to
                )
                self._deliveries.begin(message, result, behaviour.callbacks if behaviour else None)
        return answer

    def _messages(self, one: SendRequest) -> list[SmsMessage]:
        """One message for each recipient; their sids begin with the first one's id."""
        messages: list[SmsMessage] = []
        for recipient in one.recipients:
            sid = f"{messages[0].sid}.{len(messages)}" if messages else None
            messages.append(
                new_message(
                    Direction.API,
                    one.sender,
                    recipient,
                    one.text,
                    status=Status.QUEUED,
                    sid=sid,
                    status_callback=one.callback_url,
                    provider=ProviderName.GATEWAYAPI,
                    reference=one.reference,
                )
            )
        return messages

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """Look one message up, once it has left the queue."""
        sid = request.match_info["id"]
        found: list[SmsMessage] = []
        while message := self._network.messages.get(f"{sid}.{len(found)}" if found else sid):
            found.append(message)
        is_stored = found and found[0].status not in _NOT_STORED
        if not is_stored or found[0].provider is not ProviderName.GATEWAYAPI:
            raise GatewayRefused.with_status(404)
        return web.json_response([_message_json(found)])

    async def nothing(self, request: web.Request) -> web.StreamResponse:
        """Answer any other request with 404."""
        raise GatewayRefused.with_status(404)


def _accepted_json(wanted: list[SendRequest], accepted: list[list[SmsMessage]]) -> dict[str, Any]:
    """The answer to a request that was accepted."""
    countries: dict[str, int] = {}
    for message in (message for messages in accepted for message in messages):
        code = country(message.to)
        countries[code] = countries.get(code, 0) + message.segments
    answer: dict[str, Any] = {
        "ids": [message_id(messages[0]) for messages in accepted],
        "usage": {
            "countries": countries,
            "currency": "DKK",
            "total_cost": round(_PRICE * sum(countries.values()), 2),
        },
    }
    if any(one.wants_details for one in wanted):
        answer["details"] = {"messages": [_usage(messages) for messages in accepted]}
    return answer


def _usage(messages: list[SmsMessage]) -> dict[str, Any]:
    return {
        "id": message_id(messages[0]),
        "recipients": [
            {"country": country(m.to), "msisdn": int(m.to[1:]), "parts": m.segments}
            for m in messages
        ],
    }


def _message_json(messages: list[SmsMessage]) -> dict[str, Any]:
    first = messages[0]
    return {
        "class": "standard",
        "id": message_id(first),
        "message": first.body,
        "sender": first.from_.removeprefix("+"),
        "userref": first.reference or None,
        "callback_url": first.status_callback or None,
        "priority": "NORMAL",
        "recipients": [_recipient_json(message) for message in messages],
    }


def _recipient_json(message: SmsMessage) -> dict[str, Any]:
    code = message.error_code
    return {
        "country": country(message.to),
        "csms": message.segments,
        "dsnerror": None if code is None else SMS_ERRORS.get(code),
        "dsnerrorcode": None if code is None else hexadecimal(code),
        "dsnstatus": STATES[message.status],
        "dsntime": message.updated,
        "msisdn": int(message.to[1:]),
        "senttime": message.sent,
        "tagvalues": None,
    }


def _refusal(refused: GatewayRefused) -> web.Response:
    response = web.Response(
        body=refused.body(), status=refused.status, content_type="application/json"
    )
    if refused.retry_after is not None:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response
