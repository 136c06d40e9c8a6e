"""Twilio's webhooks: status callbacks, and messages from phones, whose answer is TwiML.

https://www.twilio.com/docs/messaging/guides/track-outbound-message-status and
https://www.twilio.com/docs/messaging/guides/webhook-request. They are retried as
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides says: by default once
when no connection could be made; `#rc=2&rp=all&rt=5000` at the end of an address changes that.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from simulator.behaviour import Status
from simulator.http.signatures import Signature, signature_headers
from simulator.http.webhook_client import WebhookAnswer, WebhookClient, WebhookFailure
from simulator.phones.network import Direction, SmsMessage, new_message
from simulator.phones.provider_webhooks import InboundAnswer
from simulator.settings import SimulatorConfig
from simulator.twilio.twiml import TwimlError, read_twiml

API_VERSION = "2010-04-01"


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A webhook as Twilio would post it, for tests that post it themselves."""

    url: str
    params: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class _ConnectionOptions:
    retries: int = 1
    retry_on: frozenset[str] = frozenset({WebhookFailure.CONNECTION})
    connect_seconds: float = 5.0
    read_seconds: float = 15.0

    @classmethod
    def from_fragment(cls, fragment: str) -> _ConnectionOptions:
        options = dict(parse_qsl(fragment))
        if not options:
            return _DEFAULT
        try:
            return cls(
                retries=min(int(options.get("rc", 1)), 5),
                retry_on=frozenset(options.get("rp", "ct").split(",")),
                connect_seconds=int(options.get("ct", 5_000)) / 1000,
                read_seconds=int(options.get("rt", 15_000)) / 1000,
            )
        except ValueError:
            return _DEFAULT

    def retries_after(self, failure: WebhookFailure) -> bool:
        return failure is not WebhookFailure.NONE and (
            "all" in self.retry_on or failure in self.retry_on
        )


_DEFAULT = _ConnectionOptions()


class TwilioWebhooks:
    """Posts form-encoded, signed requests. Belongs to the simulator's event loop."""

    def __init__(self, config: SimulatorConfig, webhooks: WebhookClient) -> None:
        self._config = config
        self._webhooks = webhooks

    async def report(self, message: SmsMessage, status: Status, error_code: int | None) -> None:
        """Report a message's state to the service."""
        params = self._callback_params(message, status, error_code)
        await self._post(message.status_callback, params)

    async def hand_over(self, message: SmsMessage, url: str, signature: Signature) -> InboundAnswer:
        """Post a message from a phone to the service."""
        request = inbound_request(self._config, url, message, signature)
        answer = await self._post(url, request.params, signature)
        try:
            wanted = read_twiml(answer)
        except TwimlError as error:
            return InboundAnswer(answer.status, problem=str(error))
        replies = tuple(
            new_message(
                Direction.REPLY,
                message.to,
                reply.to or message.from_,
                reply.body,
                status=Status.QUEUED,
                status_callback=reply.status_callback,
            )
            for reply in wanted
        )
        return InboundAnswer(answer.status, replies)

    async def _post(
        self, url: str, params: Mapping[str, str], signature: Signature = Signature.VALID
    ) -> WebhookAnswer:
        address, _, fragment = url.partition("#")
        connection = _ConnectionOptions.from_fragment(fragment)
        headers = signature_headers(self._config.auth_token, address, params, signature)
        headers["I-Twilio-Idempotency-Token"] = str(uuid.uuid4())
        headers["User-Agent"] = "TwilioProxy/1.1"
        answer = WebhookAnswer(None)
        for _ in range(1 + connection.retries):
            answer = await self._webhooks.post(
                address,
                params,
                headers,
                connect_seconds=connection.connect_seconds,
                read_seconds=connection.read_seconds,
            )
            if not connection.retries_after(answer.failure):
                break
        return answer

    def _callback_params(
        self, message: SmsMessage, status: Status, error_code: int | None
    ) -> dict[str, str]:
        params = {
            "AccountSid": self._config.account_sid,
            "ApiVersion": API_VERSION,
            "From": message.from_,
            "MessageSid": message.sid,
            "MessageStatus": status.value,
            "SmsSid": message.sid,
            "SmsStatus": status.value,
            "To": message.to,
        }
        if message.service_sid:
            params["MessagingServiceSid"] = message.service_sid
        if status in (Status.UNDELIVERED, Status.FAILED) and error_code is not None:
            params["ErrorCode"] = str(error_code)
        if status in (Status.DELIVERED, Status.UNDELIVERED):
            params["RawDlrDoneDate"] = time.strftime("%y%m%d%H%M", time.gmtime())
        return params


def inbound_request(
    config: SimulatorConfig,
    url: str,
    message: SmsMessage,
    signature: Signature = Signature.VALID,
) -> SignedRequest:
    """The inbound webhook for a message."""
    params = {
        "AccountSid": config.account_sid,
        "ApiVersion": API_VERSION,
        "Body": message.body,
        "From": message.from_,
        "FromCity": "",
        "FromCountry": _country(message.from_),
        "FromState": "",
        "FromZip": "",
        "MessageSid": message.sid,
        "NumMedia": str(message.media),
        "NumSegments": str(message.segments),
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "To": message.to,
        "ToCity": "",
        "ToCountry": _country(message.to),
        "ToState": "",
        "ToZip": "",
    }
    address = url.partition("#")[0]
    headers = signature_headers(config.auth_token, address, params, signature)
    return SignedRequest(url, params, headers)


def _country(number: str) -> str:
    return "DK" if number.startswith("+45") else ""
