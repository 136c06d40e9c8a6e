"""Which journal numbers belong to which district: loaded as data, never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from cases.journal_prefixes import BrokenPrefixFile, load_prefixes, owner_of
from database import current_database
from tests.alerts.factories import CASE, NORTH, SOUTH, Country
from web.http.app import VarskoApp

HEAD = "prefix,district,source\n"


def write(folder: Path, rows: str) -> Path:
    """A CSV file with these rows."""
    file = folder / "prefixes.csv"
    file.write_text(HEAD + rows, encoding="utf-8")
    return file


def test_nothing_is_known_until_somebody_says_it(session: Session) -> None:
    assert owner_of(session, CASE) is None


def test_a_file_replaces_what_was_known(session: Session, tmp_path: Path) -> None:
    load_prefixes(session, write(tmp_path, f"0900,{SOUTH},Vagtchefen\n0800,{SOUTH},Vagtchefen\n"))
    assert load_prefixes(session, write(tmp_path, f"0900,{NORTH},Rigspolitiet\n")) == 1
    assert owner_of(session, CASE) == NORTH
    assert owner_of(session, "0800-10161-00018-24") is None


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("900,01,Rigspolitiet\n", "four digits"),
        ("0900,77,Rigspolitiet\n", "no police district"),
        ("0900,01,\n", "who says so"),
        ("0900,01,A\n0900,02,B\n", "twice"),
        ("0900\n", "no police district"),
    ],
)
def test_a_broken_file_changes_nothing(
    session: Session, tmp_path: Path, rows: str, complaint: str
) -> None:
    load_prefixes(session, write(tmp_path, f"0900,{NORTH},Rigspolitiet\n"))
    with pytest.raises(BrokenPrefixFile, match=complaint):
        load_prefixes(session, write(tmp_path, rows))
    assert owner_of(session, CASE) == NORTH


def test_the_command_loads_and_shows(app: VarskoApp, country: Country, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    file = write(tmp_path, f"0900,{NORTH},Rigspolitiet 2026\n")
    assert "1 prefixes" in runner.invoke(args=["cases", "prefixes", str(file)]).output
    assert "Rigspolitiet 2026" in runner.invoke(args=["cases", "prefixes"]).output
    broken = runner.invoke(args=["cases", "prefixes", str(write(tmp_path, "x,01,A\n"))])
    assert broken.exit_code == 1
    assert "Nothing was loaded" in broken.output
    with current_database().unit_of_work() as session:
        assert owner_of(session, CASE) == NORTH
