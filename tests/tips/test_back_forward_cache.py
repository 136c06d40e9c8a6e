"""Back in a Chromium that keeps the pages one left, as on a phone; Playwright's own does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from database import current_database
from tests.browser import PHONE, launched, open_page, serve
from tests.tips.factories import make_appeal
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

TIP = "/varsel/RBBRY2/tip"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with its back/forward cache."""
    with launched(ignore_default_args=["--disable-back-forward-cache"]) as chromium:
        yield chromium


@pytest.fixture
def url(app: VarskoApp) -> Iterator[str]:
    """The address of the running service."""
    with current_database().unit_of_work() as session:
        make_appeal(session)
    with serve(app) as address:
        yield address


@pytest.mark.parametrize("scripts", [True, False], ids=["JavaScript", "no JavaScript"])
def test_a_tip_that_was_received_is_not_shown_to_who_goes_back(
    browser: Browser, url: str, scripts: bool
) -> None:
    with open_page(browser, PHONE, java_script_enabled=scripts) as page:
        page.goto(url + TIP)
        tip = page.get_by_role("textbox", name="Dit tip")
        tip.fill("En rød bil")
        with page.expect_response("**/tip/glem.css"):
            page.get_by_role("button", name="Send tip").click()
        page.get_by_role("heading", name="Tak for dit tip").wait_for()
        page.go_back()
        page.get_by_role("heading", name="Giv et tip").wait_for()
        expect(tip).to_have_value("")
