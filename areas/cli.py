"""Commands for operators: import boundaries and names, load what is shipped, count."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from areas.addresses.demo import load_demo_addresses
from areas.addresses.importing import UnconfirmedRemovals, import_addresses
from areas.countries import COUNTRIES
from areas.importing.broken_files import BrokenFile
from areas.importing.features import Mapping
from areas.importing.gazetteer import import_local_names
from areas.importing.importer import Report, count_areas, import_files
from areas.importing.official import load_demo, load_official
from areas.importing.suspect_changes import UnconfirmedChanges
from areas.kinds import WIDEST_FIRST, AreaKind
from areas.models import Address, AddressEdition
from database import current_database

areas = AppGroup("areas", help="Official areas: import boundaries, load what is shipped, count.")


@areas.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in WIDEST_FIRST]),
    help="The kind of every area in the files (default: found in the properties or the names).",
)
@click.option(
    "--map",
    "named",
    multiple=True,
    metavar="FIELD=PROPERTY",
    callback=lambda _context, _option, given: _read_map(given),
    help="The property that holds the code, the name or the parent's code: --map code=kommunekode"
    " --map name=navn (default: the usual ones); can be repeated.",
)
@click.option(
    "--confirm",
    "confirmed",
    multiple=True,
    metavar="[COUNTRY:]KIND:CODE",
    help="An area that may shrink to a speck, swell or move elsewhere, or 'all'; can be repeated.",
)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    help="A layer to read of a file with several (default: all of them); can be repeated.",
)
@click.option(
    "--country",
    type=click.Choice(list(COUNTRIES)),
    help="The country of every area in the files (default: the property 'country', else home).",
)
@click.option(
    "--crs",
    "system",
    help="The coordinate system of every file, such as EPSG:25832 (default: what the file says).",
)
@click.option("--dry-run", is_flag=True, help="Check and report, but change nothing.")
def import_command(
    files: tuple[Path, ...],
    kind: str | None,
    named: dict[str, str],
    layers: tuple[str, ...],
    country: str | None,
    system: str | None,
    confirmed: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Import FILES of areas with boundaries, all or none; repeating it updates them."""
    mapping = Mapping(
        AreaKind(kind) if kind else None, country=country, layers=layers, system=system, **named
    )
    start = time.perf_counter()
    try:
        with current_database().unit_of_work() as session:
            report = import_files(session, files, mapping, frozenset(confirmed))
            if dry_run:
                session.rollback()
    except (BrokenFile, UnconfirmedChanges) as error:
        raise click.ClickException(f"{error}. Nothing was imported.") from error
    _print_report(report, time.perf_counter() - start, dry_run=dry_run)


@areas.command("import-names")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def import_names_command(files: tuple[Path, ...]) -> None:
    """Import CSV FILES of local names, all or none; they replace those of the same sources."""
    try:
        with current_database().unit_of_work() as session:
            report = import_local_names(session, files)
    except BrokenFile as error:
        raise click.ClickException(f"{error}. Nothing was imported.") from error
    click.echo(
        f"local names: {report.added} added, {report.removed} removed, {report.unchanged} unchanged"
    )


@areas.command("import-addresses")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--confirm",
    "confirmed",
    multiple=True,
    metavar="MUNICIPALITY",
    help="The code of a municipality that may lose many addresses, or 'all'; can be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Check and report, but change nothing.")
def import_addresses_command(file: Path, confirmed: tuple[str, ...], dry_run: bool) -> None:
    """Import official addresses from FILE (CSV, also as gz or zip), all or none.

    They replace those of the municipalities in the file; the addresses of others stay.
    """
    start = time.perf_counter()
    try:
        report = import_addresses(current_database(), file, frozenset(confirmed), dry_run=dry_run)
    except (BrokenFile, UnconfirmedRemovals) as error:
        raise click.ClickException(f"{error}. Nothing was imported.") from error
    click.echo(
        f"addresses: {report.added:,} added, {report.changed:,} moved, {report.removed:,} removed,"
        f" {report.unchanged:,} unchanged; {report.streets:,} streets"
    )
    click.echo(
        f"{report.rows:,} rows: {report.repeated:,} of an address that another row has,"
        f" {report.not_in_use:,} not in use, {report.refused.counts.total():,} refused"
    )
    for reason, count in report.refused.counts.most_common():
        lines = ", ".join(map(str, report.refused.lines[reason]))
        click.echo(f"refused: {count:,} with {reason} (line {lines}{', ...' * (count > 5)})")
    _print_cost(time.perf_counter() - start, dry_run=dry_run)


@areas.command("load")
@click.option("--demo", is_flag=True, help="Also the demo's invented neighbourhoods, addresses.")
def load_command(demo: bool) -> None:
    """Load the official areas (no boundaries) and the local names that Varsko ships."""
    start = time.perf_counter()
    with current_database().unit_of_work() as session:
        loaded = load_demo(session) if demo else load_official(session)
    if demo:
        load_demo_addresses(current_database())
    click.echo(
        f"{loaded.added} added, {loaded.changed} changed, {loaded.unchanged} unchanged"
        f" in {time.perf_counter() - start:.1f} s"
    )


@areas.command("count")
def count_command() -> None:
    """Print how many areas of each country and kind there are, and how many have a boundary."""
    with current_database().unit_of_work(writes=False) as session:
        for country, kind, total, bounded in count_areas(session):
            click.echo(f"{country} {kind.value:16} {total:6,} areas, {bounded:6,} with a boundary")
        if (edition := session.get(AddressEdition, 1)) is not None:
            count = session.scalar(select(func.count()).select_from(Address))
            click.echo(f"{count:,} addresses, of {edition.file}, imported {edition.imported_at:%F}")


def _read_map(given: Iterable[str]) -> dict[str, str]:
    """``code=kommunekode`` as the field of :class:`Mapping` and the property."""
    found = {}
    for written in given:
        name, _, named = written.partition("=")
        if name not in ("code", "name", "parent") or not named:
            raise click.BadParameter(
                f"{written!r} should be code=PROPERTY, name=PROPERTY or parent=PROPERTY"
            )
        found[f"{name}_property"] = named
    return found


def _print_report(report: Report, seconds: float, *, dry_run: bool) -> None:
    lines: dict[str, Counter[AreaKind]] = {
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "in no file, left as they are": report.absent,
    }
    for kind in WIDEST_FIRST:
        counts = [f"{count[kind]} {what}" for what, count in lines.items() if count[kind]]
        if counts:
            click.echo(f"{kind.value}: {', '.join(counts)}")
    click.echo(
        f"in all {report.added.total()} added, {report.changed.total()} changed,"
        f" {report.unchanged.total()} unchanged; {report.overlaps} overlap shares computed"
    )
    _print_cost(seconds, dry_run=dry_run)


def _print_cost(seconds: float, *, dry_run: bool) -> None:
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    click.echo(f"{seconds:.1f} s, peak memory {peak_mb:.0f} MB")
    if dry_run:
        click.echo("dry run: nothing was changed")
