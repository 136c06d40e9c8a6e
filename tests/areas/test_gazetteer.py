"""Local names: a file is taken whole or not at all, and what it lacks is never guessed."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from math import hypot
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from areas.atlas import renew_edition
from areas.errors import AmbiguousArea, AreaNotFound
from areas.importing.gazetteer import import_local_names
from areas.importing.official import load_official
from areas.models import Area, AreaEdition, LocalName
from areas.name_index import LONGEST_NAME, key_of
from areas.search import find_place
from database import Database
from tests.areas.factories import write_file
from tests.conftest import SHARED_DATA, build_schema, missing
from web.http.app import VarskoApp

HEADER = "name,areas,well_known,source\n"
FAR_KM = 4.0
LETTERS = "abcdefghijklmnopqrstuvwxyzæøå"


def offered(session: Session, written: str) -> tuple[list[Area], bool]:
    """The areas that an answer names, and whether it takes the one without a question."""
    try:
        return [find_place(session, written).area], True
    except AmbiguousArea as refused:
        return refused.candidates, False
    except AreaNotFound as refused:
        return refused.suggestions, False


class TestImport:
    def test_a_name_is_known_once_its_file_is_imported(
        self, country: Session, tmp_path: Path
    ) -> None:
        names = "Byen,postcode:1111,yes,a\nSkoven,postcode:1111 postcode:2222,,a\nVerden,,,a\n"
        report = import_local_names(country, [write_file(tmp_path, "n.csv", HEADER + names)])
        assert (report.added, report.removed, report.unchanged) == (4, 0, 0)
        assert find_place(country, "byen").area.code == "1111"
        assert [area.code for area in offered(country, "Skoven")[0]] == ["1111", "2222"]
        assert offered(country, "Verden") == ([], False)

    def test_again_changes_nothing_and_a_source_replaces_only_its_own(
        self, country: Session, tmp_path: Path
    ) -> None:
        first = write_file(
            tmp_path, "n.csv", HEADER + "Byen,postcode:1111,yes,a\nEngen,postcode:1111,yes,b\n"
        )
        import_local_names(country, [first])
        edition = country.scalar(select(AreaEdition.token))
        again = import_local_names(country, [first])
        assert (again.added, again.removed, again.unchanged) == (0, 0, 2)
        assert country.scalar(select(AreaEdition.token)) == edition
        newer = write_file(tmp_path, "m.csv", HEADER + "Byen,postcode:2222,yes,a\n")
        report = import_local_names(country, [newer])
        assert (report.added, report.removed) == (1, 1)
        assert find_place(country, "Byen").area.code == "2222"
        assert find_place(country, "Engen").area.code == "1111"

    @pytest.mark.one_database
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("name,areas\nByen,postcode:1111\n", "the columns must be"),
            (HEADER + "Byen,postcode:9999,,a\n", "line 2: there is no area postcode:9999"),
            (HEADER + "Byen,postcode:3400,maybe,a\n", "line 2: well_known must be empty or yes"),
            (HEADER + ",postcode:3400,,a\n", "line 2: the name must"),
            (HEADER + "Byen,postcode:3400,,\n", "line 2: the source must"),
            (HEADER + "Byen\n", "line 2: the source must"),
            (HEADER + f"{'å' * (LONGEST_NAME + 1)},postcode:3400,,a\n", "line 2: the name must"),
            (HEADER + "B\0yen,postcode:3400,,a\n", "line 2: the name must"),
        ],
    )
    def test_the_command_refuses_a_broken_file_whole(
        self, app: VarskoApp, tmp_path: Path, text: str, reason: str
    ) -> None:
        runner = app.test_cli_runner()
        runner.invoke(args=["areas", "load"])
        whole = write_file(tmp_path, "whole.csv", HEADER + "Engen,postcode:3400,yes,a\n")
        broken = write_file(tmp_path, "broken.csv", text)
        done = runner.invoke(args=["areas", "import-names", str(whole), str(broken)])
        assert done.exit_code == 1
        assert reason in done.output
        assert "Nothing was imported" in done.output
        done = runner.invoke(args=["areas", "import-names", str(whole)])
        assert "1 added, 0 removed" in done.output

    @pytest.mark.one_database
    def test_what_is_shipped_has_a_source_and_names_areas_that_are_there(
        self, shipped: Session
    ) -> None:
        shown = shipped.scalar(select(func.count()).select_from(LocalName)) or 0
        assert shown > 800
        assert shipped.scalar(select(LocalName.id).where(LocalName.source == "")) is None


class Gazetteer:
    """The names of the real files with their places, and areas with their label points."""

    def __init__(self, session: Session) -> None:
        self.labels = {
            row.id: (row.label_lon, row.label_lat)
            for row in session.execute(select(Area.id, Area.label_lon, Area.label_lat))
        }
        self.ids = {
            f"{kind}:{code}": area_id
            for area_id, kind, code in session.execute(select(Area.id, Area.kind, Area.code))
        }
        self.places: list[tuple[str, float, float, str, str]] = []
        for name in ("dk_places.csv", "dk_local_names.csv"):
            with (SHARED_DATA / "areas" / name).open(encoding="utf-8", newline="") as file:
                self.places += [
                    (
                        row["name"],
                        float(row["lon"]),
                        float(row["lat"]),
                        f"postcode:{row['postcode']}",
                        f"municipality:{row['municipality_code']}",
                    )
                    for row in csv.DictReader(file)
                ]

    def is_elsewhere(self, area_id: int, written: str) -> bool:
        """Whether an area holds no place of this name, and is far from each of them."""
        key = key_of(written)[0]
        for name, lon, lat, postcode, municipality in self.places:
            if key_of(name)[0] != key:
                continue
            if area_id in (self.ids.get(postcode), self.ids.get(municipality)):
                return False
            east, north = self.labels[area_id]
            if hypot((east - lon) * 62.5, (north - lat) * 111.2) <= FAR_KM:
                return False
        return True


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The official areas without any local name."""
    url = f"sqlite:///{tmp_path_factory.mktemp('names') / 'varsko.db'}"
    build_schema(url)
    opened = Database(url)
    with opened.unit_of_work() as session:
        load_official(session)
        session.execute(delete(LocalName))
        renew_edition(session)
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", range(3))
def test_no_name_that_is_not_known_becomes_another_place(
    database: Database, tmp_path: Path, seed: int
) -> None:
    """Every name of the real files, with a gazetteer that lacks a random half of them."""
    if not (SHARED_DATA / "areas" / "dk_local_names.csv").exists():
        missing("dk_local_names.csv")
    chance = random.Random(seed)
    with database.unit_of_work() as session:
        real = Gazetteer(session)
        kept = chance.sample(real.places, len(real.places) // 2)
        rows = "".join(f'"{place[0]}",{place[3]},,half\n' for place in kept)
        path = write_file(tmp_path, "half.csv", HEADER + rows)
        import_local_names(session, [path], skip_unknown=True)
        wrong = []
        for name in {place[0] for place in real.places}:
            areas, is_taken = offered(session, name)
            is_official = is_taken and key_of(areas[0].name)[0] == key_of(name)[0]
            if is_taken and not is_official and real.is_elsewhere(areas[0].id, name):
                wrong.append((name, areas[0].name))
        session.rollback()
    assert wrong == []


def slip(chance: random.Random, name: str) -> str:
    """A name with one wrong letter: left out, changed, added, or swapped with the next."""
    at = chance.randrange(len(name))
    letter = chance.choice(LETTERS)
    return chance.choice(
        [
            name[:at] + name[at + 1 :],
            name[:at] + letter + name[at + 1 :],
            name[:at] + letter + name[at:],
            name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
        ]
    )


def test_one_wrong_letter_in_an_official_name_is_answered_in_one_step(shipped: Session) -> None:
    """Of a thousand: none is taken for another place, 90 % have the right one among the choices."""
    chance = random.Random(20)
    by_name: dict[str, set[int]] = {}
    for area_id, name in shipped.execute(select(Area.id, Area.name).order_by(Area.id)):
        by_name.setdefault(name, set()).add(area_id)
    known = {key_of(name)[0] for name in by_name}
    known |= {key_of(name)[0] for name in shipped.scalars(select(LocalName.name))}
    slips: list[tuple[str, str]] = []
    while len(slips) < 1000:
        name = chance.choice(list(by_name))
        wrong = slip(chance, name)
        if key_of(wrong)[0] not in known:
            slips.append((name, wrong))
    answered = 0
    for name, wrong in slips:
        areas, is_taken = offered(shipped, wrong)
        ids = {area.id for area in areas}
        assert not is_taken or ids <= by_name[name], (name, wrong, areas)
        answered += bool(ids & by_name[name])
    assert answered >= 900
