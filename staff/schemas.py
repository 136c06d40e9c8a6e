"""The account form, and the filters of the audit trail."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, fields, post_load, pre_load, validate

from staff.permissions import Role
from web.http.row_ids import RowId
from web.languages.time_zone import COPENHAGEN


class AccountSchema(Schema):
    """A new account, or changes to one: name, e-mail, roles, police districts."""

    name = fields.String(
        required=True,
        validate=validate.Length(1, 100, error=_l("Navnet må højst fylde 100 tegn.")),
    )
    email = fields.Email(
        required=True,
        validate=validate.Length(max=254, error=_l("Adressen er for lang.")),
    )
    roles = fields.List(
        fields.Enum(Role, by_value=True, error_messages={"unknown": _l("Vælg fra listen.")}),
        required=True,
        validate=validate.Length(1, error=_l("Vælg mindst én rolle.")),
        error_messages={"required": _l("Vælg mindst én rolle.")},
    )
    districts = fields.List(
        fields.String(validate=validate.Length(1, 16, error=_l("Koden er for lang."))),
        load_default=list,
    )

    @post_load
    def distinct(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """Roles and districts as sets."""
        return {
            **data,
            "roles": frozenset(data["roles"]),
            "districts": frozenset(data["districts"]),
        }


def _day() -> fields.Date:
    """A day in a range that every time zone and database supports."""
    wrong = _l("Skriv en dato.")
    return fields.Date(
        load_default=None,
        error_messages={"invalid": wrong},
        validate=validate.Range(dt.date(2000, 1, 1), dt.date(2999, 12, 31), error=wrong),
    )


class AuditQuerySchema(Schema):
    """Which audit entries to show; the days are in Copenhagen time, both inclusive."""

    who = RowId(load_default=None, error_messages={"invalid": _l("Vælg fra listen.")})
    action = fields.String(load_default=None, validate=validate.Length(max=64))
    subject = fields.String(load_default=None, validate=validate.Length(max=64))
    subject_id = fields.String(load_default=None, validate=validate.Length(max=64))
    since = _day()
    until = _day()
    before = RowId(load_default=None)
    """Show only entries with a lower id (the cursor)."""

    @pre_load
    def blanks(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """Drop filters that were left empty."""
        return {name: value for name, value in data.items() if value != ""}

    @post_load
    def moments(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """The days as aware times, from the start of the first to the end of the last."""
        since, until = data.pop("since"), data.pop("until")
        data["since"] = _midnight(since) if since else None
        data["until"] = _midnight(until + dt.timedelta(days=1)) if until else None
        return data


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=COPENHAGEN)
