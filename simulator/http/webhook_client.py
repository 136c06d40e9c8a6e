"""Posts to the service's webhooks, for every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import aiohttp
from yarl import URL

from simulator.settings import SimulatorConfig

_MAX_ANSWER = 64 * 1024  # bytes of a webhook's answer that are read


class WebhookFailure(StrEnum):
    """Why a webhook failed, named as in Twilio's retry policies."""

    NONE = ""
    CONNECTION = "ct"
    TIMEOUT = "rt"
    CLIENT_ERROR = "4xx"
    SERVER_ERROR = "5xx"


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What a webhook answered; `status` is None if there was no answer."""

    status: int | None
    content_type: str = ""
    body: bytes = b""
    problem: str = ""
    failure: WebhookFailure = WebhookFailure.NONE

    @property
    def ok(self) -> bool:
        """Whether it was a 2xx answer."""
        return self.status is not None and 200 <= self.status < 300


class WebhookClient:
    """Posts requests, each once. Belongs to the simulator's event loop."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._config = config
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=max(config.callback_workers, 1) + 16),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept": "*/*"},
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def post(
        self,
        url: str,
        data: Mapping[str, str] | bytes,
        headers: Mapping[str, str] | None = None,
        *,
        connect_seconds: float = 5.0,
        read_seconds: float = 15.0,
    ) -> WebhookAnswer:
        """Post a form, or bytes, to a webhook; never raises for what the other end does."""
        timeout = aiohttp.ClientTimeout(sock_connect=connect_seconds, sock_read=read_seconds)
        try:
            async with self._session.post(
                URL(self.reachable(url), encoded=True),
                data=data,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                body = await response.content.read(_MAX_ANSWER)
                return WebhookAnswer(
                    response.status, response.content_type, body, failure=_failure(response.status)
                )
        except (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError) as error:
            problem = f"no connection ({type(error).__name__})"
            return WebhookAnswer(None, problem=problem, failure=WebhookFailure.CONNECTION)
        except TimeoutError:
            return WebhookAnswer(None, problem="no answer in time", failure=WebhookFailure.TIMEOUT)
        except (aiohttp.ClientError, ValueError) as error:
            problem = type(error).__name__
            return WebhookAnswer(None, problem=problem, failure=WebhookFailure.CONNECTION)

    def reachable(self, url: str) -> str:
        """The address that is actually posted to (see `SimulatorConfig.internal_base`)."""
        public, internal = self._config.public_base, self._config.internal_base
        if public and internal and url.startswith(public):
            return internal + url.removeprefix(public)
        return url


def _failure(status: int) -> WebhookFailure:
    return {4: WebhookFailure.CLIENT_ERROR, 5: WebhookFailure.SERVER_ERROR}.get(
        status // 100, WebhookFailure.NONE
    )
