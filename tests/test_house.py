"""Facts about the whole house that no single room can state.

The order of the rooms themselves is a contract of import-linter (pyproject.toml); it reads
packages only, so the single files at the bottom are looked after here.
"""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from rooms import ROOMS

ROOT = Path(__file__).parents[1]
OURS = {path.stem for path in ROOT.glob("*.py")} | {
    path.parent.name for path in ROOT.glob("*/__init__.py")
}


def imports_of(file: Path) -> set[str]:
    """The top-level names of what a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize(
    ("files", "allowed"),
    [
        # config/__main__.py is a command: it lists what the providers declare.
        ("config/[!_]*.py", {"config"}),
        ("rooms.py", set()),
        ("database/*.py", {"config", "database"}),
    ],
)
def test_what_lies_at_the_bottom_imports_no_room(files: str, allowed: set[str]) -> None:
    imported: set[str] = set()
    for file in ROOT.glob(files):
        imported |= imports_of(file) & OURS
    assert imported == allowed


def test_the_readme_names_every_room() -> None:
    readme = (ROOT / "README.md").read_text()
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert {room for room in rooms if f"`{room}/" not in readme} == set()


PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {one["name"]: one for one in PYPROJECT["tool"]["importlinter"]["contracts"]}
LAYERS = CONTRACTS["The house: imports point down only"]["layers"]


def test_every_package_of_the_service_is_listed_as_a_room() -> None:
    beside = {"tests", "simulator", "benchmarks", "database", "config"}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - beside
    assert packages == set(ROOMS), "add the room to ROOMS in rooms.py, above what it imports from"


@pytest.mark.parametrize("room", ROOMS)
def test_the_tools_know_every_room(room: str) -> None:
    """pyproject.toml can't read ``rooms.py``: it names the rooms again, in five lists."""
    ruff = PYPROJECT["tool"]["ruff"]["lint"]["isort"]["known-first-party"]
    linter = PYPROJECT["tool"]["importlinter"]
    layered = {name for layer in LAYERS for name in layer.split(" | ")}
    apart = CONTRACTS["The simulator stands beside the service: only settings and its own"]
    below = CONTRACTS["No room knows who builds the app"]
    missing = [
        f'add "{room}" to {place} in pyproject.toml'
        for place, named in {
            "[tool.ruff.lint.isort] known-first-party": ruff,
            "[tool.importlinter] root_packages": linter["root_packages"],
            'layers of "The house: imports point down only"': layered,
            'forbidden_modules of "The simulator stands beside ..."': apart["forbidden_modules"],
            'source_modules of "No room knows who builds the app"': below["source_modules"],
        }.items()
        if room not in named and not (room == "demo" and named is not layered)
    ]
    assert not missing, "; ".join(missing)


def test_the_layers_of_the_linter_are_the_order_of_the_rooms() -> None:
    rank = {name: at for at, layer in enumerate(LAYERS) for name in layer.split(" | ")}
    ranks = [rank[room] for room in ROOMS]
    assert ranks == sorted(ranks), "the layers in pyproject.toml and ROOMS in rooms.py differ"


def test_every_test_closes_the_apps_that_it_builds() -> None:
    """What is left open is found by the garbage collector, in the midst of another test."""
    leaking = {
        str(file.relative_to(ROOT))
        for file in ROOT.glob("tests/**/*.py")
        if "app = create_app(" in (text := file.read_text()) and "close_app" not in text
    }
    assert leaking == set()


def test_no_file_and_no_folder_is_too_long_to_read() -> None:
    """400 lines of a file, 16 modules of a room; the first migration makes all tables."""
    files = [
        file
        for file in ROOT.glob("**/*.py")
        if not file.relative_to(ROOT).parts[0].startswith(".") and "migrations" not in file.parts
    ]
    long = {str(file) for file in files if len(file.read_text().splitlines()) > 400}
    assert long == set()
    modules = Counter(
        file.parent for file in files if "tests" not in file.parts and file.name != "__init__.py"
    )
    assert {str(folder) for folder, number in modules.items() if number > 16} == set()
