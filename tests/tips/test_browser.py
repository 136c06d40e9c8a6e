"""The inbox in Chromium, driven by keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from database import current_database
from tests.browser import open_page, serve
from tests.staff.factories import sign_in
from tests.tips.factories import ROBBERY, all_tips, make_appeal, make_investigator, text_in
from tips.intake.receiving import WebTip, receive_web_tip
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database


@pytest.fixture
def desk(app: VarskoApp) -> FlaskClient:
    """An investigator with a case of 60 tips: urgent, long, from the form, in the queue."""
    with current_database().unit_of_work() as session:
        staff = make_investigator(session)
        alert = make_appeal(session, title="Røveri mod guldsmed på Slotsgade i Hillerød")
        for number in range(57):
            text_in(session, f"Jeg så en bil {number}, sag {ROBBERY}", f"+45201{number % 9:05d}")
        text_in(session, f"Han har en kniv, sag {ROBBERY}", "+4520200000")
        text_in(session, f"{'Langt ' * 200} sag {ROBBERY}", "+4520200001")
        receive_web_tip(session, alert, WebTip("Fra formularen", "I går", "Anna 20123456"), "da")
        text_in(session, "Sag 0900-10161-99999-24: det var ham", "+4520200002")
        tips = all_tips(session)
        for minutes, tip in enumerate(reversed(tips)):
            tip.received_at = tip.received_at.replace(minute=59 - minutes % 60, second=0)
    return sign_in(app.test_client(), staff)


@pytest.fixture
def url(app: VarskoApp, desk: FlaskClient) -> Iterator[str]:
    """The address of the running service."""
    with serve(app) as address:
        yield address


def take_cookie(page: Page, desk: FlaskClient, url: str) -> None:
    """Let the page be signed in as the client is."""
    cookie = desk.get_cookie("varsko")
    assert cookie is not None
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])


def test_an_investigator_works_through_the_inbox_by_keys(
    browser: Browser, desk: FlaskClient, url: str
) -> None:
    with open_page(browser) as page:
        take_cookie(page, desk, url)
        page.goto(f"{url}/staff/cases/1")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/staff/tips/58")
        page.keyboard.press("b")
        page.wait_for_url("**/staff/tips/1?said=*")
        page.keyboard.press("u")
        page.wait_for_url("**/staff/cases/1")
        page.get_by_role("button", name="Slå taster fra").click()
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.closest('.tip-row')") is None
