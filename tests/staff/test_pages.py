"""The pages of staff in a real browser: accessible, fitting, usable without a mouse."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pyotp
import pytest
import time_machine
from playwright.sync_api import Browser, Page, expect

from areas.models import Area, AreaKind
from database import current_database
from staff.models import Staff
from staff.permissions import Role
from tests.browser import (
    DESK,
    PHONE,
    assert_accessible,
    assert_fits,
    browser,
    open_page,
    press_enter,
    screenshot,
    serve,
)
from tests.staff.factories import PASSWORD, TOTP_SECRET, make_staff
from web.app import VarskoApp

__all__ = ["browser"]

pytestmark = pytest.mark.browser

DISTRICTS = [("0900", "Nordsjællands Politi"), ("1900", "Københavns Politi")]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What a page looks like is the same on either database."""
    return sqlite_url


@pytest.fixture
def address(app: VarskoApp) -> Iterator[str]:
    """The service, on a port of this machine."""
    with current_database().unit_of_work() as session:
        for code, name in DISTRICTS:
            session.add(Area(kind=AreaKind.POLICE_DISTRICT, code=code, name=name, source="tests"))
    with serve(app) as url:
        yield url


def look_at(page: Page, name: str) -> None:
    """The page as it is now is accessible and fits."""
    screenshot(page, f"staff-{name}")
    assert_fits(page)
    assert_accessible(page)


def sign_in(page: Page, address: str, staff: Staff) -> None:
    page.goto(f"{address}/staff/login")
    page.get_by_label("E-mail").fill(staff.email)
    page.get_by_label("Adgangskode").fill(PASSWORD)
    press_enter(page)
    page.get_by_label("Sekscifret kode").fill(pyotp.TOTP(TOTP_SECRET).now())
    press_enter(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hej")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_newcomer_gets_in(browser: Browser, app: VarskoApp, address: str, width: int) -> None:
    with current_database().unit_of_work() as session:
        newcomer = make_staff(session, totp_secret=None, must_change_password=True, name="Nina Ny")
    with open_page(browser, width) as page:
        page.goto(f"{address}/staff/")
        look_at(page, "login")
        page.get_by_label("E-mail").fill(newcomer.email)
        page.get_by_label("Adgangskode").fill("noget helt andet")
        press_enter(page)
        expect(page.get_by_role("alert")).to_contain_text("passer ikke")
        look_at(page, "login-error")
        page.get_by_label("Adgangskode").fill(PASSWORD)
        press_enter(page)
        look_at(page, "app")
        with page.expect_navigation():
            page.get_by_role("button", name="Vis koden til appen").click()
        look_at(page, "app-code")
        secret = page.locator("ol code").inner_text().replace("-", "").replace(" ", "")
        page.get_by_label("Sekscifret kode").fill(pyotp.TOTP(secret).now())
        press_enter(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Skift adgangskode")
        look_at(page, "password")
        page.get_by_label("Nuværende adgangskode").fill(PASSWORD)
        page.get_by_label("Ny adgangskode", exact=True).fill("helt mine egne ord her")
        page.get_by_label("Gentag den nye adgangskode").fill("helt mine egne ord her")
        press_enter(page)
        expect(page.get_by_role("status")).to_contain_text("Din adgangskode er ændret")
        look_at(page, "profile")
        page.goto(f"{address}/staff/")
        look_at(page, "home")
        page.get_by_role("link", name="Lav gendannelseskoder").click()
        page.get_by_role("button", name="Lav nye koder").click()
        expect(page.locator("main li code")).to_have_count(8)
        look_at(page, "recovery-codes")
        page.get_by_role("button", name="Log ud").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Log ind")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_an_administrator_manages_accounts(
    browser: Browser, address: str, administrator: Staff, officer: Staff, width: int
) -> None:
    with open_page(browser, width) as page:
        sign_in(page, address, administrator)
        page.goto(f"{address}/staff/accounts")
        look_at(page, "accounts")
        page.get_by_role("link", name="Ny medarbejder").click()
        page.get_by_role("button", name="Opret medarbejder").click()
        look_at(page, "account-errors")
        page.get_by_label("Navn", exact=True).fill("Ida Investigator")
        page.get_by_label("E-mail", exact=True).fill("ida@politi.test")
        page.get_by_text("Efterforsker", exact=True).click()
        page.get_by_text("Nordsjællands Politi").click()
        page.get_by_role("button", name="Opret medarbejder").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Ida Investigator")
        look_at(page, "temporary-password")
        page.goto(f"{address}/staff/accounts/{officer.id}")
        look_at(page, "account")
        page.goto(f"{address}/staff/audit")
        look_at(page, "audit")
        page.goto(f"{address}/en/staff/audit?action=staff")
        look_at(page, "audit-en")


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
        look_at(page, "verify")
        page.get_by_label("Adgangskode").fill(PASSWORD)
        press_enter(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Ny medarbejder")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_second_step_and_its_way_around(
    browser: Browser, address: str, officer: Staff, width: int
) -> None:
    with open_page(browser, width) as page:
        page.goto(f"{address}/staff/login")
        page.get_by_label("E-mail").fill(officer.email)
        page.get_by_label("Adgangskode").fill(PASSWORD)
        press_enter(page)
        look_at(page, "code")
        page.get_by_label("Sekscifret kode").fill("12345")
        press_enter(page)
        look_at(page, "code-error")
        page.get_by_role("link", name="Brug en gendannelseskode").click()
        look_at(page, "recovery")
