"""The fields required of webhooks. Providers add fields without notice: others are ignored."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema

MAX_TEXT = 20_000
"""Characters of an inbound text; a real one has at most 1,600."""


class WebhookSchema(Schema):
    """A schema that ignores unknown fields."""

    class Meta:
        unknown = EXCLUDE
