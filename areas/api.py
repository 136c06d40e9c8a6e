"""The JSON API of areas: a public search, and one area with its place in the hierarchy."""

from __future__ import annotations

from typing import Any

import shapely
from flask_smorest import Blueprint
from shapely.geometry import mapping

from areas.kinds import AreaKind
from areas.lookup import find_area, parents_of
from areas.models import Area
from areas.schemas import (
    AreaDetailQuerySchema,
    AreaDetailSchema,
    AreaMatchesSchema,
    AreaQuerySchema,
)
from areas.search import search_areas
from areas.titles import area_title
from database import session
from web.http.access import no_ambient_authority, public
from web.http.rate_limits import limiter, look_ups

api = Blueprint("areas_api", __name__, url_prefix="/api/v1/areas", description="Areas")


@api.get("")
@api.arguments(AreaQuerySchema, location="query")
@api.response(200, AreaMatchesSchema)
@limiter.limit(look_ups)
@no_ambient_authority
@public
def search(query: dict[str, Any]) -> dict[str, Any]:
    """The areas that a postcode or a name may mean, best first."""
    matches = search_areas(session, query["q"], query["limit"])
    return {
        "areas": [
            _brief(match.area) | {"score": round(match.score, 3), "exact": match.exact}
            for match in matches
        ]
    }


@api.get(f"/<any({', '.join(AreaKind)}):kind>/<code>")
@api.arguments(AreaDetailQuerySchema, location="query")
@api.response(200, AreaDetailSchema)
@limiter.limit(look_ups)
@no_ambient_authority
@public
def show(query: dict[str, Any], kind: str, code: str) -> dict[str, Any]:
    """One area: name, bounding box, label point, parents; its boundary if asked for."""
    area = find_area(session, AreaKind(kind), code)
    found = _brief(area) | {
        "bbox": _numbers(area.min_lon, area.min_lat, area.max_lon, area.max_lat),
        "label": _numbers(area.label_lon, area.label_lat),
        "parents": [_brief(parent) for parent in parents_of(session, area)],
        "has_boundary": area.boundary is not None,
        "source": area.source,
    }
    if query["boundary"]:
        shape = None if area.boundary is None else shapely.from_wkb(bytes(area.boundary))
        found["boundary"] = None if shape is None else mapping(shape)
    return found


def _brief(area: Area) -> dict[str, Any]:
    return {"kind": area.kind, "code": area.code, "name": area.name, "title": area_title(area)}


def _numbers(*values: float | None) -> list[float] | None:
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None
