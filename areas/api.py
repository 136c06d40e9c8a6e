"""The JSON API of areas: a public search, and one area with its place in the hierarchy.

Staff find official addresses as well.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import shapely
from shapely.geometry import mapping

from areas.addresses.search import find_addresses
from areas.countries import COUNTRIES, key_text
from areas.kinds import AreaKind
from areas.lookup import find_area, parents_of
from areas.models import Area
from areas.schemas import (
    AddressMatchesSchema,
    AddressQuerySchema,
    AreaDetailQuerySchema,
    AreaDetailSchema,
    AreaMatchesSchema,
    AreaQuerySchema,
)
from areas.search import search_areas
from areas.titles import area_title
from database import session
from web.http.access import no_ambient_authority, public, signed_in
from web.http.rate_limits import limiter, look_ups
from web.http.rest import ApiBlueprint

api = ApiBlueprint("areas_api", __name__, url_prefix="/api/v1", description="Areas")


@api.get("/areas")
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
            _brief(match.area)
            | {
                "score": round(match.score, 3),
                "exact": match.exact,
                "local_name": match.local_name,
            }
            for match in matches
        ]
    }


_KIND = f"<any({', '.join(AreaKind)}):kind>"


@api.get(f"/areas/{_KIND}/<code>")
@api.get(f"/areas/<any({', '.join(COUNTRIES)}):country>/{_KIND}/<code>")
@api.arguments(AreaDetailQuerySchema, location="query")
@api.response(200, AreaDetailSchema)
@limiter.limit(look_ups)
@no_ambient_authority
@public
def show(query: dict[str, Any], kind: str, code: str, country: str | None = None) -> dict[str, Any]:
    """One area: name, bounding box, label point, parents; its boundary if asked for."""
    area = find_area(session, AreaKind(kind), code, country)
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


@api.get("/addresses")
@api.arguments(AddressQuerySchema, location="query")
@api.response(200, AddressMatchesSchema)
@limiter.limit(look_ups)
@signed_in
def search_addresses(query: dict[str, Any]) -> dict[str, Any]:
    """The official addresses that a text may mean, best first, for signed-in staff."""
    found = find_addresses(
        session, query["q"], limit=query["limit"], districts=frozenset(query["district"])
    )
    return {
        "addresses": [
            dataclasses.asdict(match) | {"title": match.title, "exact": match.is_exact}
            for match in found.matches
        ],
        "total": found.total,
    }


def _brief(area: Area) -> dict[str, Any]:
    return {
        "key": key_text(area),
        "country": area.country,
        "kind": area.kind,
        "code": area.code,
        "name": area.name,
        "title": area_title(area),
    }


def _numbers(*values: float | None) -> list[float] | None:
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None
