"""SMS by GatewayAPI's REST API: a whole slice in one request.

https://gatewayapi.com/docs/apis/rest/. A request is a list of messages with one recipient each,
so that each has its own id, reference and callback. It is accepted as a whole or not at all: if
one recipient is refused, we find out which, and send the others.

A message whose id we never received cannot be looked up: only its callbacks tell its state. The
first one comes at once (BUFFERED). If none has come within :data:`GRACE`, nobody can tell, and
the message is given up: it is not sent again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import jwt
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError

from config import Config
from database import utcnow
from dispatch.models import DeliveryState
from dispatch.providers.base import (
    TOO_LATE,
    AnswerKind,
    OutgoingMessage,
    Provider,
    ResultKind,
    SendResult,
    StatusAnswer,
    StatusQuery,
)
from dispatch.providers.gatewayapi.answers import Refusal, accepted, found, read_code, write_code
from dispatch.providers.gatewayapi.codes import STATUSES, meaning_of_code
from dispatch.providers.gatewayapi.schemas import GatewayInboundSchema, GatewayStatusSchema
from dispatch.providers.gatewayapi.settings import GatewayApiSettings
from dispatch.providers.http import (
    Concurrency,
    EventLoop,
    each,
    open_pool,
    result_of_fault,
    retry_after,
)
from dispatch.providers.webhook_requests import (
    BadSignature,
    DeliveryReport,
    Malformed,
    Received,
    WebhookRequest,
)
from dispatch.segments import Encoding, count_segments
from dispatch.signed_links import Tokens, receipt_url

MAX_CONNECTIONS = 40
"""As many as GatewayAPI accepts from one address."""
MIN_VALIDITY = 60
"""The shortest validity period in seconds; a shorter one is treated as this."""
GRACE = timedelta(minutes=40)
"""A callback that fails is repeated after 1, 3, 9 and 33 minutes, then hours later."""
SEVERAL = 5
"""If this many are refused one by one for the same reason, no recipient is at fault."""
CLOCK_SLACK = 60.0
NOT_HANDED_OVER = "not_handed_over"


@dataclass(frozen=True)
class _Slice:
    """Messages to hand over together, in as few requests as possible."""

    address: str
    places: Concurrency
    until: float


class GatewayApiProvider(Provider):
    """Sends SMS through GatewayAPI, or any service with the same API."""

    settings = GatewayApiSettings
    reports_arrival = True

    def __init__(self, config: Config, tokens: Tokens, loop: EventLoop) -> None:
        self._config = config
        self._tokens = tokens
        self._loop = loop
        account = config.of(GatewayApiSettings)
        self._url = f"{account.url.rstrip('/')}/rest/mtsms"
        self._headers = {"Authorization": aiohttp.encode_basic_auth(account.token, "")}
        self._in_flight = min(config.sms_in_flight, MAX_CONNECTIONS)
        self._places: dict[str, Concurrency] = {}
        self._session = loop.run(self._open())

    async def _open(self) -> aiohttp.ClientSession:
        return open_pool(self._in_flight, self._config.sms_timeout_seconds)

    def max_seconds(self, messages: int) -> float:
        """The last request begins at most one timeout after the first, and takes at most one."""
        return 2 * self._config.sms_timeout_seconds

    def close(self) -> None:
        """Close the connections."""
        self._loop.run(self._session.close())

    # --- Sending -------------------------------------------------------------------------

    def _send(self, messages: Sequence[OutgoingMessage], address: str) -> list[SendResult]:
        return self._loop.run(self._send_all(messages, address))

    async def _send_all(
        self, messages: Sequence[OutgoingMessage], address: str
    ) -> list[SendResult]:
        places = self._places.setdefault(address, Concurrency(self._in_flight))
        until = time.monotonic() + self._config.sms_timeout_seconds
        return _blame_request(await self._send_some(messages, _Slice(address, places, until)))

    async def _send_some(
        self, messages: Sequence[OutgoingMessage], part: _Slice
    ) -> list[SendResult]:
        """Hand messages over together, or apart where one may be the cause of a refusal."""
        async with part.places:
            if any(message.is_late for message in messages):
                return [SendResult.deferred(TOO_LATE)] * len(messages)
            if time.monotonic() > part.until:
                # All requests so far were refused as a whole: these messages were not sent.
                return [SendResult.deferred(NOT_HANDED_OVER)] * len(messages)
            answer = await self._post(messages, part)
        if not isinstance(answer, Refusal):
            return answer
        if len(messages) == 1 or answer.concerns_all:
            return [answer.result] * len(messages)
        is_named = [str(_msisdn(message.address)) in answer.variables for message in messages]
        if any(is_named) and not all(is_named):
            others = [m for m, named in zip(messages, is_named, strict=True) if not named]
            rest = iter(await self._send_some(others, part))
            return [answer.result if named else next(rest) for named in is_named]
        middle = len(messages) // 2
        first, second = await asyncio.gather(
            self._send_some(messages[:middle], part), self._send_some(messages[middle:], part)
        )
        return [*first, *second]

    async def _post(
        self, messages: Sequence[OutgoingMessage], part: _Slice
    ) -> list[SendResult] | Refusal:
        """Send one request; returns a result for each message, or the refusal of them all."""
        try:
            async with self._session.post(
                self._url,
                json=[self._order(message, part.address) for message in messages],
                headers=self._headers,
                allow_redirects=False,
            ) as response:
                status, body = response.status, await response.text()
                after = retry_after(response.headers.get("Retry-After"))
        except Exception as fault:  # a result is a value
            return [result_of_fault(fault)] * len(messages)
        if status // 100 == 2:
            part.places.succeeded()
            return accepted(body, messages)
        if status == 429:
            part.places.was_throttled()
        return Refusal.read(body, status, after)

    def _order(self, message: OutgoingMessage, address: str) -> dict[str, Any]:
        """A message as the API expects it. A higher priority would need a more expensive class."""
        callback = receipt_url(
            self._config, self._tokens, self.name, message.delivery_id, message.attempt
        )
        is_gsm = count_segments(message.text.body).encoding is Encoding.GSM7
        order: dict[str, Any] = {
            "sender": address.removeprefix("+"),
            "message": message.text.body,
            "encoding": "UTF8" if is_gsm else "UCS2",  # what the API calls UTF8 is sent as GSM-7
            "recipients": [{"msisdn": _msisdn(message.address)}],
            "userref": _reference(callback),
            "callback_url": callback,
            "extra_details": "recipients_usage",
        }
        if message.expires_at is not None:
            order["validity_period"] = validity(message.expires_at)
        return order

    # --- Asking --------------------------------------------------------------------------

    def _ask(self, questions: Sequence[StatusQuery]) -> list[StatusAnswer]:
        return self._loop.run(each(questions, self._in_flight, self._ask_one))

    async def _ask_one(self, question: StatusQuery) -> StatusAnswer:
        if question.provider_ref is None:
            waited = utcnow() - question.attempted_at
            return StatusAnswer(AnswerKind.NOT_NOW if waited < GRACE else AnswerKind.CANNOT_TELL)
        try:
            async with self._session.get(
                f"{self._url}/{question.provider_ref}",
                headers=self._headers,
                allow_redirects=False,
            ) as response:
                # 404 proves nothing: a message can be looked up only some time after sending.
                if response.status != 200:
                    return StatusAnswer(AnswerKind.NOT_NOW)
                return found(question.provider_ref, await response.json())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, LookupError, TypeError):
            return StatusAnswer(AnswerKind.NOT_NOW)

    # --- GatewayAPI's statuses, codes and webhooks ---------------------------------------

    @classmethod
    def state_of(cls, status: str, error_code: str | None) -> DeliveryState | None:
        """https://gatewayapi.com/docs/apis/rest/#delivery-status-notification"""
        return STATUSES.get(status)

    @classmethod
    def meaning_of(cls, error_code: str) -> ResultKind | None:
        """See :mod:`dispatch.providers.gatewayapi.codes`."""
        return meaning_of_code(read_code(error_code))

    @classmethod
    def read_report(cls, config: Config, request: WebhookRequest) -> DeliveryReport:
        """https://gatewayapi.com/docs/apis/rest/#delivery-status-notification"""
        said = _verified(config, request, GatewayStatusSchema())
        if said["userref"] != _reference(request.url):
            raise BadSignature(_l("Underskriften gælder en anden besked."))
        return DeliveryReport(str(said["id"]), said["status"], write_code(read_code(said["code"])))

    @classmethod
    def read_inbound(cls, config: Config, request: WebhookRequest) -> Received:
        """https://gatewayapi.com/docs/apis/rest/#mo-sms-receiving-sms-messages"""
        said = _verified(config, request, GatewayInboundSchema())
        return Received(
            str(said["id"]), f"+{said['msisdn']}", f"+{said['receiver']}", said["message"]
        )


