"""The requests and responses of the API, and the outer form of a target."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, fields, validate
from webargs.fields import DelimitedList

from areas.addresses.search import Found
from areas.addresses.written_address import LONGEST_ADDRESS
from areas.kinds import AreaKind
from areas.name_index import LONGEST_NAME
from web.http.row_ids import RowId

LONGEST_WRITTEN = 200
"""Characters that are kept of what was written for a point."""


class AreaQuerySchema(Schema):
    """A search for areas by what a person wrote."""

    q = fields.String(
        required=True,
        validate=validate.Length(
            min=1,
            max=LONGEST_NAME,
            error=_l("Skriv et postnummer eller et navn på højst 80 tegn."),
        ),
    )
    limit = fields.Integer(load_default=5, validate=validate.Range(min=1, max=20))


class AreaDetailQuerySchema(Schema):
    """Whether the boundary is wanted with the area."""

    boundary = fields.Boolean(load_default=False)


class AreaSchema(Schema):
    """An area in brief; ``key`` names it in requests: ``postcode:3400``, ``no:postcode:3400``."""

    key = fields.String(required=True)
    country = fields.String(required=True)
    kind = fields.Enum(AreaKind, by_value=True, required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    title = fields.String(required=True)


class AreaMatchSchema(AreaSchema):
    """An area that a search found: ``score`` from 0 to 1, ``local_name`` of a place in it."""

    score = fields.Float(required=True)
    exact = fields.Boolean(required=True)
    local_name = fields.String(allow_none=True, required=True)


class AreaMatchesSchema(Schema):
    """The areas that a search found, best first."""

    areas = fields.List(fields.Nested(AreaMatchSchema), required=True)


class AreaDetailSchema(AreaSchema):
    """An area with its place: ``bbox`` [west, south, east, north], ``parents`` nearest first."""

    bbox = fields.List(fields.Float(), allow_none=True, required=True)
    label = fields.List(fields.Float(), allow_none=True, required=True)
    parents = fields.List(fields.Nested(AreaSchema), required=True)
    has_boundary = fields.Boolean(required=True)
    boundary = fields.Raw(allow_none=True, metadata={"description": "GeoJSON geometry"})
    source = fields.String(required=True)


class AddressQuerySchema(Schema):
    """A search for addresses; those of the police districts come first where several fit."""

    q = fields.String(
        required=True,
        validate=validate.Length(
            min=1,
            max=LONGEST_ADDRESS,
            error=_l("Skriv en vej og et husnummer, højst 120 tegn i alt."),
        ),
    )
    limit = fields.Integer(load_default=10, validate=validate.Range(min=1, max=50))
    district = DelimitedList(fields.String(validate=validate.Length(max=32)), load_default=list)


class AddressMatchSchema(Schema):
    """An address that a search found, and in what it differs from what was written.

    ``found``: whether the number is the written one, the nearest to it, or one in the middle of
    the street; ``exact``: nothing differs.
    """

    title = fields.String(required=True)
    street = fields.String(required=True)
    number = fields.Integer(required=True)
    letter = fields.String(required=True)
    locality = fields.String(required=True)
    postcode = fields.String(required=True)
    town = fields.String(required=True)
    municipality = fields.String(required=True)
    municipality_name = fields.String(required=True)
    lon = fields.Float(required=True)
    lat = fields.Float(required=True)
    found = fields.Enum(Found, by_value=True, required=True)
    is_spelt_so = fields.Boolean(required=True)
    is_there = fields.Boolean(required=True)
    exact = fields.Boolean(required=True)


class AddressMatchesSchema(Schema):
    """The addresses that a search found, best first; ``total`` counts also those not shown."""

    addresses = fields.List(fields.Nested(AddressMatchSchema), required=True)
    total = fields.Integer(required=True)


class TargetSchema(Schema):
    """The outer form of a target; :func:`areas.targets.input.parse_target` checks what it means."""

    area_ids = fields.List(
        RowId(strict=True), validate=validate.Length(max=2_000), load_default=list
    )
    areas = fields.List(
        fields.String(validate=validate.Length(max=64)),
        validate=validate.Length(max=2_000),
        load_default=list,
    )
    shape = fields.Raw(allow_none=True, load_default=None)
    centre = fields.Raw(allow_none=True, load_default=None)
    radius_m = fields.Raw(allow_none=True, load_default=None)
    written = fields.String(load_default="", validate=validate.Length(max=LONGEST_WRITTEN))
    address = fields.String(load_default="", validate=validate.Length(max=LONGEST_WRITTEN))
    left_out_ids = fields.List(
        RowId(strict=True), validate=validate.Length(max=2_000), load_default=list
    )
