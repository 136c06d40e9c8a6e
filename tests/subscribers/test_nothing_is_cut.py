"""What is pasted into a field of one line is never cut: what is too long is told, and kept."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from subscribers.schemas import LONGEST_PLACES
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def client(town: VarskoApp) -> FlaskClient:
    return town.test_client()


def test_no_field_is_cut_by_the_browser() -> None:
    marked = re.compile(r'<(?:input|textarea)[^>]*\bmaxlength="')
    cutting = [
        str(page.relative_to(ROOT))
        for page in ROOT.glob("*/templates/**/*.html")
        if page.parts[len(ROOT.parts)] != "simulator" and marked.search(page.read_text())
    ]
    assert cutting == []


def held(page: str, name: str) -> str:
    """What a field of the page holds."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]* value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


@pytest.mark.parametrize(
    ("address", "field", "typed"),
    [
        ("/tilmeld", "phone", "22 33 44 55 " + "eller 22 33 44 56 " * 20),
        ("/tilmeld", "email", "borger" * 60 + "@eksempel.dk"),
        ("/tilmeld", "places", "3400, " + "Hillerød, " * 40 + "3450"),
        ("/tilmeld", "places", "3400 " + "x" * LONGEST_PLACES + " slut"),
        ("/min-side", "address", "borger" * 60 + "@eksempel.dk"),
    ],
)
def test_what_is_too_long_is_told_and_kept(
    client: FlaskClient, address: str, field: str, typed: str
) -> None:
    form = {"phone": "22 33 44 55", "places": "3400", "language": "da", "consent": "true"}
    answer = client.post(address, data={**form, field: typed})
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert held(answer.text, field) == typed.strip()
