"""What a draft must be, and what the officer is told when it is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from alerts.composing.saving import draft_alert, find_alert, update_draft
from alerts.draft import AlertDraft, Wording
from alerts.errors import IllegalMove, InvalidAlert
from alerts.kinds import AlertKind
from alerts.models import AlertStatus
from alerts.releasing.preview import preview
from alerts.releasing.steering import cancel_alert
from areas.atlas import renew_edition
from areas.errors import TargetError
from areas.kinds import AreaKind
from areas.models import Area
from database import utcnow
from staff.actor import Actor, NotAllowed
from tests.alerts.factories import CASE, Country, a_draft, make_draft, make_officer


def test_a_draft_keeps_what_was_written(session: Session, country: Country, officer: Actor) -> None:
    alert = make_draft(session, country, officer, case_reference="0900 10161 00018 24")
    session.expire_all()
    kept = find_alert(session, alert.code)
    assert kept.status is AlertStatus.DRAFT
    assert kept.case_reference == CASE
    assert kept.text("da").title == "Indbrud på Søvej"
    assert kept.text("en").title == "Indbrud på Søvej"
    assert kept.district_codes == ["01"]
    assert AlertDraft.of(kept).target == {"area_ids": [country.p3400]}


def test_a_draft_can_be_rewritten_in_every_part(
    session: Session, country: Country, officer: Actor
) -> None:
    both = make_officer(session, ["01", "02"])
    alert = make_draft(session, country, both)
    english = {"da": Wording("Ny", "Tekst"), "en": Wording("New", "Text")}
    target = {"area_ids": [country.p4600]}
    update_draft(session, both, alert, a_draft(country, texts=english, target=target))
    session.expire_all()
    assert alert.text("en").body == "Text"
    assert alert.district_codes == ["02"]
    update_draft(session, both, alert, a_draft(country))
    session.expire_all()
    assert set(alert.texts) == {"da"}


def test_what_is_no_draft_any_more_cannot_be_rewritten(
    session: Session, country: Country, officer: Actor
) -> None:
    alert = make_draft(session, country, officer)
    cancel_alert(session, officer, alert)
    with pytest.raises(IllegalMove):
        update_draft(session, officer, alert, a_draft(country))


UNSENDABLE: list[tuple[dict[str, Any], str]] = [
    ({"case_reference": None}, "case_reference"),
    ({"case_reference": "12-34"}, "case_reference"),
    ({"texts": {}}, "texts.da"),
    ({"texts": {"en": Wording("Title", "Body")}}, "texts.da"),
    ({"texts": {"da": Wording(" ", "Tekst")}}, "texts.da.title"),
    ({"texts": {"da": Wording("Titel", "")}}, "texts.da.body"),
    ({"texts": {"da": Wording("T" * 81, "Tekst")}}, "texts.da.title"),
    ({"texts": {"da": Wording("Titel", "x" * 1501)}}, "texts.da.body"),
    ({"texts": {"da": Wording("Titel", "x" * 700)}}, "texts.da.body"),
    ({"texts": {"da": Wording("Titel", "Tekst"), "de": Wording("T", "T")}}, "texts.de"),
    ({"send_at": utcnow() - timedelta(hours=1)}, "send_at"),
    ({"send_at": utcnow() + timedelta(days=100)}, "send_at"),
    ({"expires_at": utcnow() - timedelta(minutes=1)}, "expires_at"),
    ({"expires_at": utcnow() + timedelta(days=31)}, "expires_at"),
    (
        {
            "send_at": utcnow() + timedelta(hours=2),
            "expires_at": utcnow() + timedelta(hours=1),
        },
        "expires_at",
    ),
]


def test_a_draft_that_cannot_be_sent_is_refused_by_field(
    session: Session, country: Country, officer: Actor
) -> None:
    for changes, field in UNSENDABLE:
        with pytest.raises(InvalidAlert) as refused:
            draft_alert(session, officer, a_draft(country, **changes))
        assert field in refused.value.fields, changes
        assert refused.value.status == 422


def test_a_text_too_long_says_how_many_characters_to_cut(
    session: Session, country: Country, officer: Actor
) -> None:
    body = "Vi-søger-vidner." * 42
    with pytest.raises(InvalidAlert) as refused:
        make_draft(session, country, officer, texts={"da": Wording("Indbrud", body)})
    words = refused.value.fields["texts.da.body"][0].split()
    excess = int(words[words.index("mindst") + 1])
    with pytest.raises(InvalidAlert):
        make_draft(session, country, officer, texts={"da": Wording("Indbrud", body[: 1 - excess])})
    make_draft(session, country, officer, texts={"da": Wording("Indbrud", body[:-excess])})


def test_advice_needs_no_case(session: Session, country: Country, officer: Actor) -> None:
    alert = make_draft(
        session, country, officer, kind=AlertKind.PREVENTION_ADVICE, case_reference=None
    )
    assert alert.case_reference is None


RING = [[12.25, 55.92], [12.35, 55.92], [12.35, 55.96], [12.25, 55.96], [12.25, 55.92]]


UNUSABLE: list[dict[str, Any]] = [
    {},
    {"area_ids": [99999]},
    {"areas": ["postcode:9999"]},
    {"shape": {"type": "Polygon", "coordinates": [RING[:2] + RING[3:1:-1] + RING[:1]]}},
    {"shape": {"type": "Polygon", "coordinates": [[[lat, lon] for lon, lat in RING]]}},
    {
        "shape": {
            "type": "Polygon",
            "coordinates": [[[7, 54], [16, 54], [16, 58], [7, 58], [7, 54]]],
        }
    },
    {"shape": {"type": "Polygon", "coordinates": []}},
    {"shape": {"type": "Polygon", "coordinates": [[[12.3, 55.9]] * 4]}},
    {"shape": {"type": "Polygon", "coordinates": [RING[:-1]]}},
    {"shape": {"type": "Point", "coordinates": [12.3, 55.9]}},
    {"centre": [12.3, 55.93]},
    {"centre": [12.3, 55.93], "radius_m": -5},
    {"centre": [12.3, 55.93], "radius_m": 500_000},
]
"""Nothing, unknown places, a ring that crosses itself, latitude first, the whole country, an empty
one, one without surface, an open one, a point, circles without, below and beyond a radius."""


def test_a_target_that_cannot_be_meant_is_refused(
    session: Session, country: Country, officer: Actor
) -> None:
    for target in UNUSABLE:
        with pytest.raises(TargetError) as refused:
            make_draft(session, country, officer, target=target)
        assert refused.value.status == 422, target


def test_a_drawn_shape_and_a_circle_are_fine(
    session: Session, country: Country, officer: Actor
) -> None:
    make_draft(
        session, country, officer, target={"shape": {"type": "Polygon", "coordinates": [RING]}}
    )
    make_draft(session, country, officer, target={"centre": [12.3, 55.93], "radius_m": 800})


def test_the_officer_is_told_when_missing_boundaries_widen_what_was_drawn(
    session: Session, country: Country, officer: Actor
) -> None:
    circle = {"centre": [12.3, 55.93], "radius_m": 800}
    alert = make_draft(session, country, officer, target=circle)
    assert not any(
        "ikke indlæst" in warning for warning in preview(session, officer, alert).warnings
    )
    without_boundary = Area(
        kind=AreaKind.POSTCODE,
        code="3401",
        name="Hillerød Nord",
        parent_id=country.hilleroed,
        source="test",
    )
    session.add(without_boundary)
    session.flush()
    renew_edition(session)
    assert "ikke indlæst" in " ".join(preview(session, officer, alert).warnings)


def test_nobody_drafts_beyond_their_districts(
    session: Session, country: Country, officer: Actor
) -> None:
    for ids in ([country.p4600], [country.p3400, country.p4600]):
        with pytest.raises(NotAllowed):
            make_draft(session, country, officer, target={"area_ids": ids})


def test_a_colleague_of_another_district_cannot_rewrite_or_cancel(
    session: Session, country: Country, officer: Actor
) -> None:
    alert = make_draft(session, country, officer)
    southerner = make_officer(session, ["02"])
    with pytest.raises(NotAllowed):
        update_draft(session, southerner, alert, a_draft(country))
    with pytest.raises(NotAllowed):
        cancel_alert(session, southerner, alert)
