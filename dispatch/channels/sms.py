"""SMS by Twilio's REST API, through the official package's asynchronous client.

https://www.twilio.com/docs/messaging/api/message-resource. One event loop per process, in a
thread of its own, with a connection pool as large as the number of requests allowed at once.
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import aiohttp
import structlog
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from config import Config
from database import utcnow
from dispatch.channels.base import (
    Carrier,
    Certainty,
    Finding,
    Message,
    Outcome,
    OutcomeKind,
    Question,
)
from dispatch.channels.twilio_codes import AFTER_SECONDS, meaning_of, state_of
from dispatch.models import Channel, DeliveryState
from dispatch.tokens import Tokens, receipt_url
from web.faults import describe_fault

log = structlog.get_logger(__name__)
T = TypeVar("T")

MAX_VALIDITY = 36_000
"""The longest validity period Twilio takes, in seconds."""
CLOCK_SLACK = timedelta(seconds=30)
"""How much the provider's clock may be behind ours."""
CONNECT_SECONDS = 5.0
ASKED_MESSAGES = 50
"""How many of a number's latest messages are looked through for a lost one."""


class Throttled(Exception):
    """The API answered 429: nothing was sent."""

    def __init__(self, code: int | None, after: float | None) -> None:
        super().__init__("too many requests")
        self.code = code
        self.after = after


class PooledHttpClient(AsyncHttpClient):  # type: ignore[misc]
    """The package's HTTP interface over our own pool, with a limit on each request's time.

    It logs nothing: the package's own client writes numbers and texts to its log.
    """

    def __init__(self, in_flight: int, seconds: float) -> None:
        super().__init__(_SILENT, True, None)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=in_flight, keepalive_timeout=10),
            timeout=aiohttp.ClientTimeout(
                total=seconds, sock_connect=min(CONNECT_SECONDS, seconds)
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # the interface's; the session has one
        allow_redirects: bool = False,
    ) -> Response:
        """One request; raises :class:`Throttled` for 429, which may say how long to wait."""
        async with self._session.request(
            method,
            url,
            params=params,
            data=data,
            headers={**(headers or {}), **_authorization(auth)},
            allow_redirects=allow_redirects,
        ) as response:
            if response.status == 429:
                after = _seconds(response.headers.get("Retry-After"))
                raise Throttled(_code_in(await response.text()), after)
            return Response(response.status, await response.text(), response.headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


class _Silent:
    def __getattr__(self, _name: str) -> Any:
        return lambda *_arguments, **_options: None


_SILENT = _Silent()


class TwilioCarrier(Carrier):
    """Sends SMS through Twilio, or through whatever speaks its API."""

    channel = Channel.SMS
    provider = "twilio"

    def __init__(self, config: Config, tokens: Tokens) -> None:
        self._config = config
        self._tokens = tokens
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sms", daemon=True)
        self._thread.start()
        self._client, self._http, self._places = self._await(self._open())

    async def _open(self) -> tuple[Client, PooledHttpClient, asyncio.Semaphore]:
        config = self._config
        http = PooledHttpClient(config.sms_in_flight, config.sms_timeout_seconds)
        client = Client(config.twilio_account_sid, config.twilio_auth_token, http_client=http)
        client.api.base_url = config.twilio_api_url.rstrip("/")
        return client, http, asyncio.Semaphore(config.sms_in_flight)

    def longest(self, messages: int) -> float:
        """How long sending so many can take at worst, in seconds."""
        rounds = math.ceil(messages / self._config.sms_in_flight)
        return rounds * self._config.sms_timeout_seconds

    def close(self) -> None:
        """Close the connections and end the thread."""
        if self._loop.is_closed():
            return
        self._await(self._http.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _send(self, messages: Sequence[Message]) -> list[Outcome]:
        return self._await(self._send_all(messages))

    async def _send_all(self, messages: Sequence[Message]) -> list[Outcome]:
        return list(await asyncio.gather(*(self._send_one(message) for message in messages)))

    async def _send_one(self, message: Message) -> Outcome:
        async with self._places:
            try:
                made = await self._client.messages.create_async(
                    to=message.address,
                    from_=self._config.sms_number,
                    body=message.text.body,
                    status_callback=receipt_url(
                        self._config, self._tokens, message.delivery_id, message.attempt
                    ),
                    validity_period=validity(message.expires_at),
                )
            except Exception as error:  # an outcome is a value: see the table below
                return outcome_of_error(error)
        if not made.sid:
            return Outcome.unknown("no_reference")
        return Outcome.accepted(made.sid, _number(made.num_segments))

    def _ask(self, questions: Sequence[Question]) -> list[Finding]:
        return self._await(self._ask_all(questions))

    async def _ask_all(self, questions: Sequence[Question]) -> list[Finding]:
        return list(await asyncio.gather(*(self._ask_one(question) for question in questions)))

    async def _ask_one(self, question: Question) -> Finding:
        """Look through the latest messages to the number: DateSent is empty while they queue."""
        async with self._places:
            try:
                listed = await self._client.messages.list_async(
                    to=question.address, limit=ASKED_MESSAGES
                )
            except (TwilioException, Throttled, aiohttp.ClientError, TimeoutError, OSError):
                return Finding(Certainty.NOT_NOW)
        since = question.attempted_at - CLOCK_SLACK
        for message in listed:
            if (
                message.sid not in question.known_refs
                and message.direction != "inbound"
                and message.body == question.body
                and (message.date_created is None or _aware(message.date_created) >= since)
            ):
                code = str(message.error_code) if message.error_code else None
                return Finding(
                    Certainty.FOUND,
                    state_of(str(message.status), code) or DeliveryState.SENT,
                    message.sid,
                    _number(message.num_segments),
                    code,
                )
        return Finding(Certainty.NOT_FOUND)


def outcome_of_error(error: Exception) -> Outcome:
    """What an error of one request means.

    Only what surely happened before the request left counts as not sent.
    """
    match error:
        case Throttled():
            usual = AFTER_SECONDS.get(error.code or 0)
            return Outcome.deferred(str(error.code or 429), error.after or usual)
        case TwilioRestException() | TwilioServiceException():
            return _outcome_of_answer(error.code, error.status)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Outcome.deferred("no_connection")
        case TimeoutError():
            return Outcome.unknown("timeout")
        case aiohttp.ClientError() | OSError():
            return Outcome.unknown("connection_lost")
        case _:
            log.error("sms_failed", fault=describe_fault(error))
            return Outcome.unknown("unreadable_answer")


def _outcome_of_answer(code: int | None, http_status: int) -> Outcome:
    kind = meaning_of(code, http_status)
    word = str(code or http_status)
    if kind is OutcomeKind.OPTED_OUT:
        return Outcome.opted_out(word)
    return Outcome(kind, code=word, after=AFTER_SECONDS.get(code or 0))


def _code_in(body: str) -> int | None:
    try:
        code = json.loads(body)["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, int) else None


def _authorization(auth: tuple[str, str] | None) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}


def validity(expires_at: datetime | None) -> int | None:
    """The validity period of a message, in seconds: it ends with what it tells of."""
    if expires_at is None:
        return None
    left = int((expires_at - utcnow()).total_seconds())
    return min(max(left, 1), MAX_VALIDITY)


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() else None


def _number(value: Any) -> int | None:
    return int(value) if str(value or "").isdecimal() else None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
