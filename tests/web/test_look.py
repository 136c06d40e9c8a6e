"""The layouts and macros in a real browser: accessible, fitting, usable by keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import (
    DESK,
    PHONE,
    assert_accessible,
    assert_fits,
    beside,
    browser,
    open_page,
    screenshot,
    serve,
)
from tests.web.look import make_look

__all__ = ["browser"]

PAGES = {
    "public": "/",
    "public-errors": "/en/?errors=1",
    "desk": "/staff/",
    "signin": "/staff/login",
    "problem": "/problem",
    "desk-problem": "/staff/problem",
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(make_look()) as url:
        yield url


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", PAGES)
def test_every_piece_is_accessible_and_fits(
    browser: Browser, address: str, name: str, width: int
) -> None:
    with open_page(browser, width) as page:
        page.goto(address + PAGES[name])
        screenshot(page, f"look-{name}")
        assert_fits(page)
        assert_accessible(page)


def test_the_first_tab_stop_skips_to_the_content(browser: Browser, address: str) -> None:
    with open_page(browser) as page:
        page.goto(address)
        page.keyboard.press("Tab")
        expect(page.locator(".skipnav")).to_be_focused()
        expect(page.locator(".skipnav")).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("#main-content")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_error_summary_has_focus_and_leads_to_the_field(
    browser: Browser, address: str, scripts: bool
) -> None:
    with open_page(browser, java_script_enabled=scripts) as page:
        page.goto(f"{address}/?errors=1")
        expect(page.locator("#error-summary")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**#field-phone")
        field = page.get_by_label("Mobilnummer")
        expect(field).to_have_accessible_description(
            "Et dansk nummer, 8 cifre. Fejl: Et dansk mobilnummer har 8 cifre."
        )
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value("12 34")


def test_a_counted_text_says_how_much_is_left(browser: Browser, address: str) -> None:
    with open_page(browser) as page:
        page.goto(address)
        page.get_by_label("Besked").fill("x" * 100)
        expect(page.locator("#field-body-count")).to_have_text("60 tegn tilbage")


def test_reduced_motion_is_respected(browser: Browser, address: str) -> None:
    with open_page(browser, reduced_motion="reduce") as page:
        page.goto(address)
        moving = page.evaluate(
            """() => [...document.querySelectorAll('*')].filter(element =>
                parseFloat(getComputedStyle(element).transitionDuration) > 0.01).length"""
        )
        assert moving == 0


def test_citizens_pages_ask_nothing_of_anybody_else_and_set_no_cookie(
    browser: Browser, address: str
) -> None:
    with open_page(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        assert [url for url in asked if not url.startswith((address, "data:"))] == []
        assert page.context.cookies() == []


def test_work_with_an_event_loop_can_be_done_beside_a_page(browser: Browser, address: str) -> None:
    async def work() -> str:
        return "done"

    with open_page(browser) as page:
        page.goto(f"{address}/problem")
        assert beside(lambda: asyncio.run(work())) == "done"
