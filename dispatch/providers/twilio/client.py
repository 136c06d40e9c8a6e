"""SMS by Twilio's REST API, through the official package's asynchronous client.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

import aiohttp
import orjson
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from config import Config
from database import utcnow
from dispatch.models import DeliveryState, Opted
from dispatch.providers.base import (
    TOO_LATE,
    AnswerKind,
    ListedMessage,
    OutgoingMessage,
    Provider,
    ResultKind,
    SendResult,
    StatusAnswer,
    StatusQuery,
)
from dispatch.providers.http import (
    NO_CONNECTION,
    Concurrency,
    EventLoop,
    each,
    result_of_fault,
)
from dispatch.providers.twilio.codes import AFTER_SECONDS, CODES, meaning_of, state_of
from dispatch.providers.twilio.http_client import (
    PooledHttpClient,
    Throttled,
    authorization,
    code_in,
)
from dispatch.providers.twilio.schemas import InboundSchema, StatusSchema
from dispatch.providers.twilio.settings import TwilioSettings
from dispatch.providers.webhook_requests import (
    BadSignature,
    DeliveryReport,
    Malformed,
    Received,
    WebhookRequest,
)
from dispatch.signed_links import Purpose, Tokens, receipt_prefix

MAX_VALIDITY = 36_000
"""The longest validity period Twilio accepts, in seconds."""
CLOCK_SLACK = timedelta(seconds=30)
"""How much the provider's clock may be behind ours."""
LISTED_AT_ONCE = 1000
"""Messages on a page of the list: the most Twilio gives."""
ASKED_MESSAGES = 50
"""How many of a number's latest messages are searched for an unknown one."""


_NOT_THROTTLED = frozenset({NO_CONNECTION, TOO_LATE})
"""Codes of messages deferred for a reason other than 429."""
_STATUS, _INBOUND = StatusSchema(), InboundSchema()


class TwilioProvider(Provider):
    """Sends SMS through Twilio, or any service with the same API."""

    settings = TwilioSettings
    reports_arrival = True
    # TwiML: https://www.twilio.com/docs/messaging/twiml
    acknowledgement = (
        '<?xml version="1.0" encoding="UTF-8"?><Response/>',
        "text/xml; charset=utf-8",
    )

    def __init__(self, config: Config, tokens: Tokens, loop: EventLoop) -> None:
        self._config = config
        self._account = config.of(TwilioSettings)
        self._tokens = tokens
        self._loop = loop
        self._places: dict[str, Concurrency] = {}
        self._client, self._http = loop.run(self._open())
        self._callback = quote_plus(receipt_prefix(config, self.name))
        self._messages_url = self._client.get_hostname(
            f"{self._client.api.base_url}/2010-04-01/Accounts/"
            f"{self._account.account_sid}/Messages.json"
        )

    async def _open(self) -> tuple[Client, PooledHttpClient]:
        config, account = self._config, self._account
        http = PooledHttpClient(config.sms_in_flight, config.sms_timeout_seconds)
        client = Client(account.account_sid, account.auth_token, http_client=http)
        client.api.base_url = account.api_url.rstrip("/")
        http.sign(client.get_headers("POST", None) | authorization(client.auth))
        return client, http

    def max_seconds(self, messages: int) -> float:
        """Every round of requests may take as long as the timeout."""
        rounds = math.ceil(messages / self._config.sms_in_flight)
        return rounds * self._config.sms_timeout_seconds

    def close(self) -> None:
        """Close the connections."""
        self._loop.run(self._http.close())

    def _send(self, messages: Sequence[OutgoingMessage], address: str) -> list[SendResult]:
        return self._loop.run(self._send_all(messages, address))

    async def _send_all(
        self, messages: Sequence[OutgoingMessage], address: str
    ) -> list[SendResult]:
        places = self._places.setdefault(address, Concurrency(self._config.sms_in_flight))

        async def send_one(message: OutgoingMessage) -> SendResult:
            async with places:
                result = await self._send_one(message, address)
            if result.kind is ResultKind.ACCEPTED:
                places.succeeded()
            elif result.kind is ResultKind.DEFERRED and result.code not in _NOT_THROTTLED:
                places.was_throttled()
            return result

        return await each(messages, min(len(messages), places.most), send_one)

    async def _send_one(self, message: OutgoingMessage, address: str) -> SendResult:
        """Send one request with the package's headers, but without its client and message model.

        The client rebuilds what is the same for all requests (a tenth of a request's time), and
        the model lists all thirty parameters and parses every date (a third).
        """
        if message.is_late:
            return SendResult.deferred(TOO_LATE)
        form = _encode_form(
            message.address,
            address,
            message.text.body,
            # A token has no characters that need quoting.
            self._callback
            + self._tokens.make(Purpose.RECEIPT, message.delivery_id, message.attempt),
            validity(message.expires_at),
        )
        try:
            status, body = await self._http.post(self._messages_url, form)
        except Exception as error:  # a result is a value: see the function below
            return result_of_error(error)
        return result_of_answer(status, body)

    def _ask(self, questions: Sequence[StatusQuery]) -> list[StatusAnswer]:
        return self._loop.run(each(questions, self._config.sms_in_flight, self._ask_one))

    async def _ask_one(self, question: StatusQuery) -> StatusAnswer:
        try:
            if question.provider_ref is not None:
                return _found(await self._client.messages(question.provider_ref).fetch_async())
            # Filtered here: the API filters by DateSent, which is empty while a message queues.
            listed = await self._client.messages.list_async(
                to=question.address, limit=ASKED_MESSAGES
            )
        except TwilioRestException as error:
            unknown = question.provider_ref is not None and error.status == 404
            return StatusAnswer(AnswerKind.NOT_FOUND if unknown else AnswerKind.NOT_NOW)
        except (TwilioException, Throttled, aiohttp.ClientError, TimeoutError, OSError):
            return StatusAnswer(AnswerKind.NOT_NOW)
        since = question.attempted_at - CLOCK_SLACK
        for message in listed:
            if (
                message.sid not in question.known_refs
                and message.direction != "inbound"
                and message.body == question.body
                and (message.date_created is None or _aware(message.date_created) >= since)
            ):
                return _found(message)
        return StatusAnswer(AnswerKind.NOT_FOUND)

    def _list_received(self, numbers: Collection[str], since: datetime) -> list[ListedMessage]:
        """What Twilio has understood and answered itself (STOP) the list does not say."""
        return self._loop.run(self._list_all(numbers, since))

    async def _list_all(self, numbers: Collection[str], since: datetime) -> list[ListedMessage]:
        found: list[ListedMessage] = []
        for number in numbers:
            # The API filters by whole days only.
            listed = await self._client.messages.list_async(
                to=number, date_sent_after=_midnight(since), page_size=LISTED_AT_ONCE
            )
            found += [
                ListedMessage(
                    Received(message.sid, message.from_, message.to, message.body or ""), at
                )
                for message in listed
                if message.direction == "inbound"
                and message.sid
                and message.from_
                and message.to
                and (at := _sent_at(message)) >= since
            ]
        return found

    # --- Twilio's statuses, codes and webhooks -------------------------------------------

    @classmethod
    def state_of(cls, status: str, error_code: str | None) -> DeliveryState | None:
        """https://www.twilio.com/docs/messaging/api/message-resource#message-status-values"""
        return state_of(status, error_code)

    @classmethod
    def meaning_of(cls, error_code: str) -> ResultKind | None:
        """See :mod:`dispatch.providers.twilio.codes`."""
        return CODES.get(int(error_code)) if error_code.isdecimal() else None

    @classmethod
    def read_report(cls, config: Config, request: WebhookRequest) -> DeliveryReport:
        """https://www.twilio.com/docs/messaging/guides/track-outbound-message-status"""
        form = _verified_form(config, request, _STATUS)
        return DeliveryReport(form["reference"], form["status"], form["error_code"] or None)

    @classmethod
    def read_inbound(cls, config: Config, request: WebhookRequest) -> Received:
        """https://www.twilio.com/docs/messaging/guides/webhook-request"""
        form = _verified_form(config, request, _INBOUND)
        return Received(
            form["reference"], form["sender"], form["recipient"], form["text"],
            _verdict(form["opt_out"]),
        )  # fmt: skip


