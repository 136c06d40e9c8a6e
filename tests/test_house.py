"""Facts about the whole house that no single room can state.

The order of the rooms themselves is a contract of import-linter (pyproject.toml); it reads
packages only, so the single files at the bottom are looked after here.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

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
    [("config.py", set()), ("rooms.py", set()), ("database/*.py", {"config", "database"})],
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
