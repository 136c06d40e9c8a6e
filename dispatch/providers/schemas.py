"""The fields required of webhooks. Providers add fields without notice: others are ignored."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, post_load

from web.texts.cleaning import clean_all

MAX_TEXT = 20_000
"""Characters of an inbound text; a real one has at most 1,600."""


class WebhookSchema(Schema):
    """A schema that ignores unknown fields, and cleans what it reads."""

    class Meta:
        unknown = EXCLUDE

    @post_load
    def cleaned(self, data: dict[str, Any], **_options: Any) -> Any:
        """No database can store NUL or a lone surrogate in a text."""
        return clean_all(data)
