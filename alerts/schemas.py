"""The requests and responses of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import EXCLUDE, Schema, fields, post_load, validate

from alerts.draft import AlertDraft, Wording
from alerts.kinds import AlertKind
from alerts.models import Alert, AlertStatus, Outcome, ReleaseKind, Severity, StepKind
from areas.kinds import AreaKind
from areas.targets.geocodes import geocodes
from areas.targets.target import Target
from cases.models import CaseStatus
from database import session
from dispatch.models import Channel
from web.http.row_ids import RowId
from web.languages.choice import LANGUAGES

REQUIRED = {"required": _l("Feltet mangler."), "null": _l("Feltet mangler.")}
AWARE = {
    "invalid_awareness": _l("Skriv tidspunktet med tidszone, for eksempel 2026-03-01T14:00:00Z."),
    "invalid": _l("Skriv tidspunktet som 2026-03-01T14:00:00Z."),
}


class AlertWordingSchema(Schema):
    """Title and body in one language."""

    title = fields.String(required=True, error_messages=REQUIRED)
    body = fields.String(required=True, error_messages=REQUIRED)

    @post_load
    def make(self, data: dict[str, Any], **_options: Any) -> Wording:
        """The value that services take."""
        return Wording(**data)


class Whole(fields.Nested):
    """A nested value that must be complete even if other fields may be left out (PATCH)."""

    def _deserialize(
        self,
        value: Any,
        attr: str | None,
        data: Mapping[str, Any] | None,
        partial: bool | Sequence[str] | AbstractSet[str] | None = None,
        **options: Any,
    ) -> Any:
        return super()._deserialize(value, attr, data, partial=False, **options)


class AlertTargetSchema(Schema):
    """Where an alert goes: areas, a shape, a circle, or a combination of them."""

    area_ids = fields.List(RowId(strict=True))
    areas = fields.List(
        fields.String(),
        metadata={"description": "Such as postcode:3400, no:postcode:3400"},
    )
    shape = fields.Dict(
        keys=fields.String(),
        metadata={"description": "A GeoJSON Polygon or MultiPolygon, longitude first"},
    )
    centre = fields.List(fields.Float(), metadata={"description": "[longitude, latitude]"})
    radius_m = fields.Float(metadata={"description": "Metres around the centre"})
    written = fields.String(metadata={"description": "What somebody wrote for the centre"})
    address = fields.String(metadata={"description": "The address that this was taken for"})
    left_out_ids = fields.List(
        RowId(strict=True),
        metadata={"description": "Areas that it touches, but whose followers it is not sent to"},
    )


def texts_by_language(**options: Any) -> fields.Dict:
    """The field for title and body in each language."""
    return fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(LANGUAGES))),
        values=Whole(AlertWordingSchema),
        metadata={"description": "By language; Danish (da) is required"},
        **options,
    )


class AlertDraftSchema(Schema):
    """The content of an alert: the fields of :class:`alerts.draft.AlertDraft`."""

    kind = fields.Enum(AlertKind, by_value=True, required=True, error_messages=REQUIRED)
    severity = fields.Enum(Severity, by_value=True, load_default=Severity.MODERATE)
    case_reference = fields.String(allow_none=True, load_default=None)
    target = fields.Nested(AlertTargetSchema, required=True, error_messages=REQUIRED)
    texts = texts_by_language(required=True, error_messages=REQUIRED)
    send_at = fields.AwareDateTime(
        allow_none=True,
        load_default=None,
        error_messages=AWARE,
        metadata={"description": "None: as soon as it is published"},
    )
    expires_at = fields.AwareDateTime(
        allow_none=True,
        load_default=None,
        error_messages=AWARE,
        metadata={"description": "None: 24 hours after it is sent"},
    )


class AlertChangesSchema(AlertDraftSchema):
    """Changes to the content of a draft; fields that are left out are kept."""

    version = fields.String(
        metadata={
            "description": "The version that was read: if the draft has changed since, nothing is"
            " written and the answer is 409, with the names of what changed"
        }
    )


class AlertReleaseSchema(Schema):
    """What was sent; it never changes."""

    kind = fields.Enum(ReleaseKind, by_value=True)
    number = fields.Integer()
    texts = fields.Raw()
    target = fields.Raw()
    audience = fields.String(attribute="audience.kind")
    counts = fields.Raw()
    recipients = fields.Integer()
    wording_reason = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()


class CapSchema(Schema):
    """The CAP 1.2 values of this kind of alert."""

    category = fields.String()
    urgency = fields.String()
    certainty = fields.String()


class AlertSchema(AlertDraftSchema):
    """An alert as staff see it: its content and its progress."""

    code = fields.String()
    version = fields.Function(
        lambda alert: AlertDraft.of(alert).version(),
        metadata={"type": "string", "description": "Of its content; send it back with changes"},
    )
    cap = fields.Nested(CapSchema, attribute="kind.row.cap")
    status = fields.Enum(AlertStatus, by_value=True)
    districts = fields.List(fields.String(), attribute="district_codes")
    created_at = fields.AwareDateTime()
    published_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    outcome = fields.Enum(Outcome, by_value=True, allow_none=True)


class ApprovalStepSchema(Schema):
    """A step on the way to approval; ``by`` is who took it."""

    kind = fields.Enum(StepKind, by_value=True)
    by = fields.String(attribute="staff.name")
    at = fields.AwareDateTime()
    comment = fields.String()
    wording_reason = fields.String(allow_none=True)


class AlertWithReleasesSchema(AlertSchema):
    """An alert, the official codes of its areas, how it was approved and what was sent."""

    geocodes = fields.Method("_geocodes", metadata={"description": "valueName and value, as CAP"})
    approval_steps = fields.List(fields.Nested(ApprovalStepSchema))
    releases = fields.List(fields.Nested(AlertReleaseSchema))

    def _geocodes(self, alert: Alert) -> list[dict[str, str]]:
        found = geocodes(session, Target.from_json(alert.target))
        return [{"valueName": code.value_name, "value": code.value} for code in found]


class AlertPageSchema(Schema):
    """One page of a list; ``next`` is the cursor of the next page, if there is one."""

    items = fields.List(fields.Nested(AlertSchema))
    next = fields.String(allow_none=True)


class AlertListQuerySchema(Schema):
    """Which alerts, and which page of the list."""

    status = fields.Enum(AlertStatus, by_value=True, load_default=None)
    after = fields.String(load_default=None, metadata={"description": "A cursor: ``next``"})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class IdempotencySchema(Schema):
    """The header that identifies a repeated request."""

    class Meta:
        """Requests carry other headers too."""

        unknown = EXCLUDE

    idempotency_key = fields.String(
        data_key="Idempotency-Key",
        required=True,
        validate=validate.Length(8, 80),
        error_messages={
            "required": _l("Send headeren Idempotency-Key: 8 til 80 tegn, ny hver gang.")
        },
    )


class WordingReasonSchema(Schema):
    """Why a text must say what the rules of wording call grave."""

    wording_reason = fields.String(load_default=None)


CONFIRMED_SIZE = fields.String(
    load_default=None,
    metadata={
        "description": "The fingerprint of the preview, when it shall reach implausibly many"
    },
)


class PublishingSchema(WordingReasonSchema):
    """What must be said of an alert before it is sent, if its preview says so."""

    confirmed_size = CONFIRMED_SIZE


class AlertExtensionSchema(Schema):
    """Until when an alert applies."""

    expires_at = fields.AwareDateTime(required=True, error_messages={**REQUIRED, **AWARE})


class AlertFollowUpSchema(WordingReasonSchema):
    """The body of an update or of how it ended, by language."""

    texts = fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(LANGUAGES))),
        values=fields.String(),
        required=True,
        error_messages=REQUIRED,
    )


class AlertCorrectionSchema(WordingReasonSchema):
    """The corrected title and body, by language."""

    texts = texts_by_language(required=True, error_messages=REQUIRED)


class RecipientCountSchema(Schema):
    """Recipients of one channel and language."""

    channel = fields.Enum(Channel, by_value=True)
    language = fields.String()
    recipients = fields.Integer()


class PreviewMessageSchema(Schema):
    """One message as it would be sent."""

    channel = fields.Enum(Channel, by_value=True, attribute="content.channel")
    language = fields.String(attribute="content.language")
    subject = fields.String(attribute="content.subject", allow_none=True)
    body = fields.String(attribute="content.body")
    segments = fields.Integer(attribute="segments.segments", allow_none=True)
    recipients = fields.Integer()


class ReachedAreaSchema(Schema):
    """An area that is reached, and how many recipients follow it."""

    id = fields.Integer(attribute="place.id")
    title = fields.String()
    kind = fields.Enum(AreaKind, by_value=True, attribute="place.kind")
    followers = fields.Integer()
    share = fields.Float(
        attribute="inside.share",
        allow_none=True,
        metadata={"description": "Of the area inside the target, 0 to 1; None: not known"},
    )
    is_named = fields.Boolean(metadata={"description": "The target names it"})
    is_grazed = fields.Boolean(metadata={"description": "It is touched at its edge only"})
    is_left_out = fields.Boolean()


class LeftOutSchema(Schema):
    """How many people do not get it, by reason."""

    reason = fields.String()
    name = fields.String(metadata={"description": "The reason in the reader's language"})
    number = fields.Integer()


class AlertCaseSchema(Schema):
    """The case that the alert would belong to, as far as the caller may see it."""

    reference = fields.String()
    is_new = fields.Boolean()
    title = fields.String(allow_none=True)
    status = fields.Enum(CaseStatus, by_value=True, allow_none=True)
    tips = fields.Integer(
        allow_none=True, metadata={"description": "None: new, or not of the caller's districts"}
    )
    districts = fields.List(fields.String())
    owner = fields.String(
        allow_none=True,
        metadata={"description": "The district that the number belongs to; None: not known"},
    )


class ApprovalReasonSchema(Schema):
    """A rule by which the alert must be approved."""

    kind = fields.String()
    text = fields.String(metadata={"description": "In the reader's language"})


class ApprovalSchema(Schema):
    """Whether a second person must approve the alert, and whether that is still missing."""

    is_due = fields.Boolean()
    is_missing = fields.Boolean()
    reasons = fields.List(fields.Nested(ApprovalReasonSchema))
    fault = fields.String(
        allow_none=True, metadata={"description": "What is missing; None: it is approved"}
    )


class SizeSchema(Schema):
    """How many are usual for this kind of alert in these districts."""

    usual = fields.Integer()
    earlier = fields.Integer(
        metadata={"description": "Of how many alerts it is the median; 0: it is what is expected"}
    )
    is_implausible = fields.Boolean(
        metadata={"description": "It must be confirmed: see confirmed_size"}
    )


class CostSchema(Schema):
    """What all SMS segments cost together."""

    amount = fields.Decimal(as_string=True)
    currency = fields.String()


class AlertPreviewSchema(Schema):
    """What publishing would do."""

    recipients = fields.Integer()
    counts = fields.List(fields.Nested(RecipientCountSchema))
    areas = fields.List(fields.Nested(ReachedAreaSchema))
    left_out = fields.List(fields.Nested(LeftOutSchema))
    segments = fields.Integer(metadata={"description": "Of all recipients together"})
    seconds = fields.Float(
        attribute="times.seconds",
        metadata={"description": "From its start to the last message, what goes first included"},
    )
    starts_at = fields.AwareDateTime(attribute="times.starts_at")
    finishes_at = fields.AwareDateTime(attribute="times.finishes_at")
    nearest_at = fields.AwareDateTime(
        attribute="times.nearest_at",
        allow_none=True,
        metadata={"description": "When the nearest thousand have it; None: there are no more"},
    )
    alerts_ahead = fields.Integer(
        attribute="times.alerts_ahead",
        metadata={"description": "How many other alerts are sent first"},
    )
    messages = fields.List(fields.Nested(PreviewMessageSchema))
    districts = fields.List(fields.String())
    place = fields.String()
    size = fields.Nested(SizeSchema)
    cost = fields.Nested(
        CostSchema, allow_none=True, metadata={"description": "None: no price is set"}
    )
    case = fields.Nested(AlertCaseSchema, allow_none=True)
    problems = fields.List(fields.String())
    warnings = fields.List(fields.String())
    approval = fields.Nested(ApprovalSchema)
    fingerprint = fields.String(metadata={"description": "Of the content; an approver sends it"})
