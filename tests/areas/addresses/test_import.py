"""Importing the address register: what a file may be, and that it is taken whole or not at all."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from areas.addresses.importing import AddressReport, UnconfirmedRemovals, import_addresses
from areas.importing.broken_files import BrokenFile
from areas.models import Address, Street, StreetName, StreetNameKey, StreetNameSlip
from database import current_database
from tests.areas.addresses.factories import COLUMNS, ODENSE, row, town, write_register
from web.http.app import VarskoApp

Stored = set[tuple[str, str, str, str, int, str, float, float]]


def stored() -> Stored:
    """The register: street, municipality, postcode, town, number, letter, lon, lat."""
    with current_database().unit_of_work(writes=False) as session:
        rows = session.execute(
            select(
                StreetName.name, Street.municipality, Street.postcode, Street.town,
                Address.number, Address.letter, Address.lon, Address.lat,
            ).join(Street, Street.id == Address.street_id).join(StreetName)
        )  # fmt: skip
        return {tuple(each) for each in rows}  # type: ignore[misc]


def names() -> set[str]:
    """Streets and numbers, in short."""
    return {f"{name} {number}{letter}" for name, _, _, _, number, letter, _, _ in stored()}


def load(path: Path, *confirmed: str, dry_run: bool = False) -> AddressReport:
    """Import a file."""
    return import_addresses(current_database(), path, confirmed, dry_run=dry_run)


def test_a_file_becomes_streets_and_addresses(app: VarskoApp, tmp_path: Path) -> None:
    file = write_register(tmp_path / "a.csv", [row("Slotsgade", "14"), row("Slotsgade", "014B")])

    report = load(file)

    assert (report.rows, report.added, report.streets) == (2, 2, 1)
    assert stored() == {
        ("Slotsgade", "0219", "3400", "Hillerød", 14, "", 12.3098, 55.9293),
        ("Slotsgade", "0219", "3400", "Hillerød", 14, "B", 12.3098, 55.9293),
    }


def test_the_same_file_again_changes_nothing(app: VarskoApp, tmp_path: Path) -> None:
    file = write_register(tmp_path / "a.csv", town())
    load(file)
    before = stored()

    report = load(file)

    assert (report.added, report.changed, report.removed) == (0, 0, 0)
    assert report.unchanged == len(before)
    assert stored() == before


def test_a_newer_file_adds_moves_and_removes(app: VarskoApp, tmp_path: Path) -> None:
    load(write_register(tmp_path / "a.csv", [row("Slotsgade", "1"), row("Slotsgade", "2"),
                                             row("Gammelvej", "1")]))  # fmt: skip
    moved = row("Slotsgade", "2", wgs84koordinat_bredde="55.5")
    newer = [row("Slotsgade", "1"), moved, row("Nyvej", "4"), row("Nyvej", "5")]

    report = load(write_register(tmp_path / "b.csv", newer))

    assert (report.added, report.changed, report.removed, report.unchanged) == (2, 1, 1, 1)
    assert names() == {"Slotsgade 1", "Slotsgade 2", "Nyvej 4", "Nyvej 5"}
    with current_database().unit_of_work(writes=False) as session:
        assert set(session.scalars(select(StreetName.name))) == {"Slotsgade", "Nyvej"}
        of_no_name = ~StreetNameKey.name_id.in_(select(StreetName.id))
        assert not session.scalar(select(func.count()).where(of_no_name))
        assert session.scalar(select(func.count()).select_from(StreetNameSlip))


def test_other_municipalities_keep_their_addresses(app: VarskoApp, tmp_path: Path) -> None:
    load(write_register(tmp_path / "a.csv", [row("Slotsgade", "1"), row("Vindegade", "2", ODENSE)]))

    report = load(write_register(tmp_path / "b.csv", [row("Vindegade", "4", ODENSE)]))

    assert (report.added, report.removed) == (1, 1)
    assert names() == {"Slotsgade 1", "Vindegade 4"}


def test_a_town_that_is_renamed_is_renamed(app: VarskoApp, tmp_path: Path) -> None:
    load(write_register(tmp_path / "a.csv", [row("Slotsgade", "1")]))

    load(write_register(tmp_path / "b.csv", [row("Slotsgade", "1", postnrnavn="Hillerød By")]))

    assert {each[3] for each in stored()} == {"Hillerød By"}


def test_many_lost_addresses_are_asked_about(app: VarskoApp, tmp_path: Path) -> None:
    whole = [row("Slotsgade", str(number)) for number in range(1, 101)]
    load(write_register(tmp_path / "a.csv", whole))
    cut = write_register(tmp_path / "b.csv", whole[:60])

    with pytest.raises(UnconfirmedRemovals, match="0219: 40 of 100"):
        load(cut)
    assert len(stored()) == 100

    assert load(cut, "0219").removed == 40


def test_a_dry_run_counts_and_changes_nothing(app: VarskoApp, tmp_path: Path) -> None:
    report = load(write_register(tmp_path / "a.csv", town()), dry_run=True)

    assert report.added == len(town())
    assert not stored()


def test_rows_that_are_no_addresses_are_counted_with_their_lines(
    app: VarskoApp, tmp_path: Path
) -> None:
    rows = [
        row("Slotsgade", "1"),
        row("Slotsgade", "0"),
        row("Slotsgade", "1000"),
        row("Slotsgade", "4", postnr="340"),
        row("", "5"),
        row("Slotsgade", "6", wgs84koordinat_bredde=""),
        row("Slotsgade", "7", wgs84koordinat_bredde="nan"),
        row("Slotsgade", "8", wgs84koordinat_bredde="12.3", wgs84koordinat_længde="55.9"),
        row("Slotsgade", "9", kommunekode="Hillerød"),
        row("Slotsgade", "10", status="2"),
        row("Slotsgade", "11", status="3"),
        row("Slotsgade", "1"),
    ]

    report = load(write_register(tmp_path / "a.csv", rows))

    assert names() == {"Slotsgade 1", "Slotsgade 11"}
    assert (report.not_in_use, report.repeated, report.refused.counts.total()) == (1, 1, 8)
    lines = report.refused.lines
    assert lines["a house number that is not 1 to 999 with at most one letter"] == [3, 4]
    assert lines["a postcode that is not four digits"] == [5]
    assert lines["no point"] == [7]
    assert lines["a point outside the country"] == [8, 9]
    assert lines["a municipality code that is not four digits"] == [10]


def test_a_municipality_code_may_have_lost_its_zero(app: VarskoApp, tmp_path: Path) -> None:
    load(write_register(tmp_path / "a.csv", [row("Slotsgade", "1", kommunekode="219")]))

    assert {each[1] for each in stored()} == {"0219"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_delimiter_and_encoding_are_found_out(
    app: VarskoApp, tmp_path: Path, delimiter: str, encoding: str
) -> None:
    rows = [row("Ærøvej, den ældre", "1"), row("Ågade", "2")]

    load(write_register(tmp_path / "a.csv", rows, delimiter=delimiter, encoding=encoding))

    assert names() == {"Ærøvej, den ældre 1", "Ågade 2"}


def test_points_in_metres_are_turned_into_degrees(app: VarskoApp, tmp_path: Path) -> None:
    columns = [name for name in COLUMNS if not name.startswith("wgs84")]
    place = row("Søvej", "3", etrs89koordinat_øst="584330.74", etrs89koordinat_nord="6139543.21")

    load(write_register(tmp_path / "a.csv", [place], columns=columns))

    ((*_name, lon, lat),) = stored()
    assert (lon, lat) == (10.331467, 55.394897)  # as DAWA's own documentation gives it


def pack_gzip(file: Path) -> Path:
    """The file, packed."""
    packed = file.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    return packed


def pack_zip(file: Path) -> Path:
    """The file as the one CSV of an archive."""
    packed = file.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(file, "adgangsadresser.csv")
        archive.writestr("laes-mig.txt", "om filen")
    return packed


@pytest.mark.parametrize("pack", [pack_gzip, pack_zip])
def test_packed_files_are_read(
    app: VarskoApp, tmp_path: Path, pack: Callable[[Path], Path]
) -> None:
    load(pack(write_register(tmp_path / "a.csv", town())))

    assert len(stored()) == len(town())


def _cut_gzip(path: Path) -> Path:
    packed = pack_gzip(path)
    packed.write_bytes(packed.read_bytes()[:-20])
    return packed


def _cut_quote(path: Path) -> Path:
    path.write_text(path.read_text() + '1,"Slotsg')
    return path


def _wrong_letter(path: Path) -> Path:
    path.write_bytes(path.read_bytes() + b"\xff\xfe,\x81\n")
    return path


def _without_street(path: Path) -> Path:
    path.write_text(path.read_text().replace("vejnavn", "gadenavn"))
    return path


def _two_files(path: Path) -> Path:
    packed = path.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "a.csv")
        archive.write(path, "b.csv")
    return packed


def _wide_characters(path: Path) -> Path:
    path.write_text(path.read_text(), encoding="utf-16")
    return path


def _one_line(path: Path) -> Path:
    path.write_text(path.read_text() + "x" * 200_000)
    return path


def _something_else(path: Path) -> Path:
    path.write_text(path.read_text().replace(",3400,", ",,"))
    return path


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_cut_gzip, "not whole"),
        (_cut_quote, "no CSV after row"),
        (_wrong_letter, "it is not utf-8|neither UTF-8"),
        (_without_street, "columns are missing: vejnavn"),
        (_two_files, "2 CSV files"),
        (_wide_characters, "UTF-16"),
        (_one_line, "longer than"),
        (_something_else, "are no addresses"),
        (lambda path: write_register(path, []), "no addresses"),
    ],
)
def test_a_broken_file_leaves_the_register_as_it_was(
    app: VarskoApp, tmp_path: Path, spoil: Callable[[Path], Path], reason: str
) -> None:
    load(write_register(tmp_path / "a.csv", town()))
    before = stored()
    many = [row("Nyvej", str(number)) for number in range(1, 400)]

    with pytest.raises(BrokenFile, match=reason):
        load(spoil(write_register(tmp_path / "b.csv", many)))

    assert stored() == before


def test_the_command_reports_and_refuses(app: VarskoApp, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    file = write_register(tmp_path / "a.csv", [*town(), row("Slotsgade", "x")])

    done = runner.invoke(args=["areas", "import-addresses", str(file)])
    refused = runner.invoke(args=["areas", "import-addresses", str(_without_street(file))])
    counted = runner.invoke(args=["areas", "count"])

    assert done.exit_code == 0, done.output
    assert f"{len(town())} added" in done.output
    assert f"line {len(town()) + 2}" in done.output
    assert refused.exit_code == 1
    assert "Nothing was imported" in refused.output
    assert f"{len(town())} addresses, of a.csv" in counted.output
