"""The servers in one event loop: both APIs, the page and the mail server."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TextIO

from aiohttp import web

from simulator.behaviour import Behaviour, MailBehaviour
from simulator.behaviour_script import Script
from simulator.gatewayapi.api import GatewayApi
from simulator.gatewayapi.webhooks import GatewayApiWebhooks
from simulator.http.webhook_client import WebhookClient
from simulator.mail import PostOffice, SmtpReceiver
from simulator.pages.feed import Feed
from simulator.pages.routes import Pages
from simulator.phones.deliveries import Deliveries
from simulator.phones.inbound import Inbox
from simulator.phones.network import Direction, Network, ProviderName, SmsMessage, ignore
from simulator.phones.provider_webhooks import WebhooksByProvider
from simulator.settings import SimulatorConfig
from simulator.twilio.api import TwilioApi
from simulator.twilio.webhooks import TwilioWebhooks


@dataclass(slots=True)
class RunningServer:
    """What other threads may reach while the server runs."""

    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event
    deliveries: Deliveries
    inbox: Inbox
    port: int
    smtp_port: int


class Server:
    """APIs, page and mail server on one phone network and one post office."""

    def __init__(
        self,
        config: SimulatorConfig,
        network: Network,
        office: PostOffice,
        script: Script[Behaviour],
        mail_script: Script[MailBehaviour],
    ) -> None:
        self._config = config
        self._network = network
        self._office = office
        self._script = script
        self._mail_script = mail_script
        self._accepted_log: TextIO | None = None

    async def serve(self, started: Future[RunningServer]) -> None:
        """Listen until told to stop; tells `started` when every port is open."""
        client = WebhookClient(self._config)
        gatewayapi = GatewayApiWebhooks(self._config, client)
        webhooks: WebhooksByProvider = {
            ProviderName.TWILIO: TwilioWebhooks(self._config, client),
            ProviderName.GATEWAYAPI: gatewayapi,
        }
        deliveries = Deliveries(self._config, self._network, webhooks)
        inbox = Inbox(self._config, self._network, webhooks, deliveries)
        feed = Feed(lambda: pages.totals())
        pages = Pages(self._config, self._network, self._office, inbox, client, feed)
        runner = web.AppRunner(
            self._application(deliveries, pages), access_log=None, shutdown_timeout=0.2
        )
        smtp: asyncio.Server | None = None
        try:
            self._listen_for_changes(feed)
            await runner.setup()
            await web.TCPSite(runner, self._config.host, self._config.port, backlog=1024).start()
            receiver = SmtpReceiver(self._office, self._mail_script)
            smtp = await receiver.listen(self._config.host, self._config.smtp_port)
            if self._config.accepted_log is not None:
                # Line-buffered, so that a reader sees every message at once.
                path = self._config.accepted_log
                self._accepted_log = path.open("a", encoding="utf-8", buffering=1)
            stop = asyncio.Event()
            running = RunningServer(
                loop=asyncio.get_running_loop(),
                stop=stop,
                deliveries=deliveries,
                inbox=inbox,
                port=int(runner.addresses[0][1]),
                smtp_port=int(smtp.sockets[0].getsockname()[1]),
            )
            started.set_result(running)
            await stop.wait()
        finally:
            self._network.on_change = self._office.on_change = ignore
            feed.close()
            if smtp is not None:
                smtp.close()
            await deliveries.close()
            await runner.cleanup()
            await gatewayapi.close()
            await client.close()
            if self._accepted_log is not None:
                self._accepted_log.close()

    def _application(self, deliveries: Deliveries, pages: Pages) -> web.Application:
        app = web.Application(client_max_size=8 * 1024 * 1024)
        for api in (TwilioApi, GatewayApi):
            handlers = api(
                self._config, self._network, deliveries, self._script, self._write_accepted
            )
            app.add_routes(handlers.routes())
        app.add_routes([web.get("/accepted.ndjson", self._accepted_lines)])
        app.add_routes(pages.routes())
        return app

    def _listen_for_changes(self, feed: Feed) -> None:
        """Notify open pages of changes, including those made in other threads."""
        loop = asyncio.get_running_loop()
        self._network.on_change = _in_loop(loop, feed.phone_changed)
        self._office.on_change = _in_loop(loop, feed.mailbox_changed)

    def _write_accepted(self, message: SmsMessage) -> None:
        if self._accepted_log is not None:
            self._accepted_log.write(_accepted_line(message))

    async def _accepted_lines(self, request: web.Request) -> web.StreamResponse:
        """Every kept accepted message as a line of JSON, for counting from another process."""
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        kept = [m for m in self._network.messages.values() if m.direction is Direction.API]
        for start in range(0, len(kept), 1000):
            lines = [_accepted_line(message) for message in kept[start : start + 1000]]
            await response.write("".join(lines).encode())
        return response


def _accepted_line(message: SmsMessage) -> str:
    line = {
        "sid": message.sid,
        "to": message.to,
        "time": message.created,
        "segments": message.segments,
        "callback": message.status_callback,
        "provider": message.provider.value,
    }
    return json.dumps(line) + "\n"


def _in_loop(
    loop: asyncio.AbstractEventLoop, listener: Callable[[str], None]
) -> Callable[[str], None]:
    thread = threading.get_ident()

    def tell(name: str) -> None:
        if threading.get_ident() == thread:
            listener(name)
        else:
            loop.call_soon_threadsafe(listener, name)

    return tell
