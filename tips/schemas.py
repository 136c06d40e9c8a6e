"""The schemas of what citizens and investigators submit."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import (
    Schema,
    ValidationError,
    fields,
    post_load,
    validate,
    validates,
    validates_schema,
)

from cases.models import CaseStatus
from tips.inbox import TipFilter
from tips.intake.receiving import WebTip, has_content
from tips.models import Placement, TipChannel, TipStatus
from web.http.row_ids import RowId
from web.texts.filters import format_number

TEXT_LENGTH = 10_000
SEEN_LENGTH = 500
CONTACT_LENGTH = 200
NOTE_LENGTH = 2_000
SEARCH_LENGTH = 100


class MostLetters(validate.Length):
    """At most so many letters; ``{max}`` in the error is spelt as in the reader's language."""

    def __init__(self, most: int, error: Any) -> None:
        super().__init__(max=most, error=error)

    def _format_error(self, _value: Any, _message: str) -> str:
        return str(self.error).format(max=format_number(self.max))


class WebTipSchema(Schema):
    """The form on an alert's page."""

    text = fields.String(
        required=True,
        validate=MostLetters(
            TEXT_LENGTH,
            _l("Teksten er for lang. Der er plads til {max} tegn: send resten som et tip til."),
        ),
        error_messages={"required": _l("Skriv, hvad du har set eller hørt.")},
    )
    seen = fields.String(
        load_default=None,
        validate=MostLetters(SEEN_LENGTH, _l("Skriv det med højst {max} tegn.")),
    )
    contact = fields.String(
        load_default=None,
        validate=MostLetters(CONTACT_LENGTH, _l("Skriv det med højst {max} tegn.")),
    )
    # A honeypot: people don't see this field, but bots fill it in. The error says so, because an
    # honest witness's browser may fill it in too.
    website = fields.String(load_default="")

    @validates("text")
    def says_something(self, text: str, **_data: Any) -> None:
        """Reject a text of nothing but spaces and invisible characters; emoji are fine."""
        if not has_content(text):
            raise ValidationError(_("Skriv, hvad du har set eller hørt."))

    @validates("website")
    def stays_empty(self, website: str, **_data: Any) -> None:
        """Reject a filled honeypot."""
        if website:
            raise ValidationError(_("Lad dette felt være tomt, og send igen."))

    @post_load
    def build(self, data: dict[str, Any], **_options: Any) -> WebTip:
        """The tip as the service expects it."""
        return WebTip(data["text"], data["seen"], data["contact"])


class TipFilterSchema(Schema):
    """The filters of a case's inbox, in its URL."""

    status = fields.Enum(TipStatus, by_value=True, load_default=None)
    urgent = fields.Boolean(load_default=False)
    channel = fields.Enum(TipChannel, by_value=True, load_default=None)
    sender = RowId(load_default=None)

    @post_load
    def build(self, data: dict[str, Any], **_options: Any) -> TipFilter:
        """The filter as the service takes it."""
        return TipFilter(**data)


class NoteSchema(Schema):
    """The note for colleagues, which every button on the page of a tip sends along."""

    note = fields.String(
        load_default=None,
        validate=MostLetters(NOTE_LENGTH, _l("Skriv det med højst {max} tegn.")),
    )


class MarkSchema(NoteSchema):
    """A mark, and a note for colleagues."""

    status = fields.Enum(
        TipStatus,
        by_value=True,
        required=True,
        error_messages={"required": _l("Vælg en markering."), "unknown": _l("Vælg en markering.")},
    )


class MoveSchema(NoteSchema):
    """The case to move a tip to, and why, and a note for colleagues."""

    reference = fields.String(required=True, error_messages={"required": _l("Skriv sagsnummeret.")})
    reason = fields.String(
        load_default=None,
        validate=MostLetters(NOTE_LENGTH, _l("Skriv det med højst {max} tegn.")),
    )


class StepSchema(NoteSchema):
    """The tip to go on to, and whatever else was typed on the page of this one."""

    to = RowId(load_default=None)
    reference = fields.String(load_default="")
    reason = fields.String(load_default="")


class SearchSchema(Schema):
    """Words to search the tips of a case for."""

    words = fields.String(
        load_default="",
        validate=MostLetters(SEARCH_LENGTH, _l("Søg med højst {max} tegn.")),
    )


# --- The API -----------------------------------------------------------------------------


class CaseQuerySchema(Schema):
    """Which cases to list."""

    q = fields.String(load_default="", validate=validate.Length(max=SEARCH_LENGTH))


class CaseSchema(Schema):
    """A case with its tips counted."""

    id = fields.Integer()
    reference = fields.String()
    title = fields.String()
    status = fields.Enum(CaseStatus, by_value=True)
    districts = fields.List(fields.String())
    total = fields.Integer()
    new = fields.Integer(metadata={"description": "Tips that nobody opened yet"})
    opened = fields.Integer(metadata={"description": "Opened tips that nobody judged yet"})
    urgent = fields.Integer(metadata={"description": "Urgent tips that nobody judged yet"})
    latest_at = fields.DateTime(allow_none=True)


class CaseListSchema(Schema):
    """Cases: closed ones with unread tips first, then those with urgent tips."""

    cases = fields.List(fields.Nested(CaseSchema))


class TipPageQuerySchema(Schema):
    """Which of a case's tips to show, and which page."""

    status = fields.Enum(TipStatus, by_value=True)
    urgent = fields.Boolean()
    channel = fields.Enum(TipChannel, by_value=True)
    sender = RowId()
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))

    @post_load
    def build(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """The page number, and the filter as the service expects it."""
        page = data.pop("page")
        return {"page": page, "wanted": TipFilter(**data)}


class TipSchema(Schema):
    """A tip without its text."""

    id = fields.Integer()
    case_id = fields.Integer(allow_none=True)
    alert_code = fields.String(allow_none=True)
    channel = fields.Enum(TipChannel, by_value=True)
    language = fields.String()
    status = fields.Enum(TipStatus, by_value=True)
    urgent = fields.Boolean()
    placement = fields.Enum(Placement, by_value=True, metadata={"description": "Why it lies there"})
    assigned_to = fields.Integer(allow_none=True)
    received_at = fields.DateTime()


class ListedTipSchema(TipSchema):
    """A tip in a list: its beginning, and its sender's number within the case."""

    excerpt = fields.String()
    sender = fields.Integer(allow_none=True)


class TipListSchema(Schema):
    """A page of a case's inbox."""

    tips = fields.List(fields.Nested(ListedTipSchema))
    total = fields.Integer()
    page = fields.Integer()
    pages = fields.Integer()


class ReadTipSchema(TipSchema):
    """A tip in full; the sender is a number within the case, never an address."""

    text = fields.String()
    seen = fields.String(allow_none=True)
    contact_details = fields.String(allow_none=True)
    sender = fields.Integer(allow_none=True)
    stated_reference = fields.String(allow_none=True)


class TipChangeSchema(Schema):
    """A mark, a move, or both."""

    status = fields.Enum(TipStatus, by_value=True)
    note = fields.String(load_default=None, validate=validate.Length(max=NOTE_LENGTH))
    case_reference = fields.String()
    reason = fields.String(load_default=None, validate=validate.Length(max=NOTE_LENGTH))

    @validates_schema
    def changes_something(self, data: dict[str, Any], **_options: Any) -> None:
        """Require at least one of the two."""
        if "status" not in data and "case_reference" not in data:
            raise ValidationError(_("Angiv status, case_reference eller begge."), "status")
