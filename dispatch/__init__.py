"""How messages leave and come in: contacts, the ledger, senders, receipts, the inbound gateway.

Dispatch knows neither subscribers nor alerts nor tips. They plug in who an audience is, who
answers an inbound message, and what happens when a broadcast has settled.
"""

from __future__ import annotations

from flask import Flask

from dispatch.audiences import one_contact, recipients_of
from dispatch.registry import EXTENSION, Registry, register_audience


def init_app(app: Flask) -> None:
    """Hang up the room."""
    app.extensions[EXTENSION] = Registry()
    register_audience(app, "contact", one_contact)
    register_audience(app, "recipients", recipients_of)
