"""What a provider's webhooks must hold. They add fields without notice: the rest is ignored."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema

MAX_TEXT = 20_000
"""Characters of an inbound text; a real one has at most 1,600."""


class WebhookSchema(Schema):
    """What a provider tells, and perhaps more."""

    class Meta:
        unknown = EXCLUDE
