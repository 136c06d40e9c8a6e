"""What is installed is pinned with hashes, for every platform, and no file names a host."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = ("requirements", "requirements-dev")
both = pytest.mark.parametrize("name", FILES)

PIN = re.compile(r"([a-z0-9-]+)==(\S+)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def wanted(name: str) -> dict[str, str]:
    """Package -> version, as asked for by hand."""
    lines = (ROOT / f"{name}.in").read_text().splitlines()
    pins = (line.split("[")[0].split("==")[0] for line in lines if "==" in line)
    versions = (line.split("==")[1] for line in lines if "==" in line)
    return dict(zip(pins, versions, strict=True))


def pinned(name: str) -> dict[str, tuple[str, int]]:
    """Package -> (version, number of hashes), as it is installed."""
    whole = (ROOT / f"{name}.txt").read_text().replace("\\\n", "")
    found = {}
    for line in whole.splitlines():
        pin = PIN.match(re.sub(r"\[.*?\]", "", line))
        assert pin, line
        found[pin[1]] = (pin[2], len(HASH.findall(line)))
    return found


@both
def test_everything_is_pinned_with_the_hashes_of_its_release(name: str) -> None:
    there = pinned(name)
    assert wanted(name).items() <= {each: version for each, (version, _) in there.items()}.items()
    assert not [each for each, (_, hashes) in there.items() if not hashes]
    if name == FILES[0]:  # Compiled packages have wheels for several platforms and Pythons.
        assert min(there[each][1] for each in ("numpy", "shapely", "pyproj", "lxml")) > 10


@both
def test_no_file_names_a_host(name: str) -> None:
    for ending in ("in", "txt"):
        text = (ROOT / f"{name}.{ending}").read_text()
        assert not re.search(r"://|--(extra-)?index|--find-links|@", text)


def test_what_runs_and_what_tests_are_apart_and_agree() -> None:
    runs, tests = map(pinned, FILES)
    assert {"pytest", "mypy", "ruff", "playwright"}.isdisjoint(runs)
    for each in runs.keys() & tests.keys():
        assert runs[each][0] == tests[each][0]
