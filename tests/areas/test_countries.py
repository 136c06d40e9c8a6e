"""A second country is imported beside the first: it overwrites nothing, and is never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.countries import COUNTRIES, keep_countries, key_text, read_key, stated_country
from areas.errors import AmbiguousArea, AreaNotFound, TargetError
from areas.importing.broken_files import BrokenFile
from areas.importing.gazetteer import import_local_names
from areas.importing.importer import count_areas, import_files
from areas.importing.official import load_demo
from areas.kinds import AREA_KINDS, AreaKind
from areas.lookup import district_names, find_area, list_areas, parents_of
from areas.models import Area
from areas.search import find_place, resolve_area, search_areas
from areas.targets.descriptions import describe_target
from areas.targets.geocodes import geocodes
from areas.targets.input import parse_target
from areas.targets.touched_areas import district_codes
from areas.titles import area_title
from database import current_database
from tests.apps import close_app
from tests.areas.factories import collection, feature, square, write_file
from tests.areas.norway import POSTCODES, import_norway, norwegian_files
from tests.settings import make_config
from web.http.app import VarskoApp
from wsgi import create_app


@pytest.fixture
def both(session: Session, tmp_path: Path) -> Session:
    """A unit of work on Denmark, as shipped, and a piece of Norway."""
    load_demo(session)
    import_norway(session, tmp_path / "no")
    return session


def snapshot(session: Session) -> list[tuple[object, ...]]:
    """Every Danish area as it is stored."""
    table = Area.__table__.c
    rows = session.execute(select(*table).where(table.country == "dk").order_by(table.id))
    return [tuple(row) for row in rows]


def test_a_second_country_overwrites_nothing(session: Session, tmp_path: Path) -> None:
    load_demo(session)
    before = snapshot(session)
    report = import_norway(session, tmp_path / "no")
    assert (report.added.total(), report.changed.total()) == (2 + len(POSTCODES), 0)
    assert snapshot(session) == before
    again = import_norway(session, tmp_path / "no")
    assert (again.total_changes, again.absent.total()) == (0, 0)
    assert load_demo(session).changed == 0
    assert snapshot(session) == before
    assert ("no", AreaKind.POSTCODE, 3, 3) in count_areas(session)


def test_the_hierarchy_stays_within_a_country(both: Session) -> None:
    lier = find_area(both, AreaKind.POSTCODE, "3400", "no")
    assert [area.name for area in parents_of(both, lier)] == ["Lierne", "Sørøst politidistrikt"]
    assert {area.country for area in parents_of(both, lier)} == {"no"}
    assert find_area(both, AreaKind.POSTCODE, "3400").name == "Hillerød"
    listed = list_areas(both, AreaKind.POLICE_DISTRICT)
    assert [area.country for area in listed] == ["dk"] * 12 + ["no"]


@pytest.mark.one_database
def test_a_file_of_another_country_is_refused_with_the_way_to_import_it(
    session: Session, tmp_path: Path
) -> None:
    load_demo(session)
    with pytest.raises(BrokenFile, match=r"outside Denmark: .*--country no"):
        import_files(session, norwegian_files(tmp_path))
    unknown = feature(square(12.0, 55.9), kind="police_district", code="1", name="A", country="XX")
    file = write_file(tmp_path, "x.geojson", collection(unknown))
    with pytest.raises(BrokenFile, match=r"country 'XX' is not one of dk, no.*--country"):
        import_files(session, [file])


@pytest.mark.one_database
def test_features_may_name_their_country(session: Session, tmp_path: Path) -> None:
    both = (
        feature(square(10.2, 59.7), kind="police_district", code="1", name="Øst", country="NO"),
        feature(
            square(12.0, 55.9), kind="police_district", code="1", name="Nord", country="Danmark"
        ),
        feature(
            square(10.2, 59.7), kind="municipality", code="0301", name="Oslo", country="no",
            parent="no:police:1",
        ),
    )  # fmt: skip
    import_files(session, [write_file(tmp_path, "egn.geojson", collection(*both))])
    assert find_area(session, AreaKind.POLICE_DISTRICT, "1", "no").name == "Øst"
    assert find_area(session, AreaKind.POLICE_DISTRICT, "1").name == "Nord"


def test_a_number_means_the_home_country(both: Session) -> None:
    assert area_title(find_place(both, "3400").area) == "3400 Hillerød"
    assert area_title(find_place(both, "3400 Hillerød").area) == "3400 Hillerød"
    assert area_title(find_place(both, "0219").area) == "Hillerød Kommune"


@pytest.mark.one_database
@pytest.mark.parametrize(
    "written",
    [
        "NO-3400",
        "N-3400 Lier",
        "3400 Lier, Norge",
        "3400 Lier (Norge)",
        "3400 Norway",
        "Norge 3400",
        "Lier i Norge",
        "Slotsgade 14, 3400 Lier, Norge",
    ],
)
def test_a_country_that_is_written_decides(both: Session, written: str) -> None:
    assert area_title(find_place(both, written).area) == "3400 Lier (Norge)"


@pytest.mark.one_database
@pytest.mark.parametrize("written", ["DK-3400", "3400 Hillerød, Danmark", "Danmark 3400"])
def test_the_home_country_may_be_written(both: Session, written: str) -> None:
    assert area_title(find_place(both, written).area) == "3400 Hillerød"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("written", "candidates"),
    [
        ("3400 Lier", ["3400 Hillerød", "3400 Lier (Norge)"]),
        ("0150", ["0150 Oslo (Norge)"]),
        ("Filtvet", ["3480 Filtvet (Norge)"]),
    ],
)
def test_what_may_be_elsewhere_is_asked(both: Session, written: str, candidates: list[str]) -> None:
    with pytest.raises(AmbiguousArea) as refused:
        find_place(both, written)
    assert [area_title(area) for area in refused.value.candidates] == candidates


@pytest.mark.one_database
def test_a_country_without_areas_is_said_to_have_none(shipped: Session, both: Session) -> None:
    for session, known in ((shipped, "Danmark"), (both, "Danmark og Norge")):
        with pytest.raises(AreaNotFound, match=f"ingen steder i Sverige.* i {known}"):
            find_place(session, "3400 Sverige")


@pytest.mark.one_database
def test_every_title_leads_back_to_its_area(both: Session) -> None:
    for area in both.scalars(select(Area).where(Area.country == "no")):
        assert resolve_area(both, area_title(area)) is area
        assert search_areas(both, area_title(area))[0].area is area


@pytest.mark.one_database
def test_a_search_shows_other_countries_after_the_home_country(both: Session) -> None:
    found = [area_title(match.area) for match in search_areas(both, "3400")]
    assert found == ["3400 Hillerød", "3400 Lier (Norge)"]


@pytest.mark.one_database
def test_keys_without_a_country_keep_their_meaning(both: Session) -> None:
    dane = find_area(both, AreaKind.POSTCODE, "3400")
    norwegian = find_area(both, AreaKind.POSTCODE, "3400", "no")
    assert (key_text(dane), key_text(norwegian)) == ("postcode:3400", "no:postcode:3400")
    for key, area in (
        ("postcode:3400", dane),
        ("dk:postcode:3400", dane),
        ("no:postcode:3400", norwegian),
    ):
        assert parse_target(both, {"areas": [key]}).area_ids == (area.id,)
    for unknown in ("xx:postcode:3400", "no:3400", "postcode:", "no:postcode:9999"):
        with pytest.raises(TargetError):
            parse_target(both, {"areas": [unknown]})
    assert read_key("postcode:3400", "no") == read_key("no:postcode:3400")


@pytest.mark.one_database
def test_a_district_of_another_country_is_not_the_one_with_its_number_here(both: Session) -> None:
    there = parse_target(both, {"areas": ["no:postcode:3400"]})
    assert district_codes(both, there) == {"no:1"}
    drawn = parse_target(both, {"centre": [10.25, 59.75], "radius_m": 500})
    assert district_codes(both, drawn) == {"no:1"}
    assert describe_target(both, drawn) == "inden for 500 m af et punkt i 3400 Lier (Norge)"
    assert district_names(both, ["1", "no:1"]) == {
        "1": "Nordjyllands Politi",
        "no:1": "Sørøst politidistrikt",
    }


@pytest.mark.one_database
def test_what_is_drawn_lies_in_a_country_that_is_known(shipped: Session, both: Session) -> None:
    there = {"centre": [10.25, 59.75], "radius_m": 500}
    with pytest.raises(TargetError, match="uden for Danmark"):
        parse_target(shipped, there)
    with pytest.raises(TargetError, match="uden for Danmark og Norge"):
        parse_target(both, {"centre": [2.3, 48.8], "radius_m": 500})


@pytest.mark.one_database
def test_codes_are_exported_with_the_register_of_their_country(both: Session) -> None:
    keys = ["municipality:0219", "no:municipality:0219", "no:postcode:3400", "police_district:1"]
    assert geocodes(both, parse_target(both, {"areas": keys})) == [
        ("DK.kommunekode", "0219"),
        ("NO.kommunenummer", "0219"),
        ("NO.postnummer", "3400"),
    ]


@pytest.mark.one_database
def test_local_names_may_be_elsewhere(both: Session, tmp_path: Path) -> None:
    header = "name,areas,well_known,source\n"
    names = "Liertoppen,no:postcode:3400,yes,a test\nSlottet,postcode:3400,yes,a test\n"
    import_local_names(both, [write_file(tmp_path, "n.csv", header + names)])
    assert find_place(both, "Slottet").area.name == "Hillerød"
    with pytest.raises(AmbiguousArea) as refused:
        find_place(both, "Liertoppen")
    assert [area.name for area in refused.value.candidates] == ["Lier"]
    assert find_place(both, "Liertoppen, Norge").area.name == "Lier"


@pytest.mark.one_database
def test_the_api_shows_the_country(both: Session, client: FlaskClient) -> None:
    both.commit()
    danish = ("postcode:3400", "dk", "3400 Hillerød")
    norwegian = ("no:postcode:3400", "no", "3400 Lier (Norge)")
    for path, meant in (
        ("postcode/3400", danish),
        ("dk/postcode/3400", danish),
        ("no/postcode/3400", norwegian),
    ):
        shown = client.get(f"/api/v1/areas/{path}").json
        assert shown is not None
        assert (shown["key"], shown["country"], shown["title"]) == meant
    found = client.get("/api/v1/areas?q=3400").json
    assert found is not None
    assert [area["key"] for area in found["areas"]] == ["postcode:3400", "no:postcode:3400"]
    assert client.get("/api/v1/areas/xx/postcode/3400").status_code == 404


@pytest.mark.one_database
def test_another_home_country_reads_the_same_keys_as_its_own(
    tmp_path: Path, database_url: str
) -> None:
    app = create_app(make_config(database_url=database_url, home_country="no"))
    with app.app_context(), current_database().unit_of_work() as session:
        load_demo(session)
        import_norway(session, tmp_path / "no")
        assert area_title(find_place(session, "3400").area) == "3400 Lier"
        assert area_title(find_place(session, "DK-3400").area) == "3400 Hillerød (Danmark)"
        assert find_area(session, AreaKind.POSTCODE, "3400").name == "Lier"
        assert read_key("dk:postcode:3400") == read_key("postcode:3400", "dk")
        session.rollback()
    close_app(app)


def test_the_data_of_countries_is_whole() -> None:
    for country in COUNTRIES.values():
        assert (
            country.geocodes.keys() | country.codes.keys() | country.own_titles.keys()
            <= AREA_KINDS.keys()
        )
        west, south, east, north = country.box
        assert west < east
        assert south < north


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("3400 Lier, Norge", "3400 Lier (Norge)"),
        ("3400 Lier, Norge, 3480", "3400 Lier (Norge), 3480"),
        ("3400, 3480", "3400, 3480"),
    ],
)
def test_a_country_stays_with_its_place_in_a_list(text: str, kept: str) -> None:
    assert keep_countries(text) == kept


@pytest.mark.parametrize("text", ["Norge", "3400", "Norgesvej 3400", "Hillerød", "S 3400"])
def test_no_country_is_read_into_a_text(text: str) -> None:
    assert stated_country(text) == (None, text)


def test_there_is_a_setting_for_the_home_country_only(app: VarskoApp) -> None:
    assert app.extensions["varsko_config"].home_country == "dk"
    with pytest.raises(Exception, match="VARSKO_HOME_COUNTRY"):
        create_app(make_config(home_country="xx"))
