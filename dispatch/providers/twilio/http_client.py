"""An HTTP client for Twilio's official package, on a connection pool of our own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import aiohttp
import orjson
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from dispatch.providers.http import open_pool, retry_after


class Throttled(Exception):
    """The API answered 429, so nothing was sent."""

    def __init__(self, code: int | None, after: float | None) -> None:
        super().__init__("too many requests")
        self.code = code
        self.after = after


class PooledHttpClient(AsyncHttpClient):  # type: ignore[misc]
    """The package's HTTP interface on our own connection pool, with a timeout per request.

    It logs nothing: the package's own client would log numbers and texts.
    """

    def __init__(self, in_flight: int, seconds: float) -> None:
        super().__init__(_SILENT, True, None)
        self._session = self._signed = open_pool(in_flight, seconds)

    async def post(self, url: str, body: bytes) -> tuple[int, bytes]:
        """Post with the headers given to :meth:`sign`; returns status and body of the answer.

        Raises :class:`Throttled`, as :meth:`request` does.
        """
        async with self._signed.post(url, data=body, allow_redirects=False) as response:
            answer = await response.read()
            if response.status == 429:
                raise _throttled(response, answer)
            return response.status, answer

    def sign(self, headers: dict[str, str]) -> None:
        """Send these headers with each :meth:`post`; built once rather than per request."""
        self._signed = aiohttp.ClientSession(
            connector=self._session.connector,
            connector_owner=False,
            headers=headers,
            timeout=self._session.timeout,
            cookie_jar=self._session.cookie_jar,
        )

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | bytes | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # part of the interface; the session's is used
        allow_redirects: bool = False,
    ) -> Response:
        """Send one request; raises :class:`Throttled` for 429."""
        async with self._session.request(
            method,
            url,
            params=params,
            data=data,
            headers={**(headers or {}), **authorization(auth)},
            allow_redirects=allow_redirects,
        ) as response:
            if response.status == 429:
                raise _throttled(response, await response.read())
            return Response(response.status, await response.text("utf-8"), response.headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._signed.close()
        await self._session.close()


def _throttled(response: aiohttp.ClientResponse, body: bytes) -> Throttled:
    return Throttled(code_in(body), retry_after(response.headers.get("Retry-After")))


class _Silent:
    def __getattr__(self, _name: str) -> Any:
        return lambda *_arguments, **_options: None


_SILENT = _Silent()


def code_in(body: bytes) -> int | None:
    """The error code in an answer of the API, if it has one."""
    try:
        code = orjson.loads(body)["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, int) else None


@lru_cache(maxsize=4)
def authorization(auth: tuple[str, str] | None) -> dict[str, str]:
    """The headers for basic authentication."""
    return {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}
