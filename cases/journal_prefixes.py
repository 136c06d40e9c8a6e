"""Which police district a case number belongs to, where that is known.

There is no public list of the districts' prefixes, so none is shipped: an operator loads one
(``flask cases prefixes``), and a prefix that is not in it stays unknown.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from areas import lookup
from areas.countries import code_text
from areas.kinds import AreaKind
from audit.trail import record
from cases.models import JournalPrefix
from cases.references import PREFIX_LENGTH, prefix_of


class BrokenPrefixFile(Exception):
    """The file cannot be loaded; the message says which line and why."""


def owners_of(session: Session, references: Collection[str]) -> dict[str, str]:
    """The code of the district that each of these references belongs to, if known."""
    prefixes = {reference: prefix_of(reference) for reference in references}
    rows = session.execute(
        select(JournalPrefix.prefix, JournalPrefix.district_code).where(
            JournalPrefix.prefix.in_(set(prefixes.values()))
        )
    )
    known = dict(rows.all())
    return {name: known[prefix] for name, prefix in prefixes.items() if prefix in known}


def owner_of(session: Session, reference: str) -> str | None:
    """The code of the district that a reference belongs to; None if unknown."""
    return owners_of(session, [reference]).get(reference)


def district_names(session: Session, codes: Iterable[str]) -> list[str]:
    """The names of these police districts, sorted; the code itself if no area has it."""
    wanted = set(codes)
    names = lookup.district_names(session, wanted)
    return sorted(names.get(code, code) for code in wanted)


def load_prefixes(session: Session, file: Path) -> int:
    """Replace the known prefixes with those of a CSV file; returns how many there are now.

    Columns: ``prefix`` (four digits), ``district`` (a police district's code), ``source`` (who
    says so). Raises :class:`BrokenPrefixFile` without changing anything.
    """
    districts = lookup.list_areas(session, AreaKind.POLICE_DISTRICT)
    known = {code_text(area) for area in districts}
    rows: dict[str, JournalPrefix] = {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            prefix, district, source = (
                (row.get(column) or "").strip() for column in ("prefix", "district", "source")
            )
            if not re.fullmatch(rf"\d{{{PREFIX_LENGTH}}}", prefix, re.ASCII):
                raise BrokenPrefixFile(f"line {number}: prefix {prefix!r} is not four digits")
            if prefix in rows:
                raise BrokenPrefixFile(f"line {number}: prefix {prefix} is there twice")
            if district not in known:
                raise BrokenPrefixFile(f"line {number}: no police district has code {district!r}")
            if not source:
                raise BrokenPrefixFile(f"line {number}: say in the column source who says so")
            rows[prefix] = JournalPrefix(prefix=prefix, district_code=district, source=source[:200])
    session.execute(delete(JournalPrefix))
    session.add_all(rows.values())
    record(session, None, "case.prefixes_loaded", "journal_prefix", None, prefixes=len(rows))
    return len(rows)
