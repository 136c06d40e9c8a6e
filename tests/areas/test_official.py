"""The shipped areas: there at once, safe to load again, never in the way of an import."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from areas.atlas import current_atlas, renew_edition
from areas.importing.official import SOURCE, load_demo, load_official
from areas.kinds import AreaKind
from areas.lookup import areas_at, find_area, list_areas, parents_of
from areas.models import Area, AreaEdition, AreaOverlap
from areas.search import resolve_area, search_areas
from database import current_database
from web.http.app import VarskoApp


def test_the_official_areas_are_all_there(session: Session) -> None:
    loaded = load_official(session)
    assert (loaded.added, loaded.changed) == (1200, 0)
    assert [
        len(list_areas(session, kind))
        for kind in (AreaKind.POLICE_DISTRICT, AreaKind.MUNICIPALITY, AreaKind.POSTCODE)
    ] == [12, 99, 1089]
    postcode = find_area(session, AreaKind.POSTCODE, "3400")
    assert [area.name for area in parents_of(session, postcode)] == [
        "Hillerød",
        "Nordsjællands Politi",
    ]
    shares = session.scalars(
        select(AreaOverlap.share).where(AreaOverlap.area_id == postcode.id)
    ).all()
    assert sorted(shares) == [0.0139, 0.0142, 0.9719, 1.0]
    assert search_areas(session, "3400 Hillerød")[0].area.id == postcode.id


def test_loading_again_changes_nothing(session: Session) -> None:
    load_demo(session)
    edition = session.scalar(select(AreaEdition.token))
    again = load_demo(session)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 1206)
    assert session.scalar(select(AreaEdition.token)) == edition
    assert session.scalar(select(func.count()).select_from(AreaOverlap)) == len(
        session.scalars(select(AreaOverlap)).all()
    )


def test_a_renamed_official_area_is_put_right_and_an_imported_one_left(session: Session) -> None:
    load_official(session)
    old, imported = (find_area(session, AreaKind.POSTCODE, code) for code in ("3400", "3320"))
    old.name, imported.name, imported.source = "Hillerøds", "Ny Skævinge", "postnumre.geojson"
    session.flush()
    loaded = load_official(session)
    assert loaded.changed == 1
    assert (old.name, old.source, imported.name) == ("Hillerød", SOURCE, "Ny Skævinge")


def test_the_invented_neighbourhoods_lie_in_their_postcode(session: Session) -> None:
    load_demo(session)
    assert {area.code for area in areas_at(session, 12.2855, 55.9205)} == {"demo-01"}
    for area in list_areas(session, AreaKind.NEIGHBOURHOOD):
        assert parents_of(session, area)[0].code == "3400"


def test_a_process_sees_new_areas_once_they_are_committed(app: VarskoApp) -> None:
    database = current_database()
    with database.unit_of_work() as session:
        assert search_areas(session, "Nyby") == []
    with database.unit_of_work() as session:
        session.add(Area(kind=AreaKind.NEIGHBOURHOOD, code="ny", name="Nyby", source="a test"))
        renew_edition(session)
        assert resolve_area(session, "Nyby").code == "ny"
        session.rollback()
    with database.unit_of_work() as session:
        assert search_areas(session, "Nyby") == []
        session.add(Area(kind=AreaKind.NEIGHBOURHOOD, code="ny", name="Nyby", source="a test"))
        renew_edition(session)
    with database.unit_of_work(writes=False) as session:
        assert resolve_area(session, "Nyby").code == "ny"
        assert current_atlas(session) is current_atlas(session)


@pytest.mark.parametrize("options", [[], ["--demo"]])
def test_the_command_loads_and_counts(app: VarskoApp, options: list[str]) -> None:
    runner = app.test_cli_runner()
    done = runner.invoke(args=["areas", "load", *options])
    assert done.exit_code == 0, done.output
    assert f"{1206 if options else 1200} added, 0 changed" in done.output
    assert "1,089 areas" in runner.invoke(args=["areas", "count"]).output
