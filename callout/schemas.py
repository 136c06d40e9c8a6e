"""The schemas of the page; the only place where this room validates input."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields

from dispatch.addresses import AddressError, parse_address
from dispatch.models import Channel


class PhoneNumber(fields.String):
    """A Danish phone number however it is written; loads E.164."""

    def _deserialize(self, value: object, *arguments: object, **options: object) -> str:
        text = str(super()._deserialize(value, *arguments, **options))
        try:
            return parse_address(Channel.SMS, text)
        except AddressError as error:
            raise ValidationError(str(error)) from error


class Code(fields.String):
    """Six digits, perhaps with spaces."""

    def _deserialize(self, value: object, *arguments: object, **options: object) -> str:
        text = str(super()._deserialize(value, *arguments, **options))
        digits = re.sub(r"[\s-]", "", text)
        if not re.fullmatch(r"[0-9]{6}", digits):
            raise ValidationError(str(_l("Koden har seks cifre. Den står i den sms, vi sendte.")))
        return digits


class NumberForm(Schema):
    """The number to be reached at."""

    number = PhoneNumber(required=True, error_messages={"required": _l("Skriv dit mobilnummer.")})


class CodeForm(Schema):
    """The code that was sent to it."""

    code = Code(required=True, error_messages={"required": _l("Skriv koden.")})
