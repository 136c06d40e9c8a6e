"""The pages of staff in a real browser, used as people do: mostly without a mouse."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pyotp
import pytest
import time_machine
from playwright.sync_api import Browser, Page, expect

from areas.kinds import AreaKind
from areas.models import Area
from database import current_database
from staff.models import Staff
from staff.permissions import Role
from tests.browser import (
    browser,
    open_page,
    press_enter,
    serve,
)
from tests.staff.factories import PASSWORD, TOTP_SECRET, make_staff
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

__all__ = ["browser"]

DISTRICTS = [("0900", "Nordsjællands Politi"), ("1900", "Københavns Politi")]


@pytest.fixture
def address(app: VarskoApp) -> Iterator[str]:
    """The service, on a port of this machine."""
    with current_database().unit_of_work() as session:
        for code, name in DISTRICTS:
            session.add(Area(kind=AreaKind.POLICE_DISTRICT, code=code, name=name, source="tests"))
    with serve(app) as url:
        yield url


def sign_in(page: Page, address: str, staff: Staff) -> None:
    page.goto(f"{address}/staff/login")
    page.get_by_label("E-mail").fill(staff.email)
    page.get_by_label("Adgangskode").fill(PASSWORD)
    press_enter(page)
    page.get_by_label("Sekscifret kode").fill(pyotp.TOTP(TOTP_SECRET).now())
    press_enter(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hej")


def test_a_newcomer_gets_in(browser: Browser, app: VarskoApp, address: str) -> None:
    with current_database().unit_of_work() as session:
        newcomer = make_staff(session, totp_secret=None, must_change_password=True, name="Nina Ny")
    with open_page(browser) as page:
        page.goto(f"{address}/staff/")
        page.get_by_label("E-mail").fill(newcomer.email)
        page.get_by_label("Adgangskode").fill("noget helt andet")
        press_enter(page)
        expect(page.get_by_role("alert")).to_contain_text("passer ikke")
        page.get_by_label("Adgangskode").fill(PASSWORD)
        press_enter(page)
        with page.expect_navigation():
            page.get_by_role("button", name="Vis koden til appen").click()
        secret = page.locator("ol code").inner_text().replace("-", "").replace(" ", "")
        page.get_by_label("Sekscifret kode").fill(pyotp.TOTP(secret).now())
        press_enter(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Skift adgangskode")
        page.get_by_label("Nuværende adgangskode").fill(PASSWORD)
        page.get_by_label("Ny adgangskode", exact=True).fill("helt mine egne ord her")
        page.get_by_label("Gentag den nye adgangskode").fill("helt mine egne ord her")
        press_enter(page)
        expect(page.get_by_role("status")).to_contain_text("Din adgangskode er ændret")
        page.goto(f"{address}/staff/")
        page.get_by_role("link", name="Lav gendannelseskoder").click()
        page.get_by_role("button", name="Lav nye koder").click()
        expect(page.locator("main li code")).to_have_count(8)
        page.get_by_role("button", name="Log ud").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Log ind")


def test_an_administrator_manages_accounts(
    browser: Browser, address: str, administrator: Staff
) -> None:
    with open_page(browser) as page:
        sign_in(page, address, administrator)
        page.goto(f"{address}/staff/accounts")
        page.get_by_role("link", name="Ny medarbejder").click()
        page.get_by_label("Navn", exact=True).fill("Ida Investigator")
        page.get_by_label("E-mail", exact=True).fill("ida@politi.test")
        page.get_by_text("Efterforsker", exact=True).click()
        page.get_by_text("Nordsjællands Politi").click()
        page.get_by_role("button", name="Opret medarbejder").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Ida Investigator")


def test_the_password_is_asked_for_again_in_between(
    browser: Browser, app: VarskoApp, address: str
) -> None:
    with current_database().unit_of_work() as session:
        administrator = make_staff(session, [Role.ADMINISTRATOR])
    with time_machine.travel(dt.datetime.now(dt.UTC)) as clock, open_page(browser) as page:
        sign_in(page, address, administrator)
        clock.shift(16 * 60)
        page.goto(f"{address}/staff/accounts/new")
        expect(page.get_by_role("heading", level=1)).to_have_text("Bekræft, at det er dig")
        page.get_by_label("Adgangskode").fill(PASSWORD)
        press_enter(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Ny medarbejder")
