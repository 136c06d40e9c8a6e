"""Whom a target reaches: preview, ledger and a plain computation agree on it."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.composing.saving import draft_alert
from alerts.draft import AlertDraft, Wording
from alerts.kinds import AlertKind
from alerts.releasing.preview import preview
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import list_releases
from areas.geometry import SLIVER_M2, SLIVER_SHARE, circle, surface_m2
from areas.models import Area
from database import current_database, utcnow
from dispatch import Dispatcher
from dispatch.models import Broadcast, Contact, Delivery
from staff.actor import Actor
from subscribers.models import Subscriber, SubscriberContact, Subscription
from tests.alerts.factories import NORTH, SOUTH, Country, make_country, make_officer
from tests.dispatch.factories import add_contacts, mailbox, number
from tests.dispatch.fixtures import MakeApp

PEOPLE = 400
TARGETS = 30


@dataclass
class Person:
    """What somebody follows, and the contacts at which they can be written to."""

    areas: frozenset[int]
    contacts: frozenset[int]


def make_people(rng: random.Random, country: Country) -> list[Person]:
    """People who follow one to three areas, with one or two contacts; some can't be written to."""
    areas = list(vars(country).values())
    numbers = add_contacts([number(i) for i in range(PEOPLE)] + [mailbox(i) for i in range(PEOPLE)])
    found = []
    with current_database().unit_of_work() as session:
        for i in range(PEOPLE):
            subscriber = Subscriber(language=rng.choice(["da", "en"]))
            session.add(subscriber)
            session.flush()
            followed = frozenset(rng.sample(areas, rng.choice([1, 1, 1, 2, 3])))
            session.add_all(
                Subscription(subscriber_id=subscriber.id, area_id=area) for area in followed
            )
            own = [numbers[i], numbers[PEOPLE + i]][: rng.choice([1, 1, 2])]
            good = set()
            for contact_id in own:
                state = rng.choice(["good", "good", "good", "stopped", "unconfirmed"])
                confirmed = None if state == "unconfirmed" else utcnow()
                session.add(
                    SubscriberContact(
                        contact_id=contact_id, subscriber_id=subscriber.id, confirmed_at=confirmed
                    )
                )
                if state == "stopped":
                    session.get_one(Contact, contact_id).suppressed_at = utcnow()
                if state == "good":
                    good.add(contact_id)
            found.append(Person(followed, frozenset(good)))
    return found


def make_target(rng: random.Random, country: Country) -> dict[str, Any]:
    """Areas, a polygon, a circle, or some of these at once."""
    target: dict[str, Any] = {}
    ways = rng.choice([["areas"], ["shape"], ["circle"], ["areas", "shape"], ["shape", "circle"]])
    lon, lat = rng.uniform(12.15, 12.45), rng.uniform(55.45, 56.05)
    if "areas" in ways:
        target["area_ids"] = rng.sample(list(vars(country).values()), rng.choice([1, 1, 2]))
    if "shape" in ways:
        corners = sorted(rng.uniform(0, 6.283) for _ in range(rng.randint(3, 9)))
        points = [(lon + 0.12 * math.cos(a), lat + 0.06 * math.sin(a)) for a in corners]
        hull = shapely.convex_hull(shapely.MultiPoint(points)).buffer(0.004)
        target["shape"] = json.loads(shapely.to_geojson(hull))
    if "circle" in ways:
        target |= {"centre": [lon, lat], "radius_m": float(rng.randint(300, 9_000))}
    return target


