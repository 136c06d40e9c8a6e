"""A small country with people in it: two police districts, three postcodes, officers, readers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy.orm import Session

from alerts.composing.saving import draft_alert
from alerts.draft import AlertDraft, Wording
from alerts.kinds import AlertKind
from alerts.models import Alert, Severity
from areas.atlas import renew_edition
from areas.kinds import AreaKind
from areas.models import Area
from dispatch.contacts import ensure_contact
from dispatch.models import Channel, Contact
from staff.actor import Actor
from staff.models import Staff, StaffDistrict, StaffRole
from staff.permissions import Role
from subscribers.models import Evidence
from subscribers.subscribing import subscribe

CASE = "0900-10161-00018-24"
NORTH, SOUTH = "01", "02"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Country:
    """The ids of the areas by what they are called."""

    north: int
    south: int
    hilleroed: int
    koege: int
    p3400: int
    p3480: int
    p4600: int


def _area(
    session: Session, kind: AreaKind, code: str, name: str, parent: int | None, box: Any
) -> int:
    west, south, east, north = box
    area = Area(
        kind=kind,
        code=code,
        name=name,
        parent_id=parent,
        boundary=shapely.to_wkb(shapely.box(*box)),
        min_lon=west,
        min_lat=south,
        max_lon=east,
        max_lat=north,
        label_lon=(west + east) / 2,
        label_lat=(south + north) / 2,
        surface_m2=(east - west) * 62_500 * (north - south) * 111_320,
        source="test",
    )
    session.add(area)
    session.flush()
    return area.id


def make_country(session: Session) -> Country:
    """Areas with square boundaries around Hillerød and Køge."""
    north = _area(
        session, AreaKind.POLICE_DISTRICT, NORTH, "Nordsjællands Politi", None,
        (12.1, 55.8, 12.5, 56.1),
    )  # fmt: skip
    south = _area(
        session, AreaKind.POLICE_DISTRICT, SOUTH, "Midt- og Vestsjællands Politi", None,
        (12.1, 55.4, 12.5, 55.8),
    )  # fmt: skip
    hilleroed = _area(
        session, AreaKind.MUNICIPALITY, "0219", "Hillerød", north, (12.2, 55.85, 12.4, 56.0)
    )
    koege = _area(session, AreaKind.MUNICIPALITY, "0259", "Køge", south, (12.2, 55.4, 12.4, 55.6))
    country = Country(
        north=north,
        south=south,
        hilleroed=hilleroed,
        koege=koege,
        p3400=_area(
            session, AreaKind.POSTCODE, "3400", "Hillerød", hilleroed, (12.2, 55.9, 12.4, 56.0)
        ),
        p3480=_area(
            session, AreaKind.POSTCODE, "3480", "Fredensborg", hilleroed, (12.2, 55.85, 12.4, 55.9)
        ),
        p4600=_area(session, AreaKind.POSTCODE, "4600", "Køge", koege, (12.2, 55.4, 12.4, 55.6)),
    )
    renew_edition(session)
    return country


def make_officer(
    session: Session,
    districts: Iterable[str] = (NORTH,),
    roles: Iterable[Role] = (Role.OFFICER,),
) -> Actor:
    """Somebody who acts, without the cost of a real password."""
    number = next(_numbers)
    staff = Staff(
        email=f"vagt{number}@politi.test",
        name=f"Vagt {number}",
        password="-",
        roles=[StaffRole(role=role) for role in roles],
        districts=[StaffDistrict(district_code=code) for code in districts],
    )
    session.add(staff)
    session.flush()
    return Actor.of(staff)


def make_reader(
    session: Session,
    area_id: int,
    language: str = "da",
    channel: Channel = Channel.SMS,
) -> Contact:
    """A citizen who follows one area."""
    number = next(_numbers)
    address = f"+45225{number:05}" if channel is Channel.SMS else f"laeser{number}@example.org"
    contact = ensure_contact(session, channel, address)
    area = session.get_one(Area, area_id)
    subscribe(session, contact, [area], language=language, evidence=Evidence.WEB_FORM)
    return contact


def a_draft(country: Country, **changes: Any) -> AlertDraft:
    """A witness appeal to postcode 3400."""
    content: dict[str, Any] = {
        "kind": AlertKind.WITNESS_APPEAL,
        "severity": Severity.MODERATE,
        "target": {"area_ids": [country.p3400]},
        "texts": {"da": Wording("Indbrud på Søvej", "Har du set en hvid varevogn i nat?")},
        "case_reference": CASE,
    }
    return AlertDraft(**{**content, **changes})


def make_draft(session: Session, country: Country, actor: Actor, **changes: Any) -> Alert:
    """A kept draft."""
    return draft_alert(session, actor, a_draft(country, **changes))
