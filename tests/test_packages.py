"""The list of Debian packages (.ci/packages) is whole: what runs here comes from nowhere else."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing

ROOT = Path(__file__).parents[1]
PLACES = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])


def listed() -> list[str]:
    """The packages of the list."""
    lines = (ROOT / ".ci/packages").read_text().splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


def programs_in(file: Path) -> Iterator[str]:
    """What a file runs or looks for: absolute paths, arguments of ``which``, commands."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Constant(value=str(text)) if re.fullmatch(r"/usr/(s?bin|lib)/[\w./-]+", text):
                yield text
            case ast.Call(func=ast.Attribute(attr="which"), args=[ast.Constant(value=str(name))]):
                yield name
            case (
                ast.List(elts=[ast.Constant(value=str(name)), *rest])
                | ast.Tuple(elts=[ast.Constant(value=str(name)), *rest])
            ) if (
                not (ROOT / name).is_dir() and re.match(r"\w", name) and any(map(_is_option, rest))
            ):
                # Where it is a room's name, these are the arguments of ``flask``.
                yield name


def _is_option(item: ast.expr) -> bool:
    return (
        isinstance(item, ast.Constant)
        and isinstance(item.value, str)
        and re.match(r"--?[a-z]", item.value) is not None
    )


PROGRAMS = sorted(
    {
        program
        for folder in ("tests", "benchmarks", "demo")
        for file in (ROOT / folder).rglob("*.py")
        for program in programs_in(file)
    }
)


def test_programs_are_found_in_the_tests_and_benchmarks() -> None:
    assert {"chromium", "psql", "/usr/bin/wrk", "/usr/sbin/smtp-source"} <= set(PROGRAMS)


@pytest.fixture(scope="module")
def installed_with_the_list() -> set[str]:
    """Every package that the listed ones bring along, themselves included."""
    if shutil.which("dpkg-query") is None:
        pytest.skip("this is no Debian")
    said = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package}\t${Provides}\t${Pre-Depends}, ${Depends}\n"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    needs: dict[str, set[str]] = {}
    for line in said.splitlines():
        package, provided, needed = line.split("\t")
        for name in {package, *_names(provided)}:
            needs.setdefault(name, set()).update({package} if name != package else _names(needed))
    reached: set[str] = set()
    ahead = listed()
    while ahead:
        package = ahead.pop()
        if package not in reached:
            reached.add(package)
            ahead.extend(needs.get(package, ()))
    return reached


def _names(relation: str) -> set[str]:
    """The names in a field such as ``libc6 (>= 2.34), awk | mawk``."""
    bare = re.sub(r"\([^)]*\)|:\w+", "", relation)
    return {name.strip() for name in re.split(r"[,|]", bare)} - {""}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_comes_from_a_listed_package(
    program: str, installed_with_the_list: set[str]
) -> None:
    path = program if program.startswith("/") else shutil.which(program, path=PLACES)
    if path is None or not Path(path).exists():
        missing(program)
    said = subprocess.run(["dpkg", "-S", str(path)], capture_output=True, text=True).stdout
    owners = {name.strip() for name in said.partition(": ")[0].split(",")} - {""}

    assert owners, f"no package brings {path}"
    assert owners & installed_with_the_list, f"{path} is in {owners}: name one in .ci/packages"


def test_what_is_installed_by_name_is_on_the_list() -> None:
    files = [ROOT / "Makefile", ROOT / ".ci/run"]
    calls = [
        words
        for file in files
        for words in re.findall(r"\.ci/need(.*)$", file.read_text(), re.MULTILINE)
    ]
    assert calls
    assert {name for words in calls for name in words.split()} <= set(listed())
