"""The drawing of a target is of exactly what is matched."""

from __future__ import annotations

import pytest
import shapely
from sqlalchemy.orm import Session

from alerts.composing.maps import draw_target
from areas.geometry import CIRCLE_CORNERS
from areas.targets.target import Target

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("radius_m", [50.0, 800.0, 50_000.0])
def test_a_circle_is_drawn_as_it_is_matched(session: Session, radius_m: float) -> None:
    circle = Target(centre=(12.3, 55.93), radius_m=radius_m)
    matched = circle.geometry()
    assert matched is not None
    polygon = Target(shape=shapely.geometry.mapping(matched))
    drawn = draw_target(session, circle)
    assert drawn is not None
    assert drawn == draw_target(session, polygon)
    corners = drawn.target[0].path.count("L") + 1
    assert CIRCLE_CORNERS / 2 < corners <= CIRCLE_CORNERS
