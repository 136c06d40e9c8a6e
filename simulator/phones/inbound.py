"""Messages from phones, posted to the service by the provider whose number they are to."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.behaviour import DELIVERED, Status
from simulator.http.signatures import Signature
from simulator.phones.deliveries import Deliveries
from simulator.phones.network import Direction, Network, ProviderName, SmsMessage, new_message
from simulator.phones.provider_webhooks import WebhooksByProvider
from simulator.settings import SimulatorConfig

_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_START = frozenset({"START", "YES", "UNSTOP"})


@dataclass(frozen=True, slots=True)
class InboundResult:
    """The result of a message that a phone sent."""

    sid: str
    status: int | None  # the webhook's HTTP status, None when nothing answered
    replies: tuple[str, ...]
    problem: str = ""

    @property
    def reply(self) -> str | None:
        """The text that came back at once, or None."""
        return "\n".join(self.replies) if self.replies else None


class Inbox:
    """Takes messages from phones to the service. Belongs to the simulator's event loop."""

    def __init__(
        self,
        config: SimulatorConfig,
        network: Network,
        webhooks: WebhooksByProvider,
        deliveries: Deliveries,
    ) -> None:
        self.urls = {
            ProviderName.TWILIO: config.inbound_url,
            ProviderName.GATEWAYAPI: config.gatewayapi_inbound_url,
        }
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
        to = to or self._config.number
        is_gateway = to in self._config.gatewayapi_numbers
        message = new_message(
            Direction.INBOUND,
            from_,
            to,
            text,
            status=Status.RECEIVED,
            sid=sid,
            provider=ProviderName.GATEWAYAPI if is_gateway else ProviderName.TWILIO,
        )
        if sid is None or sid not in self._network.messages:
            self._network.add(message)
        if self._config.provider_opt_out and not is_gateway:
            self._note_opt_out(message)
        url = self.urls[message.provider]
        if not url:
            return self._failed(message, None, "no inbound webhook is configured")
        answered = await self._webhooks[message.provider].hand_over(message, url, signature)
        if answered.problem:
            return self._failed(message, answered.status, answered.problem)
        for reply in answered.replies:
            self._network.add(reply)
            self._deliveries.begin(reply, DELIVERED)
        texts = tuple(reply.body for reply in answered.replies)
        return InboundResult(message.sid, answered.status, texts)

    def _note_opt_out(self, message: SmsMessage) -> None:
        word = message.body.strip().upper()
        pair = (message.from_, message.to)
        if word in _STOP:
            self._network.opted_out.add(pair)
        elif word in _START:
            self._network.opted_out.discard(pair)

    def _failed(self, message: SmsMessage, status: int | None, problem: str) -> InboundResult:
        with self._network.condition:
            message.problem = problem
            self._network.changed(message.from_)
        return InboundResult(message.sid, status, (), problem)
