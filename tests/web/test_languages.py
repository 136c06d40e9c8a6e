"""Danish at /..., English at /en/..., with no cookie."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask, request, url_for
from flask.testing import FlaskClient
from flask_babel import gettext as _

from rooms import ROOMS, ROOT
from web.http.assets import static_url
from web.languages.catalogues import RoomTranslations
from web.languages.choice import current_language, speaking
from web.languages.prefix import other_language_url


def test_a_page_is_danish_unless_its_address_says_english(reader: FlaskClient) -> None:
    danish, english = reader.get("/problem").text, reader.get("/en/problem").text
    assert '<html lang="da">' in danish
    assert "Har du brug for hjælp nu?" in danish
    assert '<html lang="en">' in english
    assert "Do you need help now?" in english


def test_links_stay_in_the_language_of_the_page(look: Flask) -> None:
    with look.test_request_context("/en/tilmeld"):
        assert look.preprocess_request() is None
    page = look.test_client().get("/en/tilmeld").text
    assert 'href="/en/tilmeld" aria-current="page"' in page


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("/", "/en/"),
        ("/en/", "/"),
        ("/en", "/"),
        ("/tilmeld?omr%C3%A5de=3400&b=1", "/en/tilmeld?omr%C3%A5de=3400&b=1"),
        ("/en/tilmeld?b=1", "/tilmeld?b=1"),
        ("/english", "/en/english"),
    ],
)
def test_the_switch_leads_to_the_same_page_in_the_other_language(
    look: Flask, here: str, there: str
) -> None:
    seen: list[str] = []

    @look.before_request
    def note() -> str:
        seen.append(other_language_url())
        return ""

    look.test_client().get(here)
    assert seen == [there]


def test_a_prefix_from_outside_is_kept(look: Flask) -> None:
    seen: list[str] = []

    @look.before_request
    def note() -> str:
        seen.extend([url_for("sign_up"), other_language_url(), static_url("varsko.css")])
        return ""

    look.test_client().get("/en/tilmeld", environ_overrides={"SCRIPT_NAME": "/varsko"})
    assert seen[:2] == ["/varsko/en/tilmeld", "/varsko/tilmeld"]
    assert re.fullmatch(r"/varsko/static/varsko\.css\?v=[0-9a-f]{8}", seen[2])


def test_the_path_seen_by_routes_has_no_language_in_it(look: Flask) -> None:
    seen: list[str] = []

    @look.before_request
    def note() -> str:
        seen.append(f"{current_language()} {request.path}")
        return ""

    client = look.test_client()
    client.get("/en/staff/tips")
    client.get("/enighed")
    client.get("/da/staff/tips")
    assert seen == ["en /staff/tips", "da /enighed", "da /da/staff/tips"]


def test_a_job_can_speak_to_each_person_in_their_language(look: Flask) -> None:
    with look.app_context():
        assert _("Log ud") == "Log ud"
        with speaking("en"):
            assert _("Log ud") == "Sign out"
            with speaking("da"):
                assert _("Log ud") == "Log ud"
            assert _("Log ud") == "Sign out"
        assert _("Log ud") == "Log ud"


def test_a_text_can_be_danish_on_an_english_page(look: Flask) -> None:
    with look.test_request_context("/en/"), speaking("da"):
        assert _("Log ud") == "Log ud"


def test_speaking_refuses_what_would_be_silently_wrong(look: Flask) -> None:
    with pytest.raises(RuntimeError, match="app context"), speaking("en"):
        pass
    with look.app_context(), pytest.raises(ValueError, match="'de'"), speaking("de"):
        pass


def test_a_changed_catalogue_is_read_and_nothing_is_written_beside_it(tmp_path: Path) -> None:
    source = tmp_path / "en" / "LC_MESSAGES" / "messages.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid "Hej"\nmsgstr "Hello"\n', encoding="utf-8")
    assert RoomTranslations([tmp_path]).load("en").gettext("Hej") == "Hello"
    source.write_text('msgid "Hej"\nmsgstr "Hi there"\n', encoding="utf-8")
    later = source.stat().st_mtime + 1
    os.utime(source, (later, later))
    assert RoomTranslations([tmp_path]).load("en").gettext("Hej") == "Hi there"
    assert [path.name for path in source.parent.iterdir()] == ["messages.po"]


def test_starting_and_answering_leaves_the_source_tree_as_it_was(tmp_path: Path) -> None:
    def files() -> set[Path]:
        return {
            path
            for room in ROOMS
            for path in (ROOT / room).rglob("*")
            if "__pycache__" not in path.parts
        }

    before = files()
    page = (
        "import sys; from tests.web.look import make_look\n"
        "sys.stdout.write(make_look().test_client().get('/en/').text)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", page], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert '<html lang="en">' in shown.stdout
    assert files() == before