class Ground:
    """The areas as plain shapes and parents, with the rules of matching written out once more."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(select(Area.id, Area.parent_id, Area.boundary, Area.kind)).all()
        self.shapes = {row.id: shapely.from_wkb(bytes(row.boundary)) for row in rows}
        self.parents = {row.id: row.parent_id for row in rows}

    def touched(self, target: dict[str, Any]) -> set[int]:
        """The ids of what a target touches."""
        found = set()
        for named in target.get("area_ids", []):
            found |= {a for a in self.shapes if a in self._above(named) or named in self._above(a)}
        drawn = []
        if "shape" in target:
            drawn.append(shapely.geometry.shape(target["shape"]))
        if "centre" in target:
            lon, lat = target["centre"]
            drawn.append(circle(lon, lat, target["radius_m"]))
        if drawn:
            whole = shapely.union_all(drawn)
            for area, shape in self.shapes.items():
                common = surface_m2(shape.intersection(whole))
                least = SLIVER_SHARE * min(surface_m2(shape), surface_m2(whole))
                if common and common >= min(SLIVER_M2, least):
                    found.add(area)
        return found

    def _above(self, area: int) -> list[int]:
        found = [area]
        while (parent := self.parents[found[-1]]) is not None:
            found.append(parent)
        return found


def test_previewed_recipients_are_exactly_the_ledger_s(make_app: MakeApp) -> None:
    """Of random targets and areas left out; nobody approves, for that is not what this is about."""
    app = make_app(approval_for_whole_district=False)
    rng = random.Random(11)
    with app.app_context():
        with current_database().unit_of_work() as session:
            country = make_country(session)
            officer = make_officer(session, [NORTH, SOUTH])
        people = make_people(rng, country)
        with current_database().unit_of_work(writes=False) as session:
            ground = Ground(session)
        dispatcher = Dispatcher(app)
        targets = [make_target(rng, country) for _ in range(TARGETS)]
        reached = [agree(officer, people, ground, rng, each, dispatcher) for each in targets]
    assert len(set(reached)) > 10


def agree(
    actor: Actor,
    people: list[Person],
    ground: Ground,
    rng: random.Random,
    target: dict[str, Any],
    dispatcher: Dispatcher,
) -> int:
    """Leave some of what a target touches out, send, and compare; how many got it."""
    touched = ground.touched(target)
    may_leave = sorted(touched - set(target.get("area_ids", [])))
    left_out = set(rng.sample(may_leave, rng.randint(0, min(2, len(may_leave)))))
    reached = [person for person in people if person.areas & (touched - left_out)]
    lost = [p for p in people if p.areas & left_out and not p.areas & (touched - left_out)]
    expected = frozenset[int]().union(*(person.contacts for person in reached))
    followers = dict.fromkeys(touched, 0)
    for person in people:
        for area in person.areas & touched:
            followers[area] += len(person.contacts)
    if not expected:
        return 0
    with current_database().unit_of_work() as session:
        draft = AlertDraft(
            kind=AlertKind.AREA_ALERT,
            target={**target, "left_out_ids": sorted(left_out)},
            texts={"da": Wording("Brand", "Luk vinduer og døre.")},
        )
        alert = draft_alert(session, actor, draft)
        seen = preview(session, actor, alert)
        publish_alert(session, actor, alert, f"key-{alert.code}")
        broadcast_id = list_releases(session, alert)[0].broadcast_ids[0]
    assert seen.recipients == len(expected)
    assert sum(group.number for group in seen.left_out) == sum(len(p.contacts) for p in lost)
    assert {area.place.id: area.followers for area in seen.areas} == {
        area: number for area, number in followers.items() if number or area in left_out
    }
    assert {area.place.id for area in seen.areas if area.is_left_out} == left_out
    assert ledger_of(broadcast_id, dispatcher) == expected
    return len(expected)


def ledger_of(broadcast_id: int, dispatcher: Dispatcher) -> frozenset[int]:
    """The contacts in the ledger once it is filled."""
    while True:
        dispatcher.tick()
        with current_database().unit_of_work(writes=False) as session:
            if session.get_one(Broadcast, broadcast_id).expanded_at is not None:
                rows = select(Delivery.contact_id).where(Delivery.broadcast_id == broadcast_id)
                return frozenset(contact for contact in session.scalars(rows) if contact)
