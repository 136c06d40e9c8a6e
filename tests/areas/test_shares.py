"""How much of each touched area lies inside a target: as plain geometry says."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.atlas import current_atlas, renew_edition
from areas.kinds import AreaKind
from areas.models import Area
from areas.targets.shares import Inside, shares_inside
from areas.targets.target import Target
from areas.targets.touched_areas import touched_areas
from tests.areas.factories import square


def the_id(session: Session, code: str) -> int:
    return session.scalars(select(Area.id).where(Area.code == code)).one()


def inside(session: Session, target: Target) -> dict[str, Inside]:
    """By the codes of the areas that the target touches."""
    found = shares_inside(session, target, touched_areas(session, target))
    return {session.get_one(Area, area_id).code: each for area_id, each in found.items()}


def test_a_named_area_is_inside_and_its_neighbours_by_their_stored_share(country: Session) -> None:
    found = inside(country, Target(area_ids=(the_id(country, "2222"),)))
    assert found["2222"].share == 1.0
    assert found["0101"].share == pytest.approx(0.5, abs=0.01)
    assert found["0102"].share == pytest.approx(0.5, abs=0.01)
    assert found["1"].share == pytest.approx(0.5, abs=0.01)
    assert not found["1"].is_grazed


def test_a_wide_area_that_holds_the_target_is_not_grazed_but_a_neighbour_is(
    country: Session,
) -> None:
    drawn = Target(shape=square(12.0, 55.9, 0.06, 0.02))
    found = inside(country, drawn)
    assert found["1"].share == pytest.approx(0.03, abs=0.005)
    assert found["1"].held == pytest.approx(1.0)
    assert not found["1"].is_grazed
    assert found["2222"].share == pytest.approx(0.01, abs=0.005)
    assert found["2222"].is_grazed
    assert not found["1111"].is_grazed


def test_what_lies_inside_as_a_whole_says_so(country: Session) -> None:
    found = inside(country, Target(area_ids=(the_id(country, "1"),)))
    assert {code for code, each in found.items() if each.is_whole} == {
        "1", "0101", "0102", "1111", "2222",
    }  # fmt: skip
    assert found["3333"].share == pytest.approx(0.9, abs=0.01)
    assert "4444" not in found


def test_where_no_boundary_is_known_no_share_is_claimed(country: Session) -> None:
    bare = Area(kind=AreaKind.POSTCODE, code="5555", name="Uden", source="test",
                parent_id=the_id(country, "0201"))  # fmt: skip
    country.add(bare)
    country.flush()
    renew_edition(country)
    found = inside(country, Target(shape=square(12.25, 55.95, 0.02, 0.02)))
    assert found["5555"].share is None
    assert not found["5555"].is_grazed
    below = inside(country, Target(area_ids=(the_id(country, "0201"),)))
    assert below["5555"].share == 1.0


CODES = ["1", "2", "0101", "0102", "0201", "1111", "2222", "3333", "4444"]
boxes = st.tuples(
    st.floats(12.0, 12.35), st.floats(55.9, 56.05), st.floats(0.01, 0.2), st.floats(0.01, 0.1)
)
targets = st.fixed_dictionaries(
    {"codes": st.lists(st.sampled_from(CODES), max_size=3, unique=True)},
    optional={"box": boxes, "circle": st.tuples(st.floats(12.0, 12.4), st.floats(55.9, 56.1))},
).filter(lambda given: given["codes"] or len(given) > 1)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=targets)
def test_shares_are_those_of_the_geometry(country: Session, drawn: dict[str, Any]) -> None:
    atlas = current_atlas(country)
    outlines = {
        place.code: shape for place, shape in zip(atlas.bounded, atlas.boundaries, strict=True)
    }
    box, circle = drawn.get("box"), drawn.get("circle")
    target = Target(
        area_ids=tuple(the_id(country, code) for code in drawn["codes"]),
        shape=square(*box) if box else None,
        centre=circle,
        radius_m=3_000.0 if circle else None,
    )
    parts = [outlines[code] for code in drawn["codes"]]
    ground = shapely.union_all(parts if target.geometry() is None else [*parts, target.geometry()])
    for code, found in inside(country, target).items():
        expected = outlines[code].intersection(ground).area / outlines[code].area
        assert found.share == pytest.approx(1.0 if code in drawn["codes"] else expected, abs=0.006)
