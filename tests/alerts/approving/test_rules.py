"""When approval is due, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from alerts.approving.approval import approval_of
from alerts.approving.rules import ApprovalRules, Reach, ReasonKind, reasons_for_approval
from alerts.composing.saving import draft_alert
from alerts.kinds import AlertKind
from alerts.models import Severity
from areas.atlas import renew_edition
from areas.models import Area
from areas.targets.target import Target
from areas.targets.whole_districts import whole_districts
from staff.actor import Actor
from tests.alerts.approving.conftest import SetRules
from tests.alerts.factories import NORTH, SOUTH, Country, a_draft, make_officer
from tests.settings import make_config
from web.http.app import VarskoApp

SMALL = Reach(recipients=10, severity=Severity.MINOR, districts=1, whole_districts=0)
EVERY_RULE = ApprovalRules(
    above_recipients=100,
    from_severity=Severity.SEVERE,
    for_whole_district=True,
    for_several_districts=True,
)


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, []),
        ({"recipients": 100}, []),
        ({"recipients": 101}, [ReasonKind.RECIPIENTS]),
        ({"severity": Severity.MODERATE}, []),
        ({"severity": Severity.SEVERE}, [ReasonKind.SEVERITY]),
        ({"severity": Severity.EXTREME}, [ReasonKind.SEVERITY]),
        ({"severity": None}, []),
        ({"whole_districts": 1}, [ReasonKind.WHOLE_DISTRICT]),
        ({"districts": 2}, [ReasonKind.SEVERAL_DISTRICTS]),
        (
            {
                "recipients": 5000,
                "severity": Severity.EXTREME,
                "districts": 3,
                "whole_districts": 2,
            },
            list(ReasonKind),
        ),
    ],
)
@pytest.mark.one_database
def test_each_rule_gives_its_reason(
    app: VarskoApp, changes: dict[str, Any], kinds: list[ReasonKind]
) -> None:
    with app.test_request_context():
        found = reasons_for_approval(EVERY_RULE, replace(SMALL, **changes))
        assert [reason.kind for reason in found] == kinds
        assert all(reason.text for reason in found)
        assert reasons_for_approval(ApprovalRules(), replace(SMALL, **changes)) == []


@pytest.mark.one_database
def test_the_settings_are_the_rules() -> None:
    assert ApprovalRules.of(make_config()) == ApprovalRules(
        above_recipients=10_000, from_severity=Severity.EXTREME, for_whole_district=True
    )
    none = make_config(
        approval_above_recipients="never",
        approval_from_severity="never",
        approval_for_whole_district="false",
    )
    assert ApprovalRules.of(none) == ApprovalRules()


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"shape": {"type": "Polygon", "coordinates": [ring]}}


def test_a_whole_district_is_one_of_which_nearly_all_is_covered(
    session: Session, country: Country
) -> None:
    def whole(**target: Any) -> set[str]:
        return set(whole_districts(session, Target.from_json(target)))

    assert whole(area_ids=[country.north]) == {NORTH}
    assert whole(area_ids=[country.north, country.south]) == {NORTH, SOUTH}
    assert whole(area_ids=[country.hilleroed, country.p3400]) == set()
    assert whole(**square(12.1, 55.8, 12.5, 56.09)) == {NORTH}
    assert whole(**square(12.1, 55.8, 12.3, 56.1)) == set()
    assert whole(**square(12.0, 55.3, 12.6, 56.2)) == {NORTH, SOUTH}
    assert whole(area_ids=[country.p3400], centre=[12.3, 55.95], radius_m=900) == set()


def test_without_its_boundary_a_district_is_whole_with_all_its_postcodes(
    session: Session, country: Country
) -> None:
    session.get_one(Area, country.north).boundary = None
    renew_edition(session)

    def whole(**target: Any) -> set[str]:
        return set(whole_districts(session, Target.from_json(target)))

    assert whole(area_ids=[country.north]) == {NORTH}
    assert whole(area_ids=[country.p3400]) == set()
    assert whole(area_ids=[country.p3400, country.p3480]) == {NORTH}
    assert whole(area_ids=[country.p3480], **square(12.2, 55.9, 12.4, 56.0)) == {NORTH}


def test_the_rules_look_at_the_alert(
    session: Session, country: Country, set_rules: SetRules
) -> None:
    set_rules(from_severity="moderate", for_several_districts=True)
    both = make_officer(session, [NORTH, SOUTH])

    def kinds(actor: Actor, recipients: int = 1, **changes: Any) -> list[ReasonKind]:
        alert = draft_alert(session, actor, a_draft(country, **changes))
        reasons = approval_of(session, alert, recipients).reasons
        return [reason.kind for reason in reasons]

    assert kinds(both, severity=Severity.MINOR) == []
    assert kinds(both, recipients=10_001, severity=Severity.MINOR) == [ReasonKind.RECIPIENTS]
    assert kinds(both, severity=Severity.MODERATE) == [ReasonKind.SEVERITY]
    assert kinds(both, kind=AlertKind.MISSING_PERSON) == []
    assert kinds(
        both, severity=Severity.MINOR, target={"area_ids": [country.p3400, country.south]}
    ) == [ReasonKind.WHOLE_DISTRICT, ReasonKind.SEVERAL_DISTRICTS]
