"""What a client can get instead of an answer: nothing, or a connection reset."""

from __future__ import annotations

import asyncio
import socket
import struct
import time

from aiohttp import web

_HANG_SECONDS = 120.0


async def hang(request: web.Request) -> None:
    """Don't answer until the client gives up."""
    deadline = time.monotonic() + _HANG_SECONDS
    while request.transport is not None and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


def reset_connection(request: web.Request) -> None:
    """Reset the TCP connection instead of answering."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
