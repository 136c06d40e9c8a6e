"""Files of areas: taken whole or refused whole, and the second time nothing changes."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from areas.importing import json_files, shelf
from areas.importing.broken_files import BrokenFile
from areas.importing.features import Mapping, read_collection
from areas.importing.importer import import_files
from areas.importing.json_files import CHUNK_BYTES
from areas.importing.official import load_official
from areas.kinds import AreaKind
from areas.lookup import areas_at, find_area
from areas.models import Area, AreaOverlap
from database import current_database
from tests.areas.factories import Geometry, collection, feature, small_country, square, write_file
from web.http.app import VarskoApp

Run = Callable[..., Result]


@pytest.fixture
def run(app: VarskoApp) -> Run:
    """Runs ``flask areas ...`` as an operator would."""

    def run(*arguments: object) -> Result:
        return app.test_cli_runner().invoke(args=["areas", *map(str, arguments)])

    return run


def district(geometry: Geometry | None = None, **properties: Any) -> dict[str, Any]:
    """A feature that imports without complaint, but for what a test changes."""
    known = {"code": "1", "name": "Vestlige Politi", "kind": "police_district"}
    return feature(geometry or square(12.0, 55.9), **(known | properties))


def test_official_property_names_are_understood(country: Session) -> None:
    municipality = find_area(country, AreaKind.MUNICIPALITY, "0102")
    assert municipality.name == "Bakke"
    assert (municipality.min_lon, municipality.max_lat) == (12.1, 55.9 + 0.2)
    assert find_area(country, AreaKind.POSTCODE, "3333").name == "Bakke"


def test_a_parent_is_found_by_the_largest_part(country: Session) -> None:
    for code, parent in [("1111", "0101"), ("3333", "0102"), ("4444", "0201")]:
        postcode = find_area(country, AreaKind.POSTCODE, code)
        above = country.get(Area, postcode.parent_id)
        assert above is not None
        assert above.code == parent


def test_overlap_shares_are_exact(country: Session) -> None:
    def share(one: tuple[AreaKind, str], other: tuple[AreaKind, str]) -> float | None:
        pair = (find_area(country, *one).id, find_area(country, *other).id)
        found = country.get(AreaOverlap, pair)
        return None if found is None else found.share

    postcode, municipality = AreaKind.POSTCODE, AreaKind.MUNICIPALITY
    assert share((postcode, "2222"), (municipality, "0101")) == pytest.approx(0.5, abs=0.001)
    assert share((municipality, "0101"), (postcode, "2222")) == pytest.approx(0.5, abs=0.001)
    assert share((postcode, "3333"), (municipality, "0201")) == pytest.approx(0.0991, abs=0.001)
    assert share((municipality, "0101"), (AreaKind.POLICE_DISTRICT, "1")) == pytest.approx(1)
    assert share((municipality, "0101"), (AreaKind.POLICE_DISTRICT, "2")) is None
    assert share((postcode, "1111"), (postcode, "2222")) is None


def test_the_second_import_changes_nothing(country: Session, tmp_path: Path) -> None:
    before = country.execute(select(Area.id, Area.updated_at).order_by(Area.id)).all()
    report = import_files(country, small_country(tmp_path))
    assert report.total_changes == 0
    assert report.unchanged.total() == 9
    assert country.execute(select(Area.id, Area.updated_at).order_by(Area.id)).all() == before


def test_a_changed_boundary_moves_the_area_and_its_shares(country: Session, tmp_path: Path) -> None:
    moved = collection(
        feature(square(12.0, 55.9, 0.1, 0.2), code="2222", name="Midtby", kind="postcode")
    )
    report = import_files(country, [write_file(tmp_path, "moved.geojson", moved)])
    postcode = find_area(country, AreaKind.POSTCODE, "2222")
    rows = country.execute(
        select(Area.code, AreaOverlap.share)
        .join(Area, Area.id == AreaOverlap.other_id)
        .where(AreaOverlap.area_id == postcode.id)
    )
    assert {row.code: row.share for row in rows} == {
        "0101": pytest.approx(1),
        "1": pytest.approx(1),
    }
    assert report.changed[AreaKind.POSTCODE] == 1
    assert report.absent[AreaKind.POSTCODE] == 3
    assert [area.code for area in areas_at(country, 12.01, 56.0)] == ["1", "0101", "1111", "2222"]


def test_an_import_gives_shipped_areas_their_boundaries(session: Session, tmp_path: Path) -> None:
    load_official(session)
    before = find_area(session, AreaKind.POLICE_DISTRICT, "9").id
    # The register numbers the district otherwise; it is known by its name.
    data = collection(feature(square(12.1, 55.8), kode="1469", navn="Nordsjællands Politi"))
    path = write_file(tmp_path, "politikredse.geojson", data)
    report = import_files(session, [path], confirmed={"police_district:9"})
    after = find_area(session, AreaKind.POLICE_DISTRICT, "9")
    assert (after.id, report.changed.total(), report.added.total()) == (before, 1, 0)
    assert after.boundary is not None
    assert session.scalar(select(func.count()).where(Area.kind == AreaKind.POLICE_DISTRICT)) == 12
    load_official(session)
    assert session.scalar(select(Area.boundary).where(Area.id == before)) is not None


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (square(12.0, 55.9, 0.001, 0.001), "postcode:1111 Ager: it shrinks from 69 to 0.00"),
        (square(11.0, 55.9, 0.8, 0.4), "postcode:1111 Ager: it grows from 69 to"),
        (square(9.0, 56.9, 0.05, 0.2), "postcode:1111 Ager: it moves, and 0% of it stays where"),
        (square(12.045, 55.9, 0.05, 0.2), "postcode:1111 Ager: it moves, and 10% of it stays"),
    ],
)
def test_a_shape_that_shrinks_or_moves_asks_first(
    run: Run, tmp_path: Path, geometry: Geometry, said: str
) -> None:
    run("import", *small_country(tmp_path))
    data = collection(
        feature(geometry, nr="1111", navn="Ager"),
        feature(square(12.05, 55.9, 0.09, 0.2), nr="2222", navn="Midtby"),
    )
    path = write_file(tmp_path, "postnumre.geojson", data)
    for other in ("postcode:2222", "municipality:1111"):
        refused = run("import", path, "--confirm", other)
        assert refused.exit_code == 1
        assert said in refused.output
        assert "--confirm postcode:1111" in refused.output
        assert "Midtby" not in refused.output
        assert "Nothing was imported." in refused.output
    assert "2 unchanged" not in run("import", path, "--confirm", "postcode:1111").output
    assert "2 unchanged" in run("import", path).output


def test_a_shipped_area_asks_before_it_gets_a_boundary_elsewhere(run: Run, tmp_path: Path) -> None:
    run("load")
    # 3400 Hillerød, 100 km²: its namesake's shape in Jutland.
    data = collection(feature(square(9.0, 56.0, 0.13, 0.11), nr="3400", navn="Hillerød"))
    path = write_file(tmp_path, "postnumre.geojson", data)
    refused = run("import", path)
    assert "postcode:3400 Hillerød: it moves away from where it was (its middle" in refused.output
    assert "1 changed" in run("import", path, "--confirm", "all").output


def test_options_name_what_cannot_be_guessed(run: Run, tmp_path: Path) -> None:
    data = collection(feature(square(12.0, 55.9), NUMMER=7, TITEL="Vestlige Politi"))
    path = write_file(tmp_path, "udtræk.geojson", data)
    assert "say so with --kind" in run("import", path).output
    assert "--map code=PROPERTY" in run("import", path, "--kind", "police_district").output
    named = ["--map", "code=NUMMER", "--map", "name=TITEL"]
    for wrong in ("kode=NUMMER", "code", "code="):
        assert "should be code=PROPERTY" in run("import", path, "--map", wrong).output
    done = run("import", path, "--kind", "police_district", *named)
    assert done.exit_code == 0, done.output
    assert "police_district: 1 added" in done.output
    below = collection(feature(square(12.0, 55.9), kode=101, navn="Ager", kreds="7"))
    path = write_file(tmp_path, "kommuner.geojson", below)
    done = run("import", path, "--map", "parent=kreds")
    assert "municipality: 1 added" in done.output
    with current_database().unit_of_work() as session:
        assert find_area(session, AreaKind.MUNICIPALITY, "0101").parent_id is not None


def test_the_command_tells_what_it_did(run: Run, tmp_path: Path) -> None:
    files = small_country(tmp_path)
    dry = run("import", *files, "--dry-run")
    assert "dry run: nothing was changed" in dry.output
    assert "postcode          " in run("count").output
    first = run("import", *reversed(files))
    assert "in all 9 added, 0 changed, 0 unchanged" in first.output
    assert "peak memory" in first.output
    assert "in all 0 added, 0 changed, 9 unchanged" in run("import", *files).output
    assert "4 areas,      4 with a boundary" in run("count").output


UTM = {
    "type": "Polygon",
    "coordinates": [[[706000, 6200000], [707000, 6200000], [707000, 6201000], [706000, 6200000]]],
}
BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[12.0, 55.9], [12.1, 56.0], [12.1, 55.9], [12.0, 56.0], [12.0, 55.9]]],
}
OPEN_RING = {"type": "Polygon", "coordinates": [[[12, 55.9], [12.1, 55.9], [12.1, 56], [12, 56]]]}
EPSG_25832 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
WHOLE = json.dumps(collection(district()))


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (
            collection(district(), district(UTM, code="2")),
            "feature 2 (2) the point 706000, 6.2e+06",
        ),
        (collection(district(), district(square(55.9, 12.0), code="2")), "latitude before"),
        (collection(district(), district(square(2.3, 48.8), code="2")), "outside Denmark"),
        (collection(district(BOW_TIE)), "feature 1 (1) its boundary is not valid"),
        (collection(district(OPEN_RING)), "feature 1 (1) a ring is not closed"),
        (collection(feature(None, code="1", name="Uden")), "feature 1 (1) it has no geometry"),
        (collection(district({"type": "Point", "coordinates": [12, 56]})), "is a Point"),
        (collection(district({"type": "Polygon", "coordinates": [[["a", "b"]]]})), "coordinates"),
        (collection(district(), district()), "feature 2 (1) its code is that of feature 1 too"),
        (collection(district(code=None)), "feature 1 it has no code"),
        (collection(district(code="12345")), "not the code of a police_district"),
        (collection(district(name="")), "feature 1 (1) it has no name"),
        (collection(district(kind="region")), "its kind 'region' is not one of"),
        (collection(district(kind="municipality", code="0999")), "no police_district is known"),
        (
            collection(district(kind="municipality", code="0101", parent="dk:police:77")),
            "feature 1 (0101) its parent police_district '77' is unknown",
        ),
        (
            collection(district(kind="municipality", code="0101", parent="dk:postcode:3400")),
            "is not a police_district",
        ),
        (collection(district(), crs=EPSG_25832), "EPSG::25832"),
        (collection(), "it has no features"),
        (collection({"type": "Polygon"}), "feature 1 it is not a GeoJSON Feature"),
        (collection(7), "feature 1 it is not a GeoJSON Feature"),
        ({"type": "Feature"}, "feature 1 it is not a GeoJSON Feature with properties"),
        ([], "not a GeoJSON FeatureCollection"),
        (WHOLE[:-1], "ends in the middle"),
        (WHOLE[:120], "ends in the middle"),
        (WHOLE + "}", "it is not JSON"),
        ('{"type": "FeatureCollection", "features": ' + "[" * 100_000, "brackets are nested"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + ', "features": []}', "brackets are nested"),
        ("[" * 100_000, "brackets are nested"),
        ('{"a": ' * 100_000, "brackets are nested"),
        (WHOLE.replace('"1"', "[" * 100_000), "brackets are nested"),
        (WHOLE.replace("12.0", "1" * 5_000), "it is not JSON"),
        (WHOLE.replace("12.0", "1e9999"), "it is not JSON"),
        (collection(district(code="١")), "not the code of a police_district"),
        (collection(district(name="\0\u202d \n")), "feature 1 (1) it has no name"),
        (collection(district(name="S\ufffdnder Politi")), "letters that cannot be read"),
        (collection(district(name="n" * 121)), "longer than 120 letters"),
        ("", "ends in the middle"),
        ("<xml/>", "it is not JSON"),
    ],
)
def test_a_broken_file_is_refused_whole(
    shipped: Session, tmp_path: Path, broken: Any, reason: str
) -> None:
    before = shipped.scalar(select(func.max(Area.updated_at)))
    path = write_file(tmp_path, "politikredse.geojson", broken)
    with pytest.raises(BrokenFile) as refused:
        import_files(shipped, [path])
    assert reason in str(refused.value)
    assert str(refused.value).startswith("politikredse.geojson:")
    assert shipped.scalar(select(func.max(Area.updated_at))) == before


def test_one_broken_file_keeps_the_others_out(run: Run, tmp_path: Path) -> None:
    files = small_country(tmp_path)
    text = files[2].read_text(encoding="utf-8")
    files[2].write_text(text[: len(text) // 2], encoding="utf-8")
    done = run("import", *files)
    assert done.exit_code == 1
    assert "postnumre.geojson: it ends in the middle" in done.output
    assert "Nothing was imported." in done.output
    assert "0 areas" in run("count").output


def test_the_same_code_in_two_files_is_refused(session: Session, tmp_path: Path) -> None:
    one = write_file(tmp_path, "politi-a.geojson", collection(district()))
    other = write_file(tmp_path, "politi-b.geojson", collection(district()))
    with pytest.raises(BrokenFile, match=r"its code is in politi-a\.geojson too"):
        import_files(session, [one, other])


@pytest.mark.parametrize(
    "system",
    ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326", "EPSG:4258"],
)
def test_geographic_coordinate_systems_are_taken(tmp_path: Path, system: str) -> None:
    data = collection(district(), crs={"type": "name", "properties": {"name": system}})
    path = write_file(tmp_path, "politikredse.geojson", data)
    assert len(read_collection(path, Mapping()).features) == 1


def test_the_members_of_a_collection_may_come_in_any_order(tmp_path: Path) -> None:
    data = {"type": "FeatureCollection", "features": [district()], "crs": EPSG_25832}
    path = write_file(tmp_path, "politikredse.geojson", data)
    with pytest.raises(BrokenFile, match=r"behind the features: .* --crs urn:.*:25832"):
        read_collection(path, Mapping())
    other = {"features": [district()], "crs": None, "type": "FeatureCollection"}
    path = write_file(tmp_path, "politikredse.geojson", other)
    assert len(read_collection(path, Mapping()).features) == 1


@pytest.mark.one_database
@pytest.mark.parametrize("text", ["[[{" * 40, '\\"' * 3 + "[" * 99 + "\\", '"', "\\\\"])
def test_brackets_inside_texts_are_not_nesting(tmp_path: Path, text: str) -> None:
    # Padded, so that the text lies across the border of two chunks.
    for shift in range(12):
        padding = " " * (CHUNK_BYTES - 20 - shift)
        whole = padding + json.dumps(collection(district(), attribution=text))
        path = write_file(tmp_path, "politikredse.geojson", whole)
        assert len(read_collection(path, Mapping()).features) == 1


def test_names_are_kept_without_characters_nobody_sees(session: Session, tmp_path: Path) -> None:
    name = "\u202dVest\0lige\n\tPoliti\u200b \x9f\x1b"
    data = collection(district(name=name), attribution="DAGI\0\x07")
    import_files(session, [write_file(tmp_path, "politikredse.geojson", data)])
    area = find_area(session, AreaKind.POLICE_DISTRICT, "1")
    assert (area.name, area.source) == ("Vestlige Politi", "DAGI")


@pytest.mark.one_database
def test_an_import_holds_a_few_boundaries_at_a_time(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "BYTES_AT_ONCE", 32 * 1024)
    round_shapes = [
        shapely.Point(9.5 + at * 0.02, 55.9).buffer(0.009, quad_segs=400) for at in range(80)
    ]
    outer = district(square(9.0, 55.0, 3.0, 2.0))
    below = [
        district(shapely.geometry.mapping(shape), kind="municipality", code=f"{at:04}")
        for at, shape in enumerate(round_shapes)
    ]
    path = write_file(tmp_path, "kort.geojson", collection(outer, *below))
    tracemalloc.start()
    try:
        report = import_files(session, [path])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert report.added.total() == 81
    assert peak < path.stat().st_size / 2


@pytest.mark.one_database
def test_one_area_too_long_for_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_files, "LONGEST_FEATURE", 3 * CHUNK_BYTES)
    shape = shapely.geometry.mapping(shapely.Point(9.5, 55.9).buffer(0.1, quad_segs=3_000))
    path = write_file(tmp_path, "politikredse.geojson", collection(district(), district(shape)))
    with pytest.raises(BrokenFile, match=r"feature 2 is longer than .* MB: simplify it"):
        read_collection(path, Mapping())


corners = st.lists(
    st.tuples(st.floats(8.1, 12.9), st.floats(54.9, 57.4)), min_size=3, max_size=12, unique=True
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(corners, st.booleans())
def test_a_boundary_comes_out_as_it_went_in(
    tmp_path: Path, points: list[tuple[float, float]], with_heights: bool
) -> None:
    hull = shapely.MultiPoint(points).convex_hull
    ring = list(hull.exterior.coords) if isinstance(hull, shapely.Polygon) else []
    if not ring or not hull.is_valid or hull.area < 1e-9:
        return
    positions = [[x, y, 3.5] if with_heights else [x, y] for x, y in ring]
    geometry = {"type": "Polygon", "coordinates": [positions]}
    path = write_file(tmp_path, "politikredse.geojson", collection(district(geometry)))
    (read,) = read_collection(path, Mapping()).features
    assert shapely.from_wkb(read.boundary).equals(hull)
    assert read.box == hull.bounds
    assert hull.intersects(shapely.Point(read.label).buffer(1e-4))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, data: st.DataObject) -> None:
    whole = json.dumps(collection(district(), district(code="2")))
    cut = data.draw(st.integers(0, len(whole) - 1))
    path = write_file(tmp_path, "politikredse.geojson", whole[:cut])
    with pytest.raises(BrokenFile):
        read_collection(path, Mapping())
