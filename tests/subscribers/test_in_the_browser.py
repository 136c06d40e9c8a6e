"""The citizen's pages in Chromium, without JavaScript's help: usable, accessible, looked at."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from tests.browser import (
    DESK,
    PHONE,
    assert_accessible,
    assert_fits,
    open_page,
    screenshot,
    serve,
)
from tests.subscribers import factories
from tests.subscribers.factories import MAIL, code_in, path_in, say, sent_to
from web.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.parametrize("width", [PHONE, DESK]),
]


def test_a_citizen_signs_up_and_tends_the_own_page(
    town: VarskoApp,
    work: Work,
    browser: Browser,
    width: int,
) -> None:
    with serve(town) as address, open_page(browser, width) as page:

        def look(name: str) -> None:
            assert_accessible(page)
            assert_fits(page)
            screenshot(page, f"sub-{name}")

        page.goto(f"{address}/tilmeld")
        look("1-form")
        page.get_by_role("button", name="Tilmeld mig").click()
        look("2-missing")
        page.get_by_role("textbox", name="Telefonnummer").fill("22 33 44 55")
        page.get_by_role("textbox", name="E-mail").fill(MAIL)
        page.get_by_role("textbox", name="Postnummer, by eller kommune").fill(
            "3400, Nykøbing, Xyzzy"
        )
        page.get_by_label("Ja, politiet må sende mig varsler").check()
        page.get_by_role("button", name="Tilmeld mig").click()
        look("3-which-place")
        page.get_by_label("7900 Nykøbing M").check()
        page.get_by_role("textbox", name="Flere postnumre eller steder").fill("")
        page.get_by_role("button", name="Tilmeld mig").click()
        page.get_by_role("heading", name="Bekræft din tilmelding").wait_for()
        look("4-code")
        page.get_by_role("textbox", name="Kode på seks cifre").fill("12")
        page.get_by_role("button", name="Bekræft").click()
        look("5-wrong-code")
        with work() as session:
            code = code_in(sent_to(session, factories.PHONE)[-1])
            link = path_in(sent_to(session, MAIL)[-1])
        page.get_by_role("textbox", name="Kode på seks cifre").fill(code)
        page.get_by_role("button", name="Bekræft").click()
        page.get_by_text("Du er tilmeldt").wait_for()
        look("6-own-page")
        page.goto(address + link)
        look("7-mail-button")
        page.get_by_role("button", name="Ja, send mig varsler").click()
        page.get_by_text("E-mail til").wait_for()
        page.get_by_role("textbox", name="Tilføj et område").fill("Nykøbing")
        page.get_by_role("button", name="Tilføj").click()
        look("8-own-page-question")
        page.get_by_label("4800 Nykøbing F").check()
        page.get_by_role("button", name="Tilføj").click()
        page.get_by_role("button", name="Fjern 3400 Hillerød").click()
        page.get_by_text("Området er fjernet.").wait_for()
        look("9-own-page-changed")
        with work() as session:
            assert factories.follows(session, MAIL) == ["4800", "7900"]
        page.get_by_role("button", name="Meld mig fra alt").click()
        look("10-left")


def test_everything_works_without_javascript(
    town: VarskoApp,
    work: Work,
    browser: Browser,
    width: int,
) -> None:
    with (
        serve(town) as address,
        open_page(browser, width, java_script_enabled=False) as page,
    ):
        page.goto(f"{address}/en/tilmeld?sted=3400")
        screenshot(page, "sub-en-form")
        page.get_by_role("textbox", name="Phone number").fill("22334455")
        page.get_by_label("Yes, the police may send me alerts").check()
        page.get_by_role("button", name="Sign me up").click()
        with work() as session:
            code = code_in(sent_to(session, factories.PHONE)[-1])
        page.get_by_role("textbox", name="Six-digit code").fill(code)
        page.get_by_role("button", name="Confirm").click()
        page.get_by_text("You are signed up").wait_for()
        screenshot(page, "sub-en-own-page")


def test_the_link_form(
    town: VarskoApp,
    work: Work,
    browser: Browser,
    width: int,
) -> None:
    say("TRYK 3400")
    with serve(town) as address, open_page(browser, width) as page:
        page.goto(f"{address}/min-side")
        assert_accessible(page)
        screenshot(page, "sub-link-form")
        page.get_by_role("textbox", name="Telefonnummer eller e-mail").fill("22334455")
        page.get_by_role("button", name="Send mig et link").click()
        assert_accessible(page)
        screenshot(page, "sub-link-sent")
        page.goto(f"{address}/min-side/not-a-link")
        assert_accessible(page)
        screenshot(page, "sub-link-old")
