"""Back in Chromium: after an error, and after a form has been received."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database import current_database
from subscribers.models import SignUp
from tests.browser import PHONE, open_page, serve
from tests.subscribers.factories import add_areas
from tests.tips.factories import all_tips, make_appeal
from web.http.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]

pytestmark = pytest.mark.one_database

TIP = "/varsel/RBBRY2/tip"
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["JavaScript", "no JavaScript"])


@pytest.fixture
def url(app: VarskoApp) -> Iterator[str]:
    """The address of the running service."""
    with current_database().unit_of_work() as session:
        make_appeal(session)
        add_areas(session)
    with serve(app) as address:
        yield address


def tips() -> list[str]:
    with current_database().unit_of_work(writes=False) as session:
        return [str(tip.text) for tip in all_tips(session)]


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def shows(page: Page, **held: str) -> None:
    for name, value in held.items():
        expect(page.locator(f"[name={name}]")).to_have_value(value)


@SCRIPTS
def test_back_after_a_tip_does_not_show_it(browser: Browser, url: str, scripts: bool) -> None:
    with open_page(browser, PHONE, java_script_enabled=scripts) as page:
        page.goto(url + TIP)
        page.get_by_role("textbox", name="Dit tip").fill("En rød bil")
        page.get_by_role("textbox", name="Navn eller telefonnummer").fill("Anna")
        press(page, "Send tip")
        page.get_by_role("heading", name="Tak for dit tip").wait_for()
        page.go_back()
        page.get_by_role("heading", name="Giv et tip").wait_for()
        shows(page, text="", contact="")
        page.get_by_role("textbox", name="Dit tip").fill("Og en sort")
        press(page, "Send tip")
        page.get_by_role("heading", name="Tak for dit tip").wait_for()
    assert sorted(tips()) == ["En rød bil", "Og en sort"]


def test_back_after_an_error_in_a_tip_keeps_it_until_it_is_sent(browser: Browser, url: str) -> None:
    with open_page(browser, PHONE) as page:
        page.goto(url + TIP)
        page.get_by_role("textbox", name="Hvor og hvornår").fill("ved stationen")
        press(page, "Send tip")
        page.get_by_role("alert").wait_for()
        page.go_back()
        page.get_by_role("heading", name="Giv et tip").wait_for()
        shows(page, seen="ved stationen", text="")
        press(page, "Send tip")
        page.reload()
        shows(page, seen="ved stationen")
        page.get_by_role("textbox", name="Dit tip").fill("En rød bil")
        press(page, "Send tip")
        page.get_by_role("heading", name="Tak for dit tip").wait_for()
        for _page in range(2):
            page.go_back()
            page.get_by_role("heading", name="Giv et tip").wait_for()
            shows(page, seen="", text="")
    assert tips() == ["En rød bil"]


def test_who_comes_to_the_form_anew_finds_nothing_in_it(browser: Browser, url: str) -> None:
    with open_page(browser, PHONE) as page:
        page.goto(url + TIP)
        page.get_by_role("textbox", name="Hvor og hvornår").fill("ved stationen")
        press(page, "Send tip")
        page.get_by_role("link", name="Tilbage til varslet").click()
        page.get_by_role("link", name="Giv et tip").click()
        page.get_by_role("heading", name="Giv et tip").wait_for()
        shows(page, seen="")
        page.reload()
        shows(page, seen="")


@SCRIPTS
def test_back_after_an_error_in_a_sign_up_shows_what_was_typed(
    browser: Browser, url: str, scripts: bool
) -> None:
    with open_page(browser, PHONE, java_script_enabled=scripts) as page:
        page.goto(url + "/tilmeld")
        page.get_by_role("textbox", name="Telefonnummer").fill("22 33 44")
        page.get_by_role("textbox", name="Postnummer, by eller kommune").fill("3400")
        page.get_by_label("Ja, politiet må sende mig varsler").check()
        press(page, "Tilmeld mig")
        page.get_by_role("alert").wait_for()
        page.go_back()
        shows(page, phone="22 33 44", places="3400")
        page.go_forward()
        page.get_by_role("alert").wait_for()
        page.get_by_role("textbox", name="Telefonnummer").fill("22 33 44 55")
        press(page, "Tilmeld mig")
        page.get_by_role("heading", name="Bekræft din tilmelding").wait_for()
        page.go_back()
        shows(page, phone="22 33 44 55")
        page.go_forward()
        page.get_by_role("heading", name="Bekræft din tilmelding").wait_for()
    with current_database().unit_of_work(writes=False) as session:
        assert session.scalar(select(func.count()).select_from(SignUp)) == 1


@SCRIPTS
def test_back_after_a_wrong_code_asks_nothing(browser: Browser, url: str, scripts: bool) -> None:
    with open_page(browser, PHONE, java_script_enabled=scripts) as page:
        page.goto(url + "/min-side")
        page.get_by_role("textbox", name="Telefonnummer eller e-mail").fill("22")
        press(page, "Send mig et link")
        page.get_by_role("alert").wait_for()
        page.get_by_role("textbox", name="Telefonnummer eller e-mail").fill("22334455")
        press(page, "Send mig et link")
        page.get_by_text("sender vi et link").wait_for()
        page.go_back()
        shows(page, address="22334455")
