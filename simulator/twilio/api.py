"""Twilio's REST API for messages: authentication, limits, and the five verbs.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import random
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from simulator.behaviour import FINAL, Answer, Behaviour, Status
from simulator.behaviour_script import Script
from simulator.http.limits import Limits
from simulator.http.no_answer import hang, reset_connection
from simulator.phones.deliveries import Deliveries
from simulator.phones.network import Network, ProviderName, SmsMessage
from simulator.settings import SimulatorConfig
from simulator.twilio.admission import Admission, Form, normalised, parse_form
from simulator.twilio.errors import Refused
from simulator.twilio.listing import list_page
from simulator.twilio.resources import account_json, message_bytes

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_REDACTABLE = frozenset({Status.DELIVERED, Status.UNDELIVERED, Status.FAILED, Status.RECEIVED})
_UNSENT = frozenset({Status.ACCEPTED, Status.SCHEDULED, Status.QUEUED})


class TwilioApi:
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
        self._admission = Admission(config, network)
        self._on_accept = on_accept
        self._limits = Limits(config.rate_limit, config.concurrency_limit)
        self._random = random.Random(config.seed)  # noqa: S311 (repeatable, not secret)
        credentials = f"{config.account_sid}:{config.auth_token}".encode()
        self._authorization = b"Basic " + base64.b64encode(credentials)

    def routes(self) -> list[web.RouteDef]:
        """The API's routes."""
        account = f"/2010-04-01/Accounts/{self._config.account_sid}"
        anything = "/2010-04-01/{rest:.*}"
        return [
            web.post(f"{account}/Messages.json", self._guard(self.create)),
            web.get(f"{account}/Messages.json", self._guard(self.list_messages)),
            web.get(account + "/Messages/{sid}.json", self._guard(self.fetch)),
            web.post(account + "/Messages/{sid}.json", self._guard(self.update)),
            web.delete(account + "/Messages/{sid}.json", self._guard(self.delete)),
            web.get(f"{account}.json", self._guard(self.account)),
            web.route("*", anything, self._guard(self.nothing)),
        ]

    def _guard(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            given = request.headers.get("Authorization", "").encode()
            if not hmac.compare_digest(given, self._authorization):
                return _refusal(Refused(20003))
            if not self._limits.enter():
                return _refusal(Refused(20429, retry_after=self._config.retry_after))
            try:
                if self._config.latency:
                    await asyncio.sleep(self._config.latency)
                return await handler(request)
            except Refused as refused:
                return _refusal(refused)
            finally:
                self._limits.leave()

        return guarded

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Send a message."""
        raw = (await request.read()).decode("utf-8", "replace")
        form = parse_form(raw)
        recipient = normalised(form.get("To", ""))
        behaviour = self._script.take(recipient, form.get("Body", ""), form.get("From", ""))
        if behaviour is None:
            if self._config.error_rate and self._random.random() < self._config.error_rate:
                raise Refused(20500)
            message = self._accept(form, recipient, raw)
            answer = _message_response(self._config, message, 201)
            self._send(form, message, None)
            return answer
        return await self._scripted(request, form, recipient, raw, behaviour)

    async def _scripted(
        self, request: web.Request, form: Form, recipient: str, raw: str, behaviour: Behaviour
    ) -> web.StreamResponse:
        if behaviour.latency:
            await asyncio.sleep(behaviour.latency)
        if behaviour.error is not None:
            raise Refused(behaviour.error, recipient, behaviour.retry_after)
        answer: web.StreamResponse = web.Response(status=204)
        if behaviour.accept:
            message = self._accept(form, recipient, raw)
            answer = _message_response(self._config, message, 201)
            self._send(form, message, behaviour)
        if behaviour.answer is Answer.RESET:
            reset_connection(request)
        elif behaviour.answer is Answer.HANG:
            await hang(request)
        elif behaviour.http_status is not None:
            raise Refused.with_status(behaviour.http_status, behaviour.retry_after)
        return answer

    def _accept(self, form: Form, recipient: str, raw: str) -> SmsMessage:
        message = self._admission.admit(form, recipient, raw)
        self._network.add(message)
        self._on_accept(message)
        return message

    def _send(self, form: Form, message: SmsMessage, behaviour: Behaviour | None) -> None:
        if form.get("ScheduleType") == "fixed":
            return  # Stays scheduled: the simulator's clock does not run that long.
        result = (behaviour.result if behaviour else None) or self._admission.result_of(message.to)
        self._deliveries.begin(message, result, behaviour.callbacks if behaviour else None)

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """Look one message up."""
        return _message_response(self._config, self._find(request), 200)

    async def list_messages(self, request: web.Request) -> web.StreamResponse:
        """A page of messages, the newest first."""
        page = list_page(self._config, self._network, request.query, request.path)
        return web.Response(body=json.dumps(page).encode(), content_type="application/json")

    async def update(self, request: web.Request) -> web.StreamResponse:
        """Redact a message's body, or cancel a message that was not sent."""
        message = self._find(request)
        raw = (await request.read()).decode("utf-8", "replace")
        form = parse_form(raw)
        if "Status" in form:
            if form["Status"] != "canceled" or "Body" in form:
                raise Refused(30400)
            if message.status not in _UNSENT:
                raise Refused(30409)
            self._network.set_status(message, Status.CANCELED)
        elif form.get("Body") == "":
            if message.status not in _REDACTABLE:
                raise Refused(20009)
            with self._network.condition:
                message.body, message.updated = "", time.time()
                self._network.changed(message.phone)
        else:
            raise Refused(30400)
        return _message_response(self._config, message, 200)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """Delete a message that is in a final state."""
        message = self._find(request)
        if message.status not in FINAL:
            raise Refused(20009)
        self._network.remove(message.sid)
        return web.Response(status=204)

    async def account(self, request: web.Request) -> web.StreamResponse:
        """The account itself: a cheap way to check the credentials."""
        return web.json_response(account_json(self._config))

    async def nothing(self, request: web.Request) -> web.StreamResponse:
        """Answer any other request with 404."""
        if not request.path.startswith(f"/2010-04-01/Accounts/{self._config.account_sid}"):
            raise Refused(20003)
        raise Refused(20404, request.path)

    def _find(self, request: web.Request) -> SmsMessage:
        message = self._network.messages.get(request.match_info["sid"])
        if message is None or message.provider is not ProviderName.TWILIO:
            raise Refused(20404, request.path)
        return message


def _message_response(config: SimulatorConfig, message: SmsMessage, status: int) -> web.Response:
    return web.Response(
        body=message_bytes(config, message), status=status, content_type="application/json"
    )


def _refusal(refused: Refused) -> web.Response:
    response = web.Response(
        body=refused.body(), status=refused.status, content_type="application/json"
    )
    if refused.retry_after is not None:
        response.headers["Retry-After"] = str(refused.retry_after)
    if refused.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return response
