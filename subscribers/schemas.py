"""The schemas of citizens' forms; the only place where this room validates input."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from dispatch.addresses import AddressError, parse_address, parse_sender
from dispatch.models import Channel
from web.http.row_ids import RowId
from web.languages.choice import DEFAULT_LANGUAGE, LANGUAGES

LONGEST_PLACES = 300
LONGEST_ADDRESS = 254


class AddressField(fields.String):
    """A phone number or an e-mail address in any format; loads the normalised address."""

    def __init__(
        self,
        channel: Channel,
        parse: Callable[[Channel, str], str] = parse_address,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.channel = channel
        self.parse = parse

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **options)
        if len(text) > LONGEST_ADDRESS:
            raise ValidationError(str(_l("Det er for langt. Skriv kun nummeret eller adressen.")))
        try:
            return self.parse(self.channel, text)
        except AddressError as error:
            raise ValidationError(str(error)) from error


class AnyAddressField(fields.String):
    """A phone number or an e-mail address of somebody we may know; loads (channel, address).

    Who signed up by SMS may have a number that would be refused in a sign-up.
    """

    def _deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> tuple[Channel, str]:
        channel = Channel.EMAIL if "@" in str(value) else Channel.SMS
        return channel, AddressField(channel, parse_sender)._deserialize(
            value, attr, data, **options
        )


def _language_field() -> fields.String:
    return fields.String(load_default=DEFAULT_LANGUAGE, validate=validate.OneOf(list(LANGUAGES)))


def _places_field() -> fields.String:
    too_long = _l("Det er for langt. Skriv kun postnumre og navne på steder.")
    return fields.String(
        load_default="",
        validate=validate.Length(max=LONGEST_PLACES, error=too_long),
    )


class SignUpSchema(Schema):
    """The sign-up form: one or two addresses, areas (typed or ticked), language, consent."""

    phone = AddressField(Channel.SMS, load_default=None)
    email = AddressField(Channel.EMAIL, load_default=None)
    area = fields.List(RowId(), load_default=list)
    places = _places_field()
    language = _language_field()
    consent = fields.Boolean(load_default=False)

    @validates_schema(skip_on_field_errors=False)
    def check_whole(self, data: dict[str, Any], **_options: Any) -> None:
        """Require an address and the consent."""
        wrong: dict[str, list[str]] = {}
        if data.get("phone", "") is None and data.get("email", "") is None:
            neither = _l("Skriv dit telefonnummer her eller din e-mail i feltet nedenunder.")
            wrong["phone"] = [str(neither)]
        if not data.get("consent"):
            no_consent = _l(
                "Sæt kryds, hvis du vil have varsler. Uden dit samtykke må vi ikke sende dem."
            )
            wrong["consent"] = [str(no_consent)]
        if wrong:
            raise ValidationError(wrong)


class CodeField(fields.String):
    """Six digits, however they are written; loads them as ASCII. Anything else is no attempt."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> str:
        text = re.sub(r"[\s.\-]", "", super()._deserialize(value, attr, data, **options))
        if not re.fullmatch(r"\d{6}", text):
            raise self.make_error("invalid")
        return "".join(str(unicodedata.digit(digit)) for digit in text)


class CodeSchema(Schema):
    """The six digits that were sent to a phone."""

    code = CodeField(
        required=True,
        error_messages={
            "invalid": _l("Det er ikke en kode. Skriv de seks cifre fra sms'en."),
            "required": _l("Skriv koden fra sms'en: seks cifre."),
        },
    )


class PlacesSchema(Schema):
    """Areas to add: typed, or the one whose button was pressed."""

    places = _places_field()
    area = fields.List(RowId(), load_default=list)


class AreaSchema(Schema):
    """The area whose button was pressed."""

    area = RowId(required=True)


class LanguageSchema(Schema):
    """The language of a subscriber's messages."""

    language = _language_field()


class PageLinkSchema(Schema):
    """Where to send the link to one's own page."""

    address = AnyAddressField(
        required=True,
        error_messages={"required": _l("Skriv dit telefonnummer eller din e-mail.")},
    )
