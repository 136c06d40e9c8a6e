"""Sending and receiving messages: contacts, the ledger, senders, delivery reports, inbound.

Dispatch does not know subscribers, alerts or tips. Those rooms register who an audience is, who
answers an inbound message, and what happens when a broadcast has settled.
"""

from __future__ import annotations

from flask import Flask

from dispatch import cli, health
from dispatch.audiences import (
    Audience,
    AudienceCount,
    AudienceSize,
    Content,
    Estimate,
    anybody_of,
    audience_columns,
    count_audience,
    estimate,
    first_recipients_of,
    one_contact,
    recipients_of,
)
from dispatch.broadcasts import (
    PauseReason,
    Progress,
    create_broadcast,
    pause_broadcast,
    progress,
    received_broadcasts,
    resume_broadcast,
    send_to_contact,
    stop_broadcast,
)
from dispatch.contacts import (
    AddressError,
    ensure_contact,
    find_contact,
    lift_suppression,
    parse_address,
    suppress_contact,
)
from dispatch.hooks import (
    EXTENSION,
    Hooks,
    on_settled,
    on_suppressed,
    register_audience,
    register_job,
)
from dispatch.incoming import receipt_box, unsubscribe, webhooks
from dispatch.incoming.messages import Inbound, Reply, register_inbound
from dispatch.providers import directory
from dispatch.scheduling.dispatcher import Dispatcher

__all__ = [
    "AddressError",
    "Audience",
    "AudienceCount",
    "AudienceSize",
    "Content",
    "Dispatcher",
    "Estimate",
    "Inbound",
    "PauseReason",
    "Progress",
    "Reply",
    "audience_columns",
    "count_audience",
    "create_broadcast",
    "ensure_contact",
    "estimate",
    "find_contact",
    "init_app",
    "lift_suppression",
    "on_settled",
    "on_suppressed",
    "parse_address",
    "pause_broadcast",
    "progress",
    "received_broadcasts",
    "register_audience",
    "register_inbound",
    "register_job",
    "resume_broadcast",
    "send_to_contact",
    "stop_broadcast",
    "suppress_contact",
]


def init_app(app: Flask) -> None:
    """Register the room's hooks, routes and commands."""
    app.extensions[EXTENSION] = Hooks()
    app.extensions[directory.EXTENSION] = directory.OpenProviders()
    app.extensions[receipt_box.EXTENSION] = receipt_box.ReceiptBox(
        app.extensions["varsko_database"]
    )
    register_audience(app, "contact", one_contact)
    register_audience(app, "recipients", recipients_of, first_recipients_of)
    register_audience(app, "any", anybody_of)
    app.register_blueprint(webhooks.blueprint)
    app.register_blueprint(unsubscribe.blueprint)
    app.register_blueprint(health.blueprint)
    app.cli.add_command(cli.group)
