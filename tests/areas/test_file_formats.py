"""Areas come in more formats than GeoJSON: each is read, or refused with what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pyproj
import pytest
import shapely
from sqlalchemy.orm import Session

from areas.importing.broken_files import BrokenFile
from areas.importing.features import Mapping, read_collection
from areas.importing.importer import import_files
from areas.kinds import AreaKind
from areas.lookup import find_area
from tests.areas.factories import collection, feature, square, write_file
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

SHAPES = [square(12.0, 55.9), square(12.1, 55.9)]
CODES = ["0101", "0102"]
NAMES = ["Ager", "Bakke"]


def write_vector(
    path: Path, *, shapes: Sequence[Any] = SHAPES, crs: str = "EPSG:4326", **named: str
) -> Path:
    """A file of two municipalities in the format that its ending says."""
    columns = {named.get("code", "kode"): CODES, named.get("name", "navn"): NAMES}
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapely.from_geojson([json.dumps(shape) for shape in shapes])),
        [np.array(values, dtype=object) for values in columns.values()],
        list(columns),
        crs=crs,
        geometry_type="Polygon",
        driver="LIBKML" if path.suffix == ".kml" else None,
    )
    return path


def topology() -> dict[str, Any]:
    """Two municipalities that share an arc, with whole numbers for coordinates."""
    arcs = [[[1, 0], [0, 1]], [[1, 1], [-1, 0], [0, -1], [1, 0]], [[1, 0], [1, 0], [0, 1], [-1, 0]]]
    members: list[dict[str, Any]] = [
        {"type": "Polygon", "arcs": rings, "properties": {"kode": code, "navn": name}}
        for rings, code, name in zip([[[0, 1]], [[2, -1]]], CODES, NAMES, strict=True)
    ]
    return {
        "type": "Topology",
        "transform": {"scale": [0.1, 0.05], "translate": [12.0, 55.9]},
        "objects": {"kommuner": {"type": "GeometryCollection", "geometries": members}},
        "arcs": arcs,
    }


def lines(separator: str = "") -> str:
    """The two municipalities, one feature a line."""
    return "".join(
        separator + json.dumps(feature(shape, kode=code, navn=name)) + "\n"
        for shape, code, name in zip(SHAPES, CODES, NAMES, strict=True)
    )


def the_two(path: Path) -> None:
    """The file holds the two municipalities, where they are."""
    found = read_collection(path, Mapping(kind=AreaKind.MUNICIPALITY)).features
    first, second = sorted(found, key=lambda each: each.code)
    assert [(each.code, each.name) for each in (first, second)] == list(
        zip(CODES, NAMES, strict=True)
    )
    assert first.box == pytest.approx((12.0, 55.9, 12.1, 55.95))
    assert second.box == pytest.approx((12.1, 55.9, 12.2, 55.95))


@pytest.mark.parametrize("ending", ["gpkg", "fgb", "shp", "kml"])
def test_the_formats_of_other_programs_are_read(tmp_path: Path, ending: str) -> None:
    the_two(write_vector(tmp_path / f"kommuner.{ending}"))


@pytest.mark.parametrize("text", [json.dumps(topology()), lines(), lines("\x1e"), lines()[:-1]])
def test_other_json_is_read(tmp_path: Path, text: str) -> None:
    the_two(write_file(tmp_path, "kommuner.json", text))


def test_a_file_of_another_format_is_imported(session: Session, tmp_path: Path) -> None:
    districts = write_file(
        tmp_path,
        "politi.geojsonl",
        json.dumps(feature(square(11.9, 55.8, 0.5, 0.5), kode=1, navn="Vestlige Politi")),
    )
    path = write_vector(tmp_path / "kommuner.gpkg", code="nummer", name="titel")
    mapping = Mapping(code_property="nummer", name_property="titel")
    import_files(session, [districts])
    assert import_files(session, [path], mapping).added.total() == 2
    assert find_area(session, AreaKind.MUNICIPALITY, "0102").name == "Bakke"
    assert import_files(session, [path], mapping).unchanged.total() == 2


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("kommuner.gml", b"<?xml version='1.0'?><gml:FeatureCollection/>", "ogr2ogr -t_srs"),
        ("kommuner.vrt", b"<OGRVRTDataSource></OGRVRTDataSource>", "ogr2ogr -t_srs"),
        ("kommuner.zip", b"PK\x03\x04" + bytes(60), "unpack it"),
        ("kommuner.csv", b"kode,navn\n", "ogr2ogr -t_srs"),
        ("kommuner.gpkg", b"SQLite format 3\0" + bytes(90), "cannot be read as GPKG"),
        ("kommuner.shp", b"\0\0\x27\x0a" + bytes(96), "kommuner.shp: it"),
        ("kommuner.kml", b"<kml", "cannot be read as KML"),
        ("kommuner.json", lines()[:-30].encode(), "ends in the middle"),
        ("kommuner.json", (lines() + "[" * 100_000).encode(), "brackets are nested"),
        ("kommuner.json", b'{"type":"Topology","arcs":' + b"[" * 100_000, "kommuner.json: it"),
        ("kommuner.json", b'{"type":"Topology"}', "kommuner.json: it"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BrokenFile) as refused:
        read_collection(path, Mapping(kind=AreaKind.MUNICIPALITY))
    assert reason in str(refused.value)


UTM = "EPSG:25832"
"""ETRS89 / UTM zone 32N, in which DAGI is delivered."""


def in_utm(shape: dict[str, Any]) -> dict[str, Any]:
    """A rectangle in metres."""
    ring = np.array(shape["coordinates"][0])
    to_utm = pyproj.Transformer.from_crs("EPSG:4258", UTM, always_xy=True)
    points = np.column_stack(to_utm.transform(ring[:, 0], ring[:, 1])).tolist()
    return {"type": "Polygon", "coordinates": [points]}


def utm_collection(**members: Any) -> dict[str, Any]:
    """GeoJSON of two municipalities in metres."""
    features = (
        feature(in_utm(shape), kode=code, navn=name)
        for shape, code, name in zip(SHAPES, CODES, NAMES, strict=True)
    )
    return collection(*features, **members)


@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb", "geojson"])
def test_what_is_in_utm_is_turned_into_longitude_and_latitude(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"kommuner.{ending}"
    if ending == "geojson":
        system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
        write_file(tmp_path, path.name, {"crs": system, **utm_collection()})
    else:
        write_vector(path, shapes=[in_utm(shape) for shape in SHAPES], crs=UTM)
    found = {area.code: area for area in read_collection(path, Mapping()).features}
    assert sorted(found) == CODES
    for code, shape in zip(CODES, SHAPES, strict=True):
        west, south, _, north = found[code].box
        lon, lat = shape["coordinates"][0][0]
        assert west == pytest.approx(lon, abs=1e-7)
        assert south == pytest.approx(lat, abs=1e-7)
        assert north == pytest.approx(lat + 0.05, abs=1e-7)


def test_the_middle_of_a_zone_is_its_meridian(tmp_path: Path) -> None:
    column = {"type": "Polygon", "coordinates": [
        [[500_000, 6_200_000], [500_000, 6_210_000], [499_000, 6_205_000], [500_000, 6_200_000]]
    ]}  # fmt: skip
    path = write_file(
        tmp_path, "kommuner.geojson", collection(feature(column, kode="0101", navn="A"), crs=UTM)
    )
    west, south, east, _ = read_collection(path, Mapping(system=UTM)).features[0].box
    assert east == pytest.approx(9.0, abs=1e-9)
    assert south == pytest.approx(55.945, abs=0.001)
    assert west == pytest.approx(9.0 - 0.016, abs=0.001)


def test_utm_that_says_nothing_of_it_is_refused_with_the_option(tmp_path: Path) -> None:
    path = write_file(tmp_path, "kommuner.geojson", utm_collection())
    with pytest.raises(BrokenFile, match=r"is not longitude and latitude: .* --crs EPSG:25832"):
        read_collection(path, Mapping())
    assert len(read_collection(path, Mapping(system=UTM)).features) == 2


def test_a_system_that_nobody_knows_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = write_file(tmp_path, "kommuner.geojson", utm_collection())
    with pytest.raises(BrokenFile, match=r"EPSG:99999, .* 'ogr2ogr -t_srs EPSG:4326"):
        read_collection(path, Mapping(system="EPSG:99999"))


def test_an_operator_imports_dagi_with_a_map(app: VarskoApp, tmp_path: Path) -> None:
    district = feature(square(11.9, 55.8, 0.5, 0.3), code="1", name="Vestlige Politi")
    districts = write_file(tmp_path, "politikredse.geojson", collection(district))
    path = write_vector(
        tmp_path / "DAGI_V1.gpkg", shapes=[in_utm(shape) for shape in SHAPES], crs=UTM,
        code="myndighedskode", name="betegnelse",
    )  # fmt: skip
    run = app.test_cli_runner().invoke
    assert run(args=["areas", "import", str(districts)]).exit_code == 0
    dagi = ["areas", "import", str(path), "--kind", "municipality"]
    said = run(args=dagi)
    assert said.exit_code == 1
    assert "name the property with --map code=PROPERTY" in said.output
    done = run(args=[*dagi, "--map", "code=myndighedskode", "--map", "name=betegnelse"])
    assert "municipality: 2 added" in done.output


def test_one_layer_of_a_file_may_be_read_alone(tmp_path: Path) -> None:
    path = write_vector(tmp_path / "DAGI_V1.gpkg", crs=UTM, shapes=list(map(in_utm, SHAPES)))
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapely.from_geojson([json.dumps(in_utm(SHAPES[0]))])),
        [np.array(["1085"], dtype=object)],
        ["regionskode"],
        layer="regionsinddeling",
        append=True,
        crs=UTM,
        geometry_type="Polygon",
        driver="GPKG",
    )
    kind = AreaKind.MUNICIPALITY
    with pytest.raises(BrokenFile, match="it has no code"):
        read_collection(path, Mapping(kind=kind))
    assert len(read_collection(path, Mapping(kind=kind, layers=("DAGI_V1",))).features) == 2
    with pytest.raises(BrokenFile, match="it has no layer 'kommuner'"):
        read_collection(path, Mapping(kind=kind, layers=("kommuner",)))