def _verified(config: Config, request: WebhookRequest, schema: Schema) -> dict[str, Any]:
    """The signed claims: the token in the header has the whole message; the body is not read."""
    try:
        claims = jwt.decode(
            request.headers.get("X-Gwapi-Signature", ""),
            config.of(GatewayApiSettings).webhook_secret,
            algorithms=["HS256"],
            leeway=CLOCK_SLACK,
        )
    except jwt.InvalidTokenError as error:
        raise BadSignature(_l("Forespørgslen er ikke underskrevet af udbyderen.")) from error
    try:
        loaded: dict[str, Any] = schema.load(claims)
    except ValidationError as error:
        raise Malformed.because(error) from error
    return loaded


def _blame_request(results: list[SendResult]) -> list[SendResult]:
    """If all recipients were refused for the same reason, it is the request that is wrong."""
    first = results[0]
    alike = all(o.kind is ResultKind.PERMANENT and o.code == first.code for o in results)
    if len(results) >= SEVERAL and alike:
        return [SendResult.configuration(first.code or "")] * len(results)
    return results


def _msisdn(address: str) -> int:
    """A number as the API expects it: digits only, with the country code."""
    return int(address.removeprefix("+"))


def _reference(callback_url: str) -> str:
    """The token that identifies a callback's delivery."""
    return callback_url.rpartition("/")[2]


def validity(expires_at: datetime) -> int:
    """The validity period of a message in seconds: until it expires."""
    return max(int((expires_at - utcnow()).total_seconds()), MIN_VALIDITY)
