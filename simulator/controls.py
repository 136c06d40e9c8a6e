"""The simulator: the thread that runs its servers, and the controls for tests and the demo."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Self, TypeVar
from urllib.parse import urldefrag

import structlog

from simulator.behaviour import Behaviour, MailBehaviour, Status
from simulator.behaviour_script import Match, Script
from simulator.http.signatures import Signature
from simulator.mail import Mailbox, PostOffice
from simulator.pages.codes import one_time_codes
from simulator.phones.inbound import InboundResult
from simulator.phones.network import (
    Direction,
    Network,
    Phone,
    ProviderName,
    SmsMessage,
    new_message,
)
from simulator.server import RunningServer, Server
from simulator.settings import SimulatorConfig
from simulator.twilio.webhooks import SignedRequest, inbound_request

log = structlog.get_logger(__name__)
T = TypeVar("T")


class SimulatorError(Exception):
    """The simulator could not be started, or something took too long."""


class Simulator:
    """A local SMS provider and mail server. Use it as a context manager, or start and stop it."""

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.network = Network(self.config.keep)
        self.office = PostOffice(self.network, self.config.keep_mails)
        self._script: Script[Behaviour] = Script()
        self._mail_script: Script[MailBehaviour] = Script()
        self._thread: threading.Thread | None = None
        self._running: RunningServer | None = None
        self._add_initial_phones()

    # Running

    def start(self) -> Self:
        """Listen; returns when the ports are open. Raises SimulatorError if one is taken."""
        started: Future[RunningServer] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(started,), name="simulator", daemon=True
        )
        self._thread.start()
        try:
            self._running = started.result(timeout=30)
        except OSError as error:
            raise SimulatorError(f"the simulator cannot listen: {error}") from error
        log.info("simulator_started", page=self.page_url, smtp_port=self.smtp_port)
        return self

    def stop(self) -> None:
        """Close every port and end the thread; does nothing if it is not running."""
        if self._running is not None and self._thread is not None:
            self._running.loop.call_soon_threadsafe(self._running.stop.set)
            self._thread.join(timeout=30)
            log.info("simulator_stopped", accepted=self.network.accepted_total)
        self._running = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def api_url(self) -> str:
        """The address to use in place of https://api.twilio.com and https://gatewayapi.com."""
        return f"http://{self._address}:{self._now.port}"

    @property
    def page_url(self) -> str:
        """The address of the page of phones and mailboxes."""
        return f"{self.api_url}/"

    @property
    def smtp_host(self) -> str:
        """The host of the mail server."""
        return self._address

    @property
    def smtp_port(self) -> int:
        """The port of the mail server."""
        return self._now.smtp_port

    @property
    def inbound_url(self) -> str:
        """The webhook for messages to the number at Twilio, without connection overrides."""
        return urldefrag(self._now.inbox.urls[ProviderName.TWILIO]).url

    def connect(self, inbound_url: str, gatewayapi_inbound_url: str = "") -> None:
        """Set the webhooks for messages from phones, if known only after the start."""
        urls = self._now.inbox.urls
        urls[ProviderName.TWILIO] = inbound_url
        urls[ProviderName.GATEWAYAPI] = gatewayapi_inbound_url

    # Phones and mail

    def phone(self, number: str) -> Phone:
        """The phone with this number."""
        with self.network.condition:
            return self.network.phone(number)

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox of this address."""
        with self.network.condition:
            return self.office.box(address)

    @property
    def accepted(self) -> list[SmsMessage]:
        """Every message the API accepted (the latest `keep` of them), oldest first."""
        with self.network.condition:
            kept = list(self.network.messages.values())
        return [message for message in kept if message.direction is Direction.API]

    @property
    def accepted_total(self) -> int:
        """How many messages the API accepted, including those no longer kept."""
        return self.network.accepted_total

    def receive_sms(
        self,
        from_: str,
        text: str,
        *,
        to: str = "",
        sid: str | None = None,
        signature: Signature = Signature.VALID,
        timeout: float = 120,
    ) -> InboundResult:
        """Send a text from a phone to the service, and wait for the webhook's answer.

        `sid` repeats an earlier message; `signature` forges or omits the signature.
        """
        inbox = self._now.inbox
        return self._run_in_loop(
            inbox.receive(from_, text, to=to, sid=sid, signature=signature), timeout
        )

    def inbound_request(
        self,
        from_: str,
        text: str,
        *,
        url: str = "",
        sid: str | None = None,
        signature: Signature = Signature.VALID,
    ) -> SignedRequest:
        """The signed webhook for a text, for a test that posts it itself."""
        message = new_message(
            Direction.INBOUND, from_, self.config.number, text, status=Status.RECEIVED, sid=sid
        )
        return inbound_request(self.config, url or self.inbound_url, message, signature)

    def opt_out(self, number: str, sender: str = "") -> None:
        """Record at the provider that this phone opted out of messages from this sender.

        Sending to it is refused with 21610 (Twilio) or 0x0215 (GatewayAPI).
        """
        with self.network.condition:
            self.network.opted_out.add((number, sender or self.config.number))

    # Scripted behaviour

    def behave(self, match: Match | str, behaviour: Behaviour, *, times: int | None = None) -> None:
        """Script the next `times` messages that match (None: all); a str is a recipient."""
        match = Match(recipient=match) if isinstance(match, str) else match
        with self.network.condition:
            self._script.add(match, behaviour, times)

    def behave_mail(
        self, match: Match | str, behaviour: MailBehaviour, *, times: int | None = None
    ) -> None:
        """The same for recipients of e-mail."""
        match = Match(recipient=match.lower()) if isinstance(match, str) else match
        with self.network.condition:
            self._mail_script.add(match, behaviour, times)

    def reset(self) -> None:
        """Forget messages, mail, opt-outs and behaviours; the initial phones stay."""
        self._script.clear()
        self._mail_script.clear()
        self.network.clear()
        self.office.clear()

    # Waiting

    def wait_for(self, predicate: Callable[[], bool], timeout: float = 60) -> None:
        """Wait until the predicate holds. Raises SimulatorError after `timeout` seconds."""
        if not self.network.wait_for(predicate, timeout):
            raise SimulatorError(f"timed out after {timeout} seconds")

    def flush_callbacks(self, timeout: float = 120) -> None:
        """Wait until every message is in a final state and every callback was answered."""
        deliveries = self._now.deliveries
        self.wait_for(lambda: deliveries.pending == 0, timeout)

    # Inside

    def _add_initial_phones(self) -> None:
        one_time_codes(self.config.authenticators)  # Fails now for a bad secret, not on the page.
        for demo in self.config.phones:
            self.network.phone(demo.number, name=demo.name, pinned=True)
        for address in self.config.mailboxes:
            self.office.box(address, pinned=True)

    @property
    def _now(self) -> RunningServer:
        if self._running is None:
            raise SimulatorError("the simulator is not running: start it first")
        return self._running

    @property
    def _address(self) -> str:
        return "127.0.0.1" if self.config.host in ("0.0.0.0", "") else self.config.host  # noqa: S104

    def _run_in_loop(self, work: Coroutine[Any, Any, T], timeout: float) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._now.loop)
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise SimulatorError(f"timed out after {timeout} seconds") from None

    def _run(self, started: Future[RunningServer]) -> None:
        server = Server(self.config, self.network, self.office, self._script, self._mail_script)
        try:
            asyncio.run(server.serve(started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)
