"""Inbound mail: an LMTP server (RFC 2033) behind a real mail server.

It accepts mail to bounce addresses and to the address for complaints only. It answers once a
mail's effect is committed; a mail that cannot be handled now is refused temporarily, and the mail
server in front tries again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP
from flask import Flask

from config import current_config
from database import current_database, is_away
from dispatch.incoming.bounces import complained_about, take_bounce
from dispatch.signed_links import Tokens, is_complaint_address, read_bounce_address
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

LARGEST = 5 * 1024 * 1024
"""Bytes of a mail: a notification may include the whole mail that was sent."""
THREADS = 4
"""Mails handled at once."""

TAKEN = "250 2.0.0 Taken"
NO_SUCH_ADDRESS = "550 5.1.1 No such address here"
ONE_AT_A_TIME = "452 4.5.3 One recipient at a time"
NOT_NOW = "451 4.3.0 Cannot be taken now"


class MailIn:
    """The LMTP server, which runs in a thread of its own between start and stop."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        with app.app_context():
            self._config = current_config()
        self._tokens = Tokens(self._config.secret_key)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mail-in")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lmtp", daemon=True)
        self._server: asyncio.Server | None = None

    def start(self, host: str, port: int) -> int:
        """Listen (port 0: any free one) and return the port. Raises :class:`OSError` if taken."""
        # This logger would log addresses.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        self._thread.start()
        listening = self._loop.create_server(self._protocol, host, port)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        bound: int = self._server.sockets[0].getsockname()[1]
        log.info("mail_in_started", port=bound)
        return bound

    def stop(self) -> None:
        """Finish the mails being handled, and stop."""
        if self._server is not None:
            self._loop.call_soon_threadsafe(self._server.close)
        self._threads.shutdown(wait=True)
        asyncio.run_coroutine_threadsafe(_end_conversations(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        log.info("mail_in_stopped")

    def _protocol(self) -> LMTP:
        return LMTP(
            self,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="varsko",
            ident="Varsko",
            loop=self._loop,
        )

    # --- What aiosmtpd calls -------------------------------------------------------------

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Answer to a recipient; its signature proves it ours, so nothing is looked up."""
        if self._about(address) is None and not is_complaint_address(self._config, address):
            log.info("mail_in_refused", reason="no such address")
            return NO_SUCH_ADDRESS
        if envelope.rcpt_tos:
            # Each recipient would need its own answer after the content; one is simpler.
            return ONE_AT_A_TIME
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Answer to a content, once its effect is committed."""
        (address,) = envelope.rcpt_tos
        return await self._loop.run_in_executor(
            self._threads, self._take, address, bytes(envelope.content)
        )

    def _about(self, address: str) -> tuple[int, int] | None:
        return read_bounce_address(self._config, self._tokens, address)

    def _take(self, address: str, raw: bytes) -> str:
        about = self._about(address)
        if about is None:
            about = next(filter(None, map(self._about, complained_about(raw))), None)
        if about is None:
            log.info("complaint_without_effect")
            return TAKEN
        try:
            with self._app.app_context(), current_database().unit_of_work() as session:
                take_bounce(session, *about, raw)
        except Exception as error:
            if is_away(error):
                log.error("database_unavailable", kind=type(error).__name__)
            else:
                log.error("mail_in_failed", delivery=about[0], fault=describe_fault(error))
            return NOT_NOW
        return TAKEN


async def _end_conversations() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
