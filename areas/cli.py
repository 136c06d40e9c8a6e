"""Commands for operators: import boundaries, load the shipped areas, count what is stored."""

from __future__ import annotations

import resource
import time
from collections import Counter
from pathlib import Path

import click
from flask.cli import AppGroup

from areas.importing.geojson import BrokenFile, Mapping
from areas.importing.importer import Report, count_areas, import_files
from areas.importing.official import load_demo, load_official
from areas.kinds import WIDEST_FIRST, AreaKind
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
@click.option("--code-property", help="The property that holds the code (code, kode, nr ...).")
@click.option("--name-property", help="The property that holds the name (name, navn ...).")
@click.option("--parent-property", help="The property that holds the parent's code.")
@click.option("--dry-run", is_flag=True, help="Check and report, but change nothing.")
def import_command(
    files: tuple[Path, ...],
    kind: str | None,
    code_property: str | None,
    name_property: str | None,
    parent_property: str | None,
    dry_run: bool,
) -> None:
    """Import GeoJSON FILES of areas with boundaries, all or none; repeating it updates them."""
    mapping = Mapping(
        AreaKind(kind) if kind else None, code_property, name_property, parent_property
    )
    start = time.perf_counter()
    try:
        with current_database().unit_of_work() as session:
            report = import_files(session, files, mapping)
            if dry_run:
                session.rollback()
    except BrokenFile as error:
        raise click.ClickException(f"{error}. Nothing was imported.") from error
    _print_report(report, time.perf_counter() - start, dry_run=dry_run)


@areas.command("load")
@click.option("--demo", is_flag=True, help="Also the invented neighbourhoods of the demo.")
def load_command(demo: bool) -> None:
    """Load the official codes, names and hierarchy that Varsko ships (no boundaries)."""
    start = time.perf_counter()
    with current_database().unit_of_work() as session:
        loaded = load_demo(session) if demo else load_official(session)
    click.echo(
        f"{loaded.added} added, {loaded.changed} changed, {loaded.unchanged} unchanged"
        f" in {time.perf_counter() - start:.1f} s"
    )


@areas.command("count")
def count_command() -> None:
    """Print how many areas of each kind there are, and how many have a boundary."""
    with current_database().unit_of_work(writes=False) as session:
        for kind, total, bounded in count_areas(session):
            click.echo(f"{kind.value:16} {total:6,} areas, {bounded:6,} with a boundary")


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
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    click.echo(f"{seconds:.1f} s, peak memory {peak_mb:.0f} MB")
    if dry_run:
        click.echo("dry run: nothing was changed")
