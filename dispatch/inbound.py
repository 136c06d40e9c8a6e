"""Messages that come in: taken once, handed down the chain of handlers, then forgotten."""

from __future__ import annotations

from dispatch.registry import Inbound, InboundHandler, Reply, register_inbound

__all__ = ["Inbound", "InboundHandler", "Reply", "register_inbound"]
