"""What citizens and investigators may send us."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates

from tips.inbox import TipFilter
from tips.intake import WebTip, has_content
from tips.models import TipChannel, TipStatus

TEXT_LENGTH = 10_000
SEEN_LENGTH = 500
CONTACT_LENGTH = 200
NOTE_LENGTH = 2_000
SEARCH_LENGTH = 100


class WebTipSchema(Schema):
    """The form on an alert's page."""

    text = fields.String(
        required=True,
        validate=validate.Length(
            max=TEXT_LENGTH,
            error=_l(
                "Teksten er for lang. Der er plads til {max} tegn: send resten som et tip til."
            ),
        ),
        error_messages={"required": _l("Skriv, hvad du har set eller hørt.")},
    )
    seen = fields.String(
        load_default=None,
        validate=validate.Length(max=SEEN_LENGTH, error=_l("Skriv det med højst {max} tegn.")),
    )
    contact = fields.String(
        load_default=None,
        validate=validate.Length(max=CONTACT_LENGTH, error=_l("Skriv det med højst {max} tegn.")),
    )
    # People don't see this field; programs that fill in forms do. Whoever fills it in is told,
    # because the browser of an honest witness may do so too.
    website = fields.String(load_default="")

    @validates("text")
    def says_something(self, text: str, **_data: Any) -> None:
        """Spaces and invisible marks are no tip; emoji are."""
        if not has_content(text):
            raise ValidationError(_("Skriv, hvad du har set eller hørt."))

    @validates("website")
    def stays_empty(self, website: str, **_data: Any) -> None:
        """The trap is empty."""
        if website:
            raise ValidationError(_("Lad dette felt være tomt, og send igen."))

    @post_load
    def build(self, data: dict[str, Any], **_options: Any) -> WebTip:
        """The tip as the service takes it."""
        return WebTip(data["text"], data["seen"], data["contact"])


class TipFilterSchema(Schema):
    """The filters of a case's inbox, in its address."""

    status = fields.Enum(TipStatus, by_value=True, load_default=None)
    urgent = fields.Boolean(load_default=False)
    channel = fields.Enum(TipChannel, by_value=True, load_default=None)
    sender = fields.Integer(load_default=None, validate=validate.Range(min=1))

    @post_load
    def build(self, data: dict[str, Any], **_options: Any) -> TipFilter:
        """The filter as the service takes it."""
        return TipFilter(**data)


class MarkSchema(Schema):
    """What a tip is worth, and a note for colleagues."""

    status = fields.Enum(
        TipStatus,
        by_value=True,
        required=True,
        error_messages={"required": _l("Vælg en markering."), "unknown": _l("Vælg en markering.")},
    )
    note = fields.String(
        load_default=None,
        validate=validate.Length(max=NOTE_LENGTH, error=_l("Skriv det med højst {max} tegn.")),
    )


class MoveSchema(Schema):
    """Where a tip is to lie, and why."""

    reference = fields.String(required=True, error_messages={"required": _l("Skriv sagsnummeret.")})
    reason = fields.String(
        load_default=None,
        validate=validate.Length(max=NOTE_LENGTH, error=_l("Skriv det med højst {max} tegn.")),
    )


class SearchSchema(Schema):
    """Words to look for in the tips of a case."""

    words = fields.String(
        load_default="",
        validate=validate.Length(max=SEARCH_LENGTH, error=_l("Søg med højst {max} tegn.")),
    )
