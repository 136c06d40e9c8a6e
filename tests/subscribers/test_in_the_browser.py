"""The citizen's pages in Chromium, with and without JavaScript, on a phone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from tests.browser import PHONE, open_page, serve
from tests.subscribers import factories
from tests.subscribers.factories import MAIL, code_in, path_in, sent_to
from web.http.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]

pytestmark = pytest.mark.one_database


def first_message(work: Work, address: str) -> str:
    """The first message to an address: it is written once the response has left."""
    never = threading.Event()
    for _look in range(3000):
        with work() as session:
            if messages := sent_to(session, address):
                return messages[0]
        never.wait(0.01)
    pytest.fail("nothing was sent")


def test_a_citizen_signs_up_and_tends_the_own_page(
    town: VarskoApp,
    work: Work,
    browser: Browser,
) -> None:
    with serve(town) as address, open_page(browser, PHONE) as page:
        page.goto(f"{address}/tilmeld")
        page.get_by_role("textbox", name="Telefonnummer").fill("22 33 44 55")
        page.get_by_role("textbox", name="E-mail").fill(MAIL)
        page.get_by_role("textbox", name="Postnummer, by eller kommune").fill(
            "3400, Nykøbing, Xyzzy"
        )
        page.get_by_label("Ja, politiet må sende mig varsler").check()
        page.get_by_role("button", name="Tilmeld mig").click()
        page.get_by_label("7900 Nykøbing M").check()
        page.get_by_role("textbox", name="Flere postnumre eller steder").fill("")
        page.get_by_role("button", name="Tilmeld mig").click()
        page.get_by_role("heading", name="Bekræft din tilmelding").wait_for()
        page.get_by_role("textbox", name="Kode på seks cifre").fill("12")
        page.get_by_role("button", name="Bekræft").click()
        page.get_by_role("alert").wait_for()
        code = code_in(first_message(work, factories.PHONE))
        link = path_in(first_message(work, MAIL))
        page.get_by_role("textbox", name="Kode på seks cifre").fill(code)
        page.get_by_role("button", name="Bekræft").click()
        page.get_by_text("Du er tilmeldt").wait_for()
        page.goto(address + link)
        page.get_by_role("button", name="Ja, send mig varsler").click()
        page.get_by_text("E-mail til").wait_for()
        page.get_by_role("textbox", name="Tilføj et område").fill("Nykøbing")
        page.get_by_role("button", name="Tilføj").click()
        page.get_by_label("4800 Nykøbing F").check()
        page.get_by_role("button", name="Tilføj").click()
        page.get_by_text("4800 Nykøbing F er tilføjet.").wait_for()
        page.get_by_role("button", name="Fjern 3400 Hillerød").click()
        page.get_by_text("3400 Hillerød er fjernet.").wait_for()
        with work() as session:
            assert factories.follows(session, MAIL) == ["4800", "7900"]
        page.get_by_role("link", name="Afmeld alt").click()
        page.get_by_role("button", name="Ja, afmeld alt").click()
        page.get_by_role("heading", name="afmeldt").wait_for()


def test_everything_works_without_javascript(
    town: VarskoApp,
    work: Work,
    browser: Browser,
) -> None:
    with (
        serve(town) as address,
        open_page(browser, PHONE, java_script_enabled=False) as page,
    ):
        page.goto(f"{address}/en/tilmeld?sted=3400")
        page.get_by_role("textbox", name="Phone number").fill("22334455")
        page.get_by_label("Yes, the police may send me alerts").check()
        page.get_by_role("button", name="Sign me up").click()
        code = code_in(first_message(work, factories.PHONE))
        page.get_by_role("textbox", name="Six-digit code").fill(code)
        page.get_by_role("button", name="Confirm").click()
        page.get_by_text("You are signed up").wait_for()
