"""Whom an alert goes to."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.targets.target import Target
from dispatch.broadcasts import Audience, AudienceCount, count_audience
from dispatch.models import Channel
from subscribers.audience import areas_audience, resolve_areas, resolve_nearest
from subscribers.models import Evidence, SubscriberContact
from subscribers.subscribing import stop_contact
from tests.subscribers.factories import MAIL, PHONE, area, contact_of, subscribed


def who(session: Session, distances: dict[str, float]) -> list[tuple[str, str, int]]:
    """(address, language, distance) of everybody who follows one of these areas."""
    by_id = {area(session, code).id: metres for code, metres in distances.items()}
    rows = session.execute(resolve_areas(session, areas_audience(Target(), by_id).params))
    found = []
    for contact_id, language, metres, due_at, left_out in rows:
        assert (due_at, left_out) == (None, None)
        link = session.get_one(SubscriberContact, contact_id)
        contact = next(
            contact
            for contact in (contact_of(session, a) for a in (PHONE, MAIL, "22334466"))
            if contact is not None and contact.id == link.contact_id
        )
        found.append((str(contact.address), language, metres))
    return sorted(found)


def test_followers_of_the_areas_and_nobody_else(session: Session) -> None:
    subscribed(session, PHONE, ("3400",))
    subscribed(session, "22334466", ("3480",))
    assert who(session, {"3400": 120.0}) == [(PHONE, "da", 120)]
    assert who(session, {"3450": 0.0}) == []
    assert who(session, {}) == []


def test_one_row_per_contact_with_the_nearest_distance(session: Session) -> None:
    subscribed(session, PHONE, ("3400", "3480", "0219"))
    assert who(session, {"3400": 900.4, "3480": 15_000.0, "0219": 250.0}) == [(PHONE, "da", 250)]


def test_every_contact_of_a_subscriber_in_their_language(session: Session) -> None:
    subscribed(session, MAIL, to=subscribed(session, PHONE, language="en"))
    assert who(session, {"3400": 0.0}) == [(PHONE, "en", 0), (MAIL, "en", 0)]


def test_an_unconfirmed_contact_gets_nothing(session: Session) -> None:
    subscribed(session)
    session.scalars(select(SubscriberContact)).one().confirmed_at = None
    session.flush()
    assert who(session, {"3400": 0.0}) == []


def test_the_first_are_found_in_the_nearest_areas(session: Session) -> None:
    subscribed(session, PHONE, ("3400", "3480"))
    subscribed(session, MAIL, ("3480",), language="en")
    subscribed(session, "22334466", ("3450",))
    distances = {area(session, code).id: metres
                 for code, metres in (("3450", 900.0), ("3480", 120.4), ("3400", 0.0))}  # fmt: skip
    params = areas_audience(Target(), distances).params
    everybody = set(session.execute(resolve_areas(session, params)))

    nearest = [set(session.execute(resolve_nearest(session, params, n))) for n in range(1, 5)]

    assert [len(found) for found in nearest] == [1, 2, 3, 3]
    assert all(found <= everybody for found in nearest)
    assert [sorted(row.distance_m for row in found) for found in nearest[:3]] == [
        [0], [0, 120], [0, 120, 900]
    ]  # fmt: skip
    nowhere = areas_audience(Target(), {}).params
    assert not session.execute(resolve_nearest(session, nowhere, 5)).all()


def test_the_rule_is_handed_the_shape_as_well_as_the_areas() -> None:
    target = Target(centre=(12.3, 55.9), radius_m=500.0)
    params = areas_audience(target, {7: 120.0}).params
    assert Target.from_json(params["target"]) == target
    assert params["area_ids"] == {"7": 120.0}


def test_dispatch_counts_it_and_leaves_out_who_said_stop(session: Session) -> None:
    subscribed(session, PHONE)
    subscribed(session, MAIL, language="en")
    audience = Audience("areas", {"area_ids": {str(area(session, "3400").id): 0.0}})
    assert count_audience(session, audience).counts == (
        AudienceCount(Channel.EMAIL, "en", 1),
        AudienceCount(Channel.SMS, "da", 1),
    )
    phone = contact_of(session, PHONE)
    assert phone is not None
    stop_contact(session, phone, Evidence.INBOUND_SMS)
    assert count_audience(session, audience).counts == (AudienceCount(Channel.EMAIL, "en", 1),)
