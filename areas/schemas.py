"""The requests and responses of the API, and the outer form of a target."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, fields, validate

from areas.kinds import AreaKind
from areas.name_index import LONGEST_NAME


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
    """An area in brief."""

    kind = fields.Enum(AreaKind, by_value=True, required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    title = fields.String(required=True)


class AreaMatchSchema(AreaSchema):
    """An area that a search found: ``score`` from 0 to 1."""

    score = fields.Float(required=True)
    exact = fields.Boolean(required=True)


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


class TargetSchema(Schema):
    """The outer form of a target; :func:`areas.targets.input.parse_target` checks what it means."""

    area_ids = fields.List(
        fields.Integer(strict=True), validate=validate.Length(max=2_000), load_default=list
    )
    areas = fields.List(
        fields.String(validate=validate.Length(max=64)),
        validate=validate.Length(max=2_000),
        load_default=list,
    )
    shape = fields.Raw(allow_none=True, load_default=None)
    centre = fields.Raw(allow_none=True, load_default=None)
    radius_m = fields.Raw(allow_none=True, load_default=None)
