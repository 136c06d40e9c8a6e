"""Templates and saved areas: made, listed in their districts, changed, deleted, and begun with."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.draft import Wording
from alerts.errors import InvalidPreset, PresetChanged, PresetNotFound
from alerts.kinds import AlertKind
from alerts.models import Severity
from alerts.presets.content import PresetContent
from alerts.presets.keeping import (
    change_preset,
    create_preset,
    delete_preset,
    find_preset,
    list_presets,
)
from alerts.presets.models import Preset
from areas.errors import TargetError
from audit.models import AuditEntry
from staff.actor import Actor, NotAllowed
from tests.alerts.factories import (
    NORTH,
    SOUTH,
    Country,
    make_officer,
)
from tests.alerts.test_pages import DESK

SMOKE = {
    "da": Wording("Røg ved [hvor]", "Luk vinduer og døre til [tidspunkt]."),
    "en": Wording("Smoke near [where]", "Close windows and doors until [time]."),
}
PRESETS = f"{DESK}/presets"


def a_template(name: str = "Røg fra brand", **changes: Any) -> PresetContent:
    """A template of the north without a target."""
    content: dict[str, Any] = {
        "name": name,
        "district": NORTH,
        "kind": AlertKind.AREA_ALERT,
        "severity": Severity.SEVERE,
        "texts": SMOKE,
    }
    return PresetContent(**{**content, **changes})


def an_area(country: Country, name: str = "Bymidten", **changes: Any) -> PresetContent:
    """A saved area of the north."""
    content: dict[str, Any] = {
        "name": name,
        "district": NORTH,
        "target": {"area_ids": [country.p3400]},
    }
    return PresetContent(**{**content, **changes})


def actions(session: Session) -> list[str]:
    """What the trail says about presets."""
    entries = select(AuditEntry.action).where(AuditEntry.subject == "alert_preset")
    return list(session.scalars(entries.order_by(AuditEntry.id)))


def test_a_template_keeps_what_was_written(session: Session, officer: Actor) -> None:
    made = create_preset(session, officer, a_template("  Røg   fra brand "))
    session.expire_all()
    kept = find_preset(session, officer, made.id)
    assert PresetContent.of(kept) == a_template()
    assert actions(session) == ["alert_preset.created"]


def test_they_are_seen_in_their_own_district_only(
    session: Session, country: Country, officer: Actor
) -> None:
    made = [
        create_preset(session, officer, content)
        for content in (an_area(country), a_template("Åbent vand"), a_template("Brand"))
    ]
    assert [each.name for each in list_presets(session, officer)] == [
        "Brand", "Åbent vand", "Bymidten"
    ]  # fmt: skip
    stranger = make_officer(session, [SOUTH])
    assert list_presets(session, stranger) == []
    with pytest.raises(PresetNotFound):
        find_preset(session, stranger, made[0].id)
    with pytest.raises(NotAllowed):
        create_preset(session, stranger, a_template())
    with pytest.raises(NotAllowed):
        change_preset(session, officer, made[1], a_template(district=SOUTH))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"texts": {}}, "texts.da"),
        ({"texts": {"da": Wording("", "Tekst")}}, "texts.da.title"),
        ({"texts": {"da": Wording("Titel", "x" * 1501)}}, "texts.da.body"),
        ({"texts": {"da": Wording("Savnet", "Ring om 070761-4285.")}}, "texts.da.body"),
        ({"kind": None}, "texts"),
    ],
)
def test_what_cannot_be_kept(
    session: Session, officer: Actor, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidPreset) as refused:
        create_preset(session, officer, a_template(**changes))
    assert field in refused.value.fields
    assert session.scalar(select(func.count()).select_from(Preset)) == 0


def test_a_saved_area_is_one_of_its_own_district(
    session: Session, country: Country, officer: Actor
) -> None:
    for target, error in (
        (None, InvalidPreset),
        ({}, InvalidPreset),
        ({"area_ids": [999_999]}, TargetError),
        ({"area_ids": [country.p4600]}, NotAllowed),
    ):
        with pytest.raises(error):
            create_preset(session, officer, an_area(country, target=target))
    both = make_officer(session, [NORTH, SOUTH])
    with pytest.raises(InvalidPreset) as refused:
        create_preset(session, both, an_area(country, target={"area_ids": [country.p4600]}))
    assert set(refused.value.fields) == {"target"}


def test_a_name_is_used_once_in_a_district(session: Session, officer: Actor) -> None:
    create_preset(session, officer, a_template())
    with pytest.raises(InvalidPreset) as refused:
        create_preset(session, officer, a_template())
    assert set(refused.value.fields) == {"name"}
    both = make_officer(session, [NORTH, SOUTH])
    create_preset(session, both, a_template(district=SOUTH))
    other = create_preset(session, officer, a_template("Andet"))
    with pytest.raises(InvalidPreset):
        change_preset(session, officer, other, a_template())


def test_of_two_who_change_it_the_second_is_told(session: Session, officer: Actor) -> None:
    preset = create_preset(session, officer, a_template())
    seen = preset.version
    change_preset(session, officer, preset, a_template("Røg"), seen=seen)
    with pytest.raises(PresetChanged):
        change_preset(session, officer, preset, a_template("Damp"), seen=seen)
    change_preset(session, officer, preset, a_template("Røg"), seen=seen)
    session.expire_all()
    assert (preset.name, preset.version) == ("Røg", seen + 1)
    assert actions(session) == ["alert_preset.created", "alert_preset.changed"]


def test_what_is_deleted_is_gone_and_the_second_who_deletes_is_told(
    session: Session, officer: Actor
) -> None:
    preset = create_preset(session, officer, a_template())
    delete_preset(session, officer, preset)
    with pytest.raises(PresetNotFound):
        find_preset(session, officer, preset.id)
    assert actions(session) == ["alert_preset.created", "alert_preset.deleted"]
