"""Posts signed webhooks and retries them as Twilio does.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides: by default one retry
when no connection could be made; `#rc=2&rp=all&rt=5000` at the end of an address changes that.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import aiohttp
from yarl import URL

from dispatch.simulator.settings import SimulatorConfig
from dispatch.simulator.signatures import Signature, signature_headers

_MAX_ANSWER = 64 * 1024  # bytes of a webhook's answer that are read


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What a webhook answered; `status` is None when nothing came."""

    status: int | None
    content_type: str = ""
    body: bytes = b""
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was a 2xx answer."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class _Connection:
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})
    connect_seconds: float = 5.0
    read_seconds: float = 15.0

    @classmethod
    def from_fragment(cls, fragment: str) -> _Connection:
        wishes = dict(parse_qsl(fragment))
        if not wishes:
            return _DEFAULT
        try:
            return cls(
                retries=min(int(wishes.get("rc", 1)), 5),
                retry_on=frozenset(wishes.get("rp", "ct").split(",")),
                connect_seconds=int(wishes.get("ct", 5_000)) / 1000,
                read_seconds=int(wishes.get("rt", 15_000)) / 1000,
            )
        except ValueError:
            return _DEFAULT

    def again(self, trouble: str) -> bool:
        return "all" in self.retry_on or trouble in self.retry_on


_DEFAULT = _Connection()


class Webhooks:
    """Posts form-encoded, signed requests. Belongs to the simulator's event loop."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._config = config
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=max(config.callback_workers, 1) + 16),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"},
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def post(
        self,
        url: str,
        params: Mapping[str, str],
        *,
        signature: Signature = Signature.VALID,
    ) -> WebhookAnswer:
        """Post to a webhook; never raises for what the other end does."""
        address, _, fragment = url.partition("#")
        connection = _Connection.from_fragment(fragment)
        headers = signature_headers(self._config.auth_token, address, params, signature)
        headers["I-Twilio-Idempotency-Token"] = str(uuid.uuid4())
        answer = WebhookAnswer(None)
        for _ in range(1 + connection.retries):
            answer, trouble = await self._once(address, params, headers, connection)
            if not trouble or not connection.again(trouble):
                break
        return answer

    async def post_plain(self, url: str, params: Mapping[str, str]) -> WebhookAnswer:
        """Post without a signature, as a mail program does for a one-click unsubscription."""
        answer, _ = await self._once(url.partition("#")[0], params, {}, _DEFAULT)
        return answer

    async def _once(
        self, url: str, params: Mapping[str, str], headers: dict[str, str], connection: _Connection
    ) -> tuple[WebhookAnswer, str]:
        timeout = aiohttp.ClientTimeout(
            sock_connect=connection.connect_seconds, sock_read=connection.read_seconds
        )
        try:
            async with self._session.post(
                URL(self.reachable(url), encoded=True),
                data=params,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                body = await response.content.read(_MAX_ANSWER)
                trouble = {4: "4xx", 5: "5xx"}.get(response.status // 100, "")
                return WebhookAnswer(response.status, response.content_type, body), trouble
        except (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError) as error:
            return WebhookAnswer(None, problem=f"no connection ({type(error).__name__})"), "ct"
        except TimeoutError:
            return WebhookAnswer(None, problem="no answer in time"), "rt"
        except (aiohttp.ClientError, ValueError) as error:
            return WebhookAnswer(None, problem=type(error).__name__), "ct"

    def reachable(self, url: str) -> str:
        """Where an address is really posted to (see `SimulatorConfig.internal_base`)."""
        public, internal = self._config.public_base, self._config.internal_base
        if public and internal and url.startswith(public):
            return internal + url.removeprefix(public)
        return url
