"""What other rooms register with dispatch. Kept on the app, so that several can be built."""

from __future__ import annotations

import os
import re
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Select
from sqlalchemy.orm import Session

from dispatch.models import Broadcast, Channel, Contact, Opted, SuppressionReason
from dispatch.reply_limits import ReplyKind

EXTENSION = "dispatch"


@dataclass(frozen=True)
class Inbound:
    """A message that came in. ``sender`` is an E.164 number or an e-mail address.

    ``opted``: what the provider has understood and answered itself. It decides, not our words.
    """

    channel: Channel
    sender: str
    recipient: str
    text: str
    received_at: datetime
    opted: Opted | None = None


@dataclass(frozen=True)
class Reply:
    """The answer to an inbound message; with an empty text nothing is sent.

    ``subject`` is for e-mail. ``kind`` matters for how many replies a sender gets. With
    ``passes_on``, the message goes on to the next handler, and this text begins its reply; if it
    also ``says_kept``, it is the whole reply instead of one that says only that (``is_receipt``),
    and gives way to any other.
    """

    text: str
    subject: str | None = None
    kind: ReplyKind = ReplyKind.ORDINARY
    passes_on: bool = False
    says_kept: bool = False
    is_receipt: bool = False


AudienceResolver = Callable[[Session, dict[str, Any]], Select[Any, Any, Any]]
NearestResolver = Callable[[Session, dict[str, Any], int], Select[Any, Any, Any]]
InboundHandler = Callable[[Session, Inbound], Reply | None]
Conversation = Callable[[Session, Inbound], bool]
SettledListener = Callable[[Session, Broadcast], None]
SuppressedListener = Callable[[Session, Contact, SuppressionReason], None]
JobFunction = Callable[[Session], None]


@dataclass(frozen=True)
class AudienceHook:
    """A query for an audience, and a fast one for some of its nearest contacts."""

    everybody: AudienceResolver
    nearest: NearestResolver | None = None
    left_out: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A periodic job of another room, run by one process at a time."""

    name: str
    seconds: float
    function: JobFunction


@dataclass
class Hooks:
    """What other rooms have registered, and how to wake this process's dispatcher."""

    audiences: dict[str, AudienceHook] = field(default_factory=dict)
    inbound_handlers: list[InboundHandler] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    settled_listeners: list[SettledListener] = field(default_factory=list)
    suppressed_listeners: list[SuppressedListener] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    wake_callbacks: list[Callable[[], None]] = field(default_factory=list)
    nonce: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def identity(self) -> str:
        """The name under which this process holds leases."""
        return f"{socket.gethostname()[:40]}:{self.process.replace('.', ':')}"

    @property
    def process(self) -> str:
        """A short name of this process, which identifies it after it has ended."""
        return f"{os.getpid()}.{self.nonce}"

    def wake(self) -> None:
        """Tell this process's dispatcher, if one runs, that there is something to do."""
        for wake in self.wake_callbacks:
            wake()


def process_of(owner: str) -> str | None:
    """The process (as in :attr:`Hooks.process`) in the name of a lease holder."""
    found = re.match(r"[^:]+:(\d+):([0-9a-f]{8})(?::|$)", owner)
    return f"{found[1]}.{found[2]}" if found else None


def hooks_of(app: Flask) -> Hooks:
    """The hooks of an app."""
    hooks: Hooks = app.extensions[EXTENSION]
    return hooks


def current_hooks() -> Hooks:
    """The hooks of the running app (needs an app context)."""
    hooks: Hooks = current_app.extensions[EXTENSION]
    return hooks


def register_audience(
    app: Flask,
    kind: str,
    everybody: AudienceResolver,
    nearest: NearestResolver | None = None,
    left_out: Mapping[str, Any] | None = None,
) -> None:
    """Register the queries that find the recipients of a kind of audience.

    ``everybody`` returns a select with one row per contact and these columns (build them with
    :func:`dispatch.audiences.audience_columns`): ``contact_id``, ``language``, ``distance_m``
    (metres from the alert's place, 0 or NULL if it has none), ``due_at`` (UTC; the message is
    not sent earlier; NULL: at once) and ``left_out`` (a short code for why this contact does not
    get it; NULL: it does). Dispatch itself leaves out suppressed contacts. ``left_out`` maps
    those codes to texts for staff.

    ``nearest`` returns some of the same rows: the nearest contacts, at most as many as asked
    for. It must take no longer for a million contacts than for a hundred, because the first
    messages wait for it.
    """
    hooks_of(app).audiences[kind] = AudienceHook(everybody, nearest, left_out or {})


def register_inbound(app: Flask, handler: InboundHandler) -> None:
    """Add a handler to the end of the chain; the first that returns a reply ends it."""
    hooks_of(app).inbound_handlers.append(handler)


def register_conversation(app: Flask, waits: Conversation) -> None:
    """Let a room say that it waits for something from a sender.

    Then a message that could mean anything, such as the name of a place, is left to that room.
    """
    hooks_of(app).conversations.append(waits)


def on_settled(app: Flask, listener: SettledListener) -> None:
    """Call the listener once for each broadcast that settles."""
    hooks_of(app).settled_listeners.append(listener)


def on_suppressed(app: Flask, listener: SuppressedListener) -> None:
    """Call the listener when a contact is suppressed by dispatch itself.

    That happens through the unsubscribe link, and by an opt-out or hard bounce that a provider
    reports.
    """
    hooks_of(app).suppressed_listeners.append(listener)


def register_job(app: Flask, name: str, seconds: float, function: JobFunction) -> None:
    """Run the function every so many seconds, in a unit of work of its own."""
    hooks_of(app).jobs[name] = Job(name, seconds, function)
