"""What the layouts show to whom, and how static files are kept."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from web.http import assets, navigation

VENDOR = assets.STATIC / "vendor"


def test_citizens_get_neither_cookie_nor_foreign_host(reader: FlaskClient) -> None:
    answer = reader.get("/?errors=1")
    assert "Set-Cookie" not in answer.headers
    assert not re.findall(r'(?:src|href|action)="https?://', answer.text)
    assert "htmx" not in answer.text


def test_no_page_needs_an_inline_style_or_handler(reader: FlaskClient) -> None:
    for path in ("/?errors=1", "/staff/", "/staff/login", "/problem"):
        page = reader.get(path).text
        assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page)
        assert not re.search(r"<style", page)
        assert not re.search(r"<script(?![^>]*\ssrc=)", page)


def test_the_desk_shows_who_is_signed_in_and_what_they_may_open(reader: FlaskClient) -> None:
    page = reader.get("/staff/tips").text
    assert "Mette Holm" in page
    assert 'href="/staff/tips" aria-current="page"' in page
    assert "Medarbejdere" not in page
    assert re.search(r'<form method="post" action="/ud">\s*<input type="hidden" name="csrf', page)


def test_nobody_signed_in_sees_no_menu(look: Flask) -> None:
    navigation.set_viewer(look, lambda: None)
    page = look.test_client().get("/staff/").text
    assert "/staff/tips" not in page
    assert "Log ud" not in page


def test_the_menu_marks_the_nearest_page_above(look: Flask) -> None:
    with look.test_request_context("/staff/tips/12"):
        assert [link.label for link in navigation.menu("staff") if link.current] == ["Tips"]
    with look.test_request_context("/staff/sager"):
        assert [link.label for link in navigation.menu("staff") if link.current] == ["Varsler"]
    with look.test_request_context("/tilmeldt"):
        assert [link.label for link in navigation.menu("public") if link.current] == []


def test_a_password_is_never_written_back(look: Flask) -> None:
    with look.test_request_context("/"):
        macros = look.jinja_env.get_template("macros/forms.html").module
        field = macros.text_field(  # type: ignore[attr-defined]
            "password", "Adgangskode", {"password": "hemmelig"}, type="password"
        )
    assert "hemmelig" not in field


def test_what_was_typed_is_escaped(look: Flask) -> None:
    evil = '"><script>alert(1)</script>'
    with look.test_request_context("/"):
        macros = look.jinja_env.get_template("macros/forms.html").module
        for macro in (macros.text_field, macros.text_area):  # type: ignore[attr-defined]
            assert "<script>" not in macro("x", evil, {"x": evil}, {"x": [evil]}, hint=evil)


def test_static_files_with_their_hash_are_kept_a_year(reader: FlaskClient) -> None:
    page = reader.get("/en/").text
    address = re.search(r'href="(/static/varsko\.css\?v=[0-9a-f]{8})"', page)
    assert address
    with reader.get(address[1]) as kept, reader.get("/static/varsko.css") as bare:
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert bare.headers["Cache-Control"] == "no-cache"


def test_every_icon_that_pages_draw_is_shipped(look: Flask) -> None:
    shipped = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "dkfds/icons.svg").read_text()))
    page = look.test_client().get("/?errors=1").text
    assert set(re.findall(r'icons\.svg\?v=[0-9a-f]+#([^"]+)"', page)) <= shipped
    style = (VENDOR / "dkfds/dkfds.css").read_text()
    for name in re.findall(r'url\("?icons/([^")]+)"?\)', style):
        assert (VENDOR / "dkfds/icons" / name).exists(), name
