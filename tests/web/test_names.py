"""One rule for the names of files, blueprints, addresses and query parameters in all rooms.

It is written down in docs/architecture.md.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from flask import Flask

from rooms import ROOMS, ROOT
from web.http.access import Open, Signed, rule_of

pytestmark = pytest.mark.one_database

ENGLISH = {
    "address",
    "after",
    "all",
    "area",
    "before",
    "category",
    "code",
    "draft",
    "language",
    "page",
    "q",
    "quiet",
    "reference",
    "said",
    "state",
    "status",
    "tab",
}
DANISH = {"besked", "kvittering", "sendt", "sted"}
PARAMETER = re.compile(r"""request\.args\.(?:get|getlist)\(\s*"(\w+)"|"(\w+)" in request\.args""")
PAGES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def test_files_and_blueprints_say_whose_a_route_is(app: Flask) -> None:
    wrong = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        module = inspect.unwrap(view).__module__
        room, _, file = module.partition(".")
        file = file.rpartition(".")[2]
        blueprint = rule.endpoint.rpartition(".")[0]
        if room not in ROOMS or room == "web" or blueprint in {"", "security"}:
            continue  # the libraries' routes, static files, the description of the API
        if rule.rule.startswith("/api/"):
            named = file == "api" and blueprint == f"{room}_api"
        elif isinstance(rule_of(view), Signed):
            expected = "staff" if room == "staff" else f"{room}_staff"
            named = re.fullmatch(r"staff_(\w+_)?pages", file) and blueprint == expected
        elif rule_of(view) is Open.WEBHOOK:
            named = file == "webhooks" and blueprint == f"{room}_webhooks"
        else:
            ours = re.fullmatch(rf"{room}(_\w+)?", blueprint)
            named = ours and not re.match("staff_|api$", file) and "_staff" not in blueprint
        if not named:
            wrong.append(f"{rule.rule}: {rule.endpoint} in {module}")
    assert wrong == []


def test_addresses_of_staff_are_under_staff(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if isinstance(rule_of(view), Signed):
            assert rule.rule.startswith(("/staff", "/api/v1/")), rule.rule
        elif rule_of(view) is Open.PUBLIC and rule.endpoint.partition(".")[0] in ROOMS:
            assert not rule.rule.startswith("/staff") or rule.endpoint.startswith("staff."), rule


@pytest.mark.parametrize("file", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_query_parameters_are_in_the_language_of_the_path(file: Path) -> None:
    names = {first or second for first, second in PARAMETER.findall(file.read_text())}
    if file.parts[len(ROOT.parts)] == "web":
        names -= {"v"}  # the hash of a static file
    is_public = not file.name.startswith("staff_") and file.name != "api.py"
    assert names <= (DANISH if is_public else ENGLISH)
