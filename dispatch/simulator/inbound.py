"""What phones send: posted to the service's webhook, whose answer goes back to the phone.

https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.simulator.behaviour import DELIVERED, Status
from dispatch.simulator.deliveries import API_VERSION, Deliveries
from dispatch.simulator.network import Direction, Message, Network, new_message
from dispatch.simulator.settings import SimulatorConfig
from dispatch.simulator.signatures import Signature, signature_headers
from dispatch.simulator.twiml import TwimlError, read_twiml
from dispatch.simulator.webhooks import Webhooks

_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
_START = frozenset({"START", "YES", "UNSTOP"})


@dataclass(frozen=True, slots=True)
class InboundResult:
    """What came of a message a phone sent."""

    sid: str
    status: int | None  # the webhook's HTTP status, None when nothing answered
    replies: tuple[str, ...]
    problem: str = ""

    @property
    def reply(self) -> str | None:
        """The text that came back at once, or None."""
        return "\n".join(self.replies) if self.replies else None


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A webhook as Twilio would post it, for tests that post it themselves."""

    url: str
    params: dict[str, str]
    headers: dict[str, str]


def inbound_request(
    config: SimulatorConfig,
    url: str,
    message: Message,
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


class Inbox:
    """Takes messages from phones to the service. Belongs to the simulator's event loop."""

    def __init__(
        self, config: SimulatorConfig, network: Network, webhooks: Webhooks, deliveries: Deliveries
    ) -> None:
        self.url = config.inbound_url
        self._config = config
        self._network = network
        self._webhooks = webhooks
        self._deliveries = deliveries

    async def receive(
        self,
        from_: str,
        text: str,
        *,
        to: str = "",
        sid: str | None = None,
        signature: Signature = Signature.VALID,
    ) -> InboundResult:
        """Let a phone send a text; give `sid` to repeat an earlier message."""
        message = new_message(
            Direction.INBOUND,
            from_,
            to or self._config.number,
            text,
            status=Status.RECEIVED,
            sid=sid,
        )
        if sid is None or sid not in self._network.messages:
            self._network.add(message)
        if self._config.provider_opt_out:
            self._mind_opt_out(message)
        if not self.url:
            return self._trouble(message, None, "no inbound webhook is configured")
        request = inbound_request(self._config, self.url, message, signature)
        answer = await self._webhooks.post(self.url, request.params, signature=signature)
        try:
            wanted = read_twiml(answer)
        except TwimlError as error:
            return self._trouble(message, answer.status, str(error))
        for reply in wanted:
            sent = self._network.add(
                new_message(
                    Direction.REPLY,
                    message.to,
                    reply.to or message.from_,
                    reply.body,
                    status=Status.QUEUED,
                    status_callback=reply.status_callback,
                )
            )
            self._deliveries.begin(sent, DELIVERED)
        return InboundResult(message.sid, answer.status, tuple(reply.body for reply in wanted))

    def _mind_opt_out(self, message: Message) -> None:
        word = message.body.strip().upper()
        pair = (message.from_, message.to)
        if word in _STOP:
            self._network.opted_out.add(pair)
        elif word in _START:
            self._network.opted_out.discard(pair)

    def _trouble(self, message: Message, status: int | None, problem: str) -> InboundResult:
        with self._network.condition:
            message.problem = problem
            self._network.changed(message.from_)
        return InboundResult(message.sid, status, (), problem)


def _country(number: str) -> str:
    return "DK" if number.startswith("+45") else ""
