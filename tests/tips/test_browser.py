"""The pages of tips in Chromium: accessible, within the window, driven by keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from database import current_database
from tests.browser import (
    DESK,
    PHONE,
    assert_accessible,
    assert_fits,
    open_page,
    screenshot,
    serve,
)
from tests.staff.factories import sign_in
from tests.tips.factories import ROBBERY, all_tips, make_appeal, make_investigator, text_in
from tips.intake import WebTip, receive_web_tip
from web.app import VarskoApp

pytestmark = pytest.mark.browser


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest) -> str:
    """What a browser shows does not depend on the database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


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


def look(page: Page, address: str, name: str) -> None:
    """Open a page and look at it."""
    page.goto(address)
    assert_accessible(page)
    assert_fits(page)
    screenshot(page, f"tips-{name}")


def take_cookie(page: Page, desk: FlaskClient, url: str) -> None:
    """Let the page be signed in as the client is."""
    cookie = desk.get_cookie("varsko")
    assert cookie is not None
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_page_is_accessible_and_fits(
    browser: Browser, desk: FlaskClient, url: str, width: int
) -> None:
    with open_page(browser, width) as page:
        look(page, f"{url}/varsel/RBBRY2/tip", "form")
        page.get_by_role("button", name="Send tip").click()
        page.wait_for_selector("#error-summary")
        assert_accessible(page)
        screenshot(page, "tips-form-error")
        look(page, f"{url}/varsel/RBBRY2/tip/tak", "thanks")
        look(page, f"{url}/varsel/RBBRY2/tip/tak?fare=1", "danger")
        assert not page.context.cookies()
        take_cookie(page, desk, url)
        look(page, f"{url}/staff/cases", "cases")
        look(page, f"{url}/staff/cases/1", "case")
        look(page, f"{url}/staff/cases/1?status=useful", "case-nothing")
        look(page, f"{url}/staff/tips/unassigned", "unassigned")
        look(page, f"{url}/staff/tips/58", "urgent")
        look(page, f"{url}/staff/tips/59", "long")
        look(page, f"{url}/staff/tips/60", "from-form")
        look(page, f"{url}/en/staff/tips/61", "unassigned-english")
        page.goto(f"{url}/staff/cases/1")
        page.get_by_label("Søg i sagens tips").fill("kniv")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=1 tip fundet")
        assert_accessible(page)
        screenshot(page, "tips-search")


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
        page.wait_for_url("**?efter=58")
        page.keyboard.press("u")
        page.wait_for_url("**/staff/cases/1")
        page.get_by_role("button", name="Slå taster fra").click()
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.closest('.tip-row')") is None
