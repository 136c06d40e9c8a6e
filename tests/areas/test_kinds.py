"""Every kind of area can be imported, found, shown, named in a target and signed up for."""

from __future__ import annotations

import ast
import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from areas.errors import AmbiguousArea
from areas.importing.features import Mapping
from areas.importing.importer import count_areas, import_files
from areas.kinds import AREA_KINDS, KINDS_FILE, WIDEST_FIRST, AreaKind, in_every_language
from areas.lookup import find_area, parents_of
from areas.models import Area
from areas.search import resolve_area, search_areas
from areas.targets.descriptions import describe_target
from areas.targets.input import parse_target
from areas.targets.target import Target
from areas.targets.touched_areas import touched_areas
from areas.titles import area_title
from tests.areas.factories import collection, feature, square, write_file
from tests.subscribers.factories import PHONE, follows, say
from web.http.app import VarskoApp
from web.languages.choice import LANGUAGES, speaking

every_kind = pytest.mark.parametrize("kind", list(AreaKind))
NAME = "Birkelunden"


def a_code(kind: AreaKind) -> str:
    """A code that areas of this kind may have."""
    return next(code for code in ("0777", "7", "b-1") if kind.row.code.fullmatch(code))


def chain(kind: AreaKind) -> list[AreaKind]:
    """The kinds above this one, the widest first, and the kind itself."""
    above = kind.row.parent
    return [kind] if above is None else [*chain(above), kind]


def bring_in(session: Session, folder: Path, kind: AreaKind) -> Area:
    """Import one area of this kind and one of each kind above it, each inside the one before."""
    features = [
        feature(
            square(12.0, 55.9, 0.2 - 0.02 * step, 0.1 - 0.01 * step),
            kind=each.value,
            code=a_code(each),
            name=NAME if each is kind else f"Egn nummer {step}",
        )
        for step, each in enumerate(chain(kind))
    ]
    import_files(session, [write_file(folder, "egn.geojson", collection(*features))])
    return find_area(session, kind, a_code(kind))


def test_every_kind_has_a_row_below_its_parent() -> None:
    assert set(AREA_KINDS) == set(AreaKind)
    for kind in AreaKind:
        above = kind.row.parent
        assert above is None or above.row.rank < kind.row.rank
    assert WIDEST_FIRST[0].row.parent is None


def test_every_kind_that_is_used_has_a_row() -> None:
    rows = tomllib.loads(KINDS_FILE.read_text(encoding="utf-8"))
    assert {kind.value for kind in AreaKind} == set(rows)
    with (KINDS_FILE.parent / "areas.csv").open(encoding="utf-8", newline="") as file:
        shipped = {row["kind"] for row in csv.DictReader(file)}
    named = {node for path in source_files() for node in kinds_named_in(path)}
    assert {"POSTCODE", "POLICE_DISTRICT"} <= named
    assert shipped | {name.lower() for name in named} <= set(rows)


def source_files() -> Iterator[Path]:
    """The program's own files."""
    root = KINDS_FILE.parents[2]
    for room in ("alerts", "areas", "cases", "demo", "subscribers", "benchmarks"):
        yield from (root / room).rglob("*.py")


def kinds_named_in(path: Path) -> Iterator[str]:
    """X of each ``AreaKind.X``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(value=ast.Name(id="AreaKind"), attr=name):
                yield name


def test_kinds_have_names_and_titles_in_both_languages(app: VarskoApp) -> None:
    for language in LANGUAGES:
        with speaking(language):
            assert len({str(kind.row.name) for kind in AreaKind}) == len(AreaKind)
            assert all("{name}" in str(kind.row.title) for kind in AreaKind)
    with pytest.raises(ValueError, match="no text in en"):
        in_every_language({"da": "sogn"})


@every_kind
def test_an_area_of_each_kind_is_imported_and_found(
    session: Session, tmp_path: Path, kind: AreaKind
) -> None:
    area = bring_in(session, tmp_path, kind)
    assert [above.kind for above in parents_of(session, area)] == list(reversed(chain(kind)[:-1]))
    assert ("dk", kind, 1, 1) in count_areas(session)
    assert resolve_area(session, area_title(area)) is area
    if kind.row.needs_word:
        with pytest.raises(AmbiguousArea):
            resolve_area(session, NAME)
    else:
        assert resolve_area(session, NAME) is area
    assert search_areas(session, NAME[:-1])[0].area is area


@every_kind
@pytest.mark.one_database
def test_an_area_of_each_kind_can_be_a_target(
    session: Session, tmp_path: Path, kind: AreaKind
) -> None:
    area = bring_in(session, tmp_path, kind)
    named = parse_target(session, {"areas": [f"{kind.value}:{area.code}"]})
    assert describe_target(session, named) == area_title(area)
    drawn = Target(centre=(12.05, 55.93), radius_m=800)
    for target in (named, drawn):
        touched = {
            session.get_one(Area, area_id).kind for area_id in touched_areas(session, target)
        }
        assert touched == set(chain(kind))


@every_kind
@pytest.mark.one_database
def test_a_file_may_name_a_kind_only_in_its_properties(
    session: Session, tmp_path: Path, kind: AreaKind
) -> None:
    row = kind.row
    codes, names = row.code_properties or ("code",), row.name_properties or ("name",)
    properties: dict[str, Any] = {codes[0]: a_code(kind), names[0]: NAME}
    if row.parent is not None:
        above = bring_in(session, tmp_path, row.parent)
        properties["parent"] = (
            f"dk:{(*row.parent.row.parent_words, row.parent.value)[0]}:{above.code}"
        )
    file = write_file(
        tmp_path, "egn.geojson", collection(feature(square(12.0, 55.9, 0.02, 0.01), **properties))
    )
    import_files(session, [file], Mapping(kind=kind))
    assert find_area(session, kind, a_code(kind)).name == NAME


@every_kind
@pytest.mark.one_database
def test_an_area_of_each_kind_is_shown_by_the_api(
    session: Session, tmp_path: Path, client: FlaskClient, kind: AreaKind
) -> None:
    area = bring_in(session, tmp_path, kind)
    session.commit()
    shown = client.get(f"/api/v1/areas/{kind.value}/{area.code}")
    assert shown.status_code == 200
    assert shown.json is not None
    assert (shown.json["kind"], shown.json["title"]) == (kind.value, area_title(area))
    missing = client.get(f"/api/v1/areas/{kind.value}/no-such-code")
    assert missing.status_code == 404


@every_kind
@pytest.mark.one_database
def test_people_can_follow_an_area_of_each_kind(
    session: Session, tmp_path: Path, kind: AreaKind
) -> None:
    area = bring_in(session, tmp_path, kind)
    session.commit()
    say(f"TRYK {area_title(area)}")
    assert follows(session, PHONE) == [a_code(kind)]
