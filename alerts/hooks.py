"""Listeners that are called when an alert is published."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app
from sqlalchemy.orm import Session

from alerts.models import Alert

Listener = Callable[[Session, Alert], None]
EXTENSION = "alerts_published"


def on_published(app: Flask, listener: Listener) -> None:
    """Call ``listener`` in the transaction that publishes an alert."""
    app.extensions.setdefault(EXTENSION, []).append(listener)


def announce(session: Session, alert: Alert) -> None:
    """Tell the listeners that the alert is published."""
    listeners: list[Listener] = current_app.extensions.get(EXTENSION, [])
    for listener in listeners:
        listener(session, alert)