def _verified_form(config: Config, request: WebhookRequest, schema: Schema) -> dict[str, Any]:
    signature = request.headers.get("X-Twilio-Signature", "")
    validator = RequestValidator(config.of(TwilioSettings).auth_token)
    if not signature or not validator.validate(request.url, request.form, signature):
        raise BadSignature(_l("Forespørgslen er ikke underskrevet af udbyderen."))
    try:
        loaded: dict[str, Any] = schema.load(dict(request.form))
    except ValidationError as error:
        raise Malformed.because(error) from error
    if loaded["account"] not in {None, config.of(TwilioSettings).account_sid}:
        raise BadSignature(_l("Forespørgslen hører til en anden konto."))
    return loaded


def _found(message: MessageInstance) -> StatusAnswer:
    code = str(message.error_code) if message.error_code else None
    return StatusAnswer(
        AnswerKind.FOUND,
        state_of(str(message.status), code) or DeliveryState.SENT,
        message.sid,
        _number(message.num_segments),
        code,
    )


def result_of_error(error: Exception) -> SendResult:
    """The result of a request that failed."""
    match error:
        case Throttled():
            usual = AFTER_SECONDS.get(error.code or 0)
            return SendResult.deferred(str(error.code or 429), error.after or usual)
        case _:
            return result_of_fault(error)


def result_of_answer(status: int, body: bytes) -> SendResult:
    """The result that the answer to a request means.

    https://www.twilio.com/docs/usage/requests-to-twilio, and the table of codes
    """
    if status >= 400:
        code = code_in(body)
        kind = meaning_of(code, status)
        word = str(code or status)
        if kind is ResultKind.OPTED_OUT:
            return SendResult.opted_out(word)
        return SendResult(kind, code=word, after=AFTER_SECONDS.get(code or 0))
    try:
        made = orjson.loads(body)
        return SendResult.accepted(made["sid"], _number(made["num_segments"]))
    except (ValueError, KeyError, TypeError):
        return SendResult.unknown("unreadable_answer")


def _encode_form(to: str, from_: str, body: str, callback: str, validity: int | None) -> bytes:
    """A message as the API expects it; ``callback`` is already quoted.

    In a number (E.164) only the plus sign needs quoting. Sender and text recur and are cached.
    """
    form = f"To={to.replace('+', '%2B')}&From={_quoted(from_)}&Body={_quoted(body)}"
    form += f"&StatusCallback={callback}"
    if validity is not None:
        form += f"&ValidityPeriod={validity}"
    return form.encode()


_quoted = lru_cache(maxsize=64)(quote_plus)


def validity(expires_at: datetime | None) -> int | None:
    """The validity period of a message in seconds: until it expires."""
    if expires_at is None:
        return None
    left = int((expires_at - utcnow()).total_seconds())
    return min(max(left, 1), MAX_VALIDITY)


def _verdict(said: str) -> Opted | None:
    """What Twilio has understood; a word that is not documented is none, and ours decide."""
    return Opted(said.upper()) if said.upper() in set(Opted) else None


def _number(value: Any) -> int | None:
    return int(value) if str(value or "").isdecimal() else None


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _sent_at(message: MessageInstance) -> datetime:
    return _aware(message.date_sent or message.date_created or utcnow())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
