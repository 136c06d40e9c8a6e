"""The progress of an alert, as JSON."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from alerts.models import AlertStatus, ReleaseKind
from alerts.progress.alert_progress import Situation
from alerts.progress.descriptions import describe
from dispatch.broadcasts import PauseKind
from dispatch.models import Channel


class CountsSchema(Schema):
    """Messages by category; all categories but done and reached add up to total."""

    total = fields.Integer()
    waiting = fields.Integer(metadata={"description": "Still to leave"})
    on_the_way = fields.Integer(
        metadata={"description": "Being handed over, or handed over without an answer yet"}
    )
    accepted = fields.Integer(
        metadata={"description": "Taken by the provider, not confirmed as received"}
    )
    delivered = fields.Integer(metadata={"description": "Confirmed as received"})
    failed = fields.Integer(metadata={"description": "Tried, and cannot arrive"})
    not_sent = fields.Integer(
        metadata={"description": "Stopped, out of time, or the recipient had opted out"}
    )
    done = fields.Integer(metadata={"description": "Neither waiting nor on the way"})
    reached = fields.Integer(
        metadata={"description": "Accepted, delivered or on the way: they have it, or may"}
    )


class RateSchema(Schema):
    """The rate of sending, measured over the last ``seconds``."""

    messages_per_second = fields.Float(attribute="messages")
    segments_per_second = fields.Float(attribute="segments")
    seconds = fields.Float()


class ChannelProgressSchema(Schema):
    """The progress on one channel."""

    channel = fields.Enum(Channel, by_value=True)
    counts = fields.Nested(CountsSchema)
    segments = fields.Integer()
    rate = fields.Nested(RateSchema, allow_none=True)
    seconds_left = fields.Float(allow_none=True)


class PauseReasonSchema(Schema):
    """Why it is paused, if it is."""

    kind = fields.Enum(PauseKind, by_value=True)
    provider = fields.String(allow_none=True)
    code = fields.String(allow_none=True, metadata={"description": "The provider's error code"})
    share = fields.Float(
        allow_none=True, metadata={"description": "Of the latest attempts, 0 to 1, that failed"}
    )
    by = fields.Integer(allow_none=True, metadata={"description": "The member of staff"})


class ReleaseProgressSchema(Schema):
    """The progress of one release."""

    kind = fields.Enum(ReleaseKind, by_value=True)
    number = fields.Integer()
    situation = fields.Enum(Situation, by_value=True)
    sentence = fields.Function(describe, metadata={"type": "string"})
    total = fields.Integer()
    counts = fields.Nested(CountsSchema)
    by_state = fields.Dict(keys=fields.String(), values=fields.Integer())
    channels = fields.List(fields.Nested(ChannelProgressSchema))
    segments = fields.Integer(metadata={"description": "SMS segments that were accepted"})
    rate = fields.Nested(
        RateSchema,
        allow_none=True,
        metadata={"description": "None until it was seen twice, and while nothing is sent"},
    )
    seconds_left = fields.Float(
        allow_none=True,
        metadata={"description": "Until the last one has left; None where nobody can promise"},
    )
    finishes_at = fields.AwareDateTime(allow_none=True)
    expanded = fields.Boolean(metadata={"description": "The ledger is complete"})
    settled = fields.Boolean(metadata={"description": "Nothing is to come but receipts"})
    reason = fields.Nested(PauseReasonSchema, allow_none=True)
    explanation = fields.String(
        attribute="pause.heading", metadata={"description": "The same in a sentence"}
    )


class AlertProgressSchema(ReleaseProgressSchema):
    """The progress of the alert itself, and of everything sent about it."""

    status = fields.Enum(AlertStatus, by_value=True)
    sentence = fields.Function(lambda progress: describe(progress.own), metadata={"type": "string"})
    releases = fields.List(fields.Nested(ReleaseProgressSchema))

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Take all but these two from the release of the alert itself."""
        holder = obj if attr in {"status", "releases"} else obj.own
        return super().get_attribute(holder, attr, default)
