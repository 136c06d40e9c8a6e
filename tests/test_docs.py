"""The manuals name files, commands, settings and make targets: every one of them exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.cli import AppGroup

from rooms import ROOT

pytestmark = pytest.mark.one_database

MANUALS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FILE = re.compile(
    r"(?<![\w/.<>*{-])((?:\.?\w+/)+(?:\w[\w.]*\.(?:py|md|sh|toml|html|png))?)(?![\w<*{-])"
)
COMMAND = re.compile(r"flask ([a-z]+)(?: ([a-z][a-z-]+))?(?=[`\s])")
SETTING = re.compile(r"VARSKO_[A-Z]+(?:_[A-Z]+)*\b(?!_)")
TARGETS = re.compile(r"(?:^|`)make ([a-z ]+?)(?=[`#A-Z]|$)", re.MULTILINE)
OF_TESTS = {"VARSKO_TEST_BROKER", "VARSKO_TEST_MIX", "VARSKO_TEST_POSTGRESQL"}


@pytest.fixture(params=MANUALS, ids=lambda path: path.name)
def manual(request: pytest.FixtureRequest) -> str:
    return Path(request.param).read_text()


def code(manual: str) -> Iterator[str]:
    """What stands in backquotes or behind a link."""
    yield from re.findall(r"`([^`\n]+)`", manual)
    yield from re.findall(r"\]\(([^)#]+)\)", manual)


def test_the_files_exist(manual: str) -> None:
    tops = {path.name for path in ROOT.iterdir() if path.is_dir()}
    named = {name for text in code(manual) for name in FILE.findall(text)}
    ours = {name for name in named if name.split("/")[0] in tops and not name.startswith("build/")}
    assert {name for name in ours if not (ROOT / name).exists()} == set()


def test_the_commands_exist(manual: str, app: Flask) -> None:
    missing = set()
    for name, part in COMMAND.findall(manual):
        command = app.cli.commands.get(name)
        if command is None or (
            part and isinstance(command, AppGroup) and part not in command.commands
        ):
            missing.add(f"flask {name} {part}")
    assert missing == set()


def test_the_settings_exist(manual: str) -> None:
    known = set(SETTING.findall((ROOT / "varsko.env.example").read_text())) | OF_TESTS
    assert set(SETTING.findall(manual)) - known == set()


def test_the_make_targets_exist(manual: str) -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for targets in TARGETS.findall(manual) for target in targets.split()}
    assert named - known == set()
