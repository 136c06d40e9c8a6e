"""What phones send: handed over to the service by the provider whose number was written to."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.behaviour import DELIVERED, Status
from simulator.http.signatures import Signature
from simulator.phones.deliveries import Deliveries
from simulator.phones.network import Direction, Message, Network, Provider, new_message
from simulator.phones.providers import Faces
from simulator.settings import SimulatorConfig

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


class Inbox:
    """Takes messages from phones to the service. Belongs to the simulator's event loop."""

    def __init__(
        self, config: SimulatorConfig, network: Network, faces: Faces, deliveries: Deliveries
    ) -> None:
        self.urls = {
            Provider.TWILIO: config.inbound_url,
            Provider.GATEWAYAPI: config.gatewayapi_inbound_url,
        }
        self._config = config
        self._network = network
        self._faces = faces
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
            provider=Provider.GATEWAYAPI if is_gateway else Provider.TWILIO,
        )
        if sid is None or sid not in self._network.messages:
            self._network.add(message)
        if self._config.provider_opt_out and not is_gateway:
            self._mind_opt_out(message)
        url = self.urls[message.provider]
        if not url:
            return self._trouble(message, None, "no inbound webhook is configured")
        answered = await self._faces[message.provider].hand_over(message, url, signature)
        if answered.problem:
            return self._trouble(message, answered.status, answered.problem)
        for reply in answered.replies:
            self._network.add(reply)
            self._deliveries.begin(reply, DELIVERED)
        texts = tuple(reply.body for reply in answered.replies)
        return InboundResult(message.sid, answered.status, texts)

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
