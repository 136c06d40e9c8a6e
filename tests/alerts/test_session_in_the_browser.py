"""Writing outlives the session, in Chromium: kept while written, a warning, signing in above it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from database import current_database
from staff.models import Staff
from staff.permissions import Role
from tests.alerts.factories import NORTH, make_country, make_reader
from tests.apps import close_app
from tests.browser import (
    DESK,
    PHONE,
    assert_accessible,
    assert_fits,
    browser,
    open_page,
    screenshot,
    serve,
)
from tests.settings import make_config
from tests.staff.factories import PASSWORD, code_now, forget_used_code, make_staff, sign_in
from wsgi import create_app

__all__ = ["browser"]


@contextmanager
def officer_at_work(
    browser: Browser, database_url: str, width: int = DESK, **settings: Any
) -> Iterator[tuple[Page, Staff, str]]:
    """A page on which an officer has just signed in, the officer, and the address of the desk."""
    app = create_app(make_config(database_url=database_url, **settings))
    with app.app_context(), serve(app) as url:
        with current_database().unit_of_work() as session:
            make_reader(session, make_country(session).p3400)
            staff: Staff = make_staff(session, [Role.OFFICER], [NORTH])
        cookie = sign_in(app.test_client(), staff).get_cookie("varsko")
        assert cookie is not None
        forget_used_code(staff)
        with open_page(browser, width) as page:
            page.context.add_cookies([{"name": "varsko", "value": cookie.value, "url": url}])
            yield page, staff, f"{url}/staff"
    close_app(app)


def write(page: Page) -> None:
    """Fill in a new alert."""
    page.get_by_label("Type").select_option("area_alert")
    page.get_by_label("Områder").fill("3400")
    page.get_by_label("Titel", exact=True).fill("Røg over byen")
    page.get_by_label("Tekst", exact=True).fill("Luk vinduer og døre.")


def sign_in_above(page: Page, staff: Staff) -> None:
    """Go through both steps of the dialog."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail").fill(staff.email)
    expect(dialog.get_by_role("heading")).to_have_count(1)
    assert_accessible(page)
    screenshot(page, "session-sign-in")
    dialog.get_by_label("Adgangskode").fill(PASSWORD)
    dialog.get_by_role("button", name="Fortsæt").click()
    dialog.get_by_label("Sekscifret kode").fill(code_now())
    expect(dialog.get_by_role("heading")).to_have_count(1)
    screenshot(page, "session-code")
    dialog.get_by_role("button", name="Log ind").click()
    expect(dialog).to_be_hidden()


def test_signing_in_above_the_page_goes_on_with_what_was_written(
    browser: Browser, sqlite_url: str
) -> None:
    with officer_at_work(browser, sqlite_url) as (page, staff, desk):
        page.goto(f"{desk}/alerts/new")
        write(page)
        page.context.clear_cookies()
        page.get_by_label("Tekst", exact=True).press("End")
        page.get_by_label("Tekst", exact=True).press_sequentially("!")
        sign_in_above(page, staff)
        expect(page.get_by_text("Kladde gemt")).to_be_visible()
        page.get_by_role("button", name="Gem og tjek").click()
        expect(page.get_by_role("heading", name="Tjek, før du sender")).to_be_visible()
        expect(page.get_by_text("Luk vinduer og døre.!").first).to_be_visible()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_what_was_written_is_there_after_a_crash(
    browser: Browser, sqlite_url: str, width: int
) -> None:
    with officer_at_work(browser, sqlite_url, width) as (page, _staff, desk):
        page.goto(f"{desk}/alerts/new")
        expect(page.locator("[data-kept-state]")).to_have_text("")
        write(page)
        expect(page.get_by_text("Kladde gemt")).to_be_visible()
        screenshot(page, "draft-kept")
        page.goto("about:blank")
        page.goto(f"{desk}/")
        assert_accessible(page)
        screenshot(page, "draft-offered-home")
        page.goto(f"{desk}/alerts/new")
        expect(page.get_by_label("Titel", exact=True)).to_have_value("")
        assert_accessible(page)
        assert_fits(page)
        screenshot(page, "draft-offered")
        page.get_by_role("link", name="Skriv videre på den").click()
        expect(page.get_by_label("Titel", exact=True)).to_have_value("Røg over byen")
        expect(page.get_by_label("Tekst", exact=True)).to_have_value("Luk vinduer og døre.")
        page.get_by_role("button", name="Gem og tjek").click()
        expect(page.get_by_role("heading", name="Tjek, før du sender")).to_be_visible()
        page.goto(f"{desk}/alerts/new")
        expect(page.get_by_text("Kladde gemt")).to_have_count(0)


def test_it_is_called_kept_only_when_it_was(browser: Browser, sqlite_url: str) -> None:
    with officer_at_work(browser, sqlite_url) as (page, _staff, desk):
        page.goto(f"{desk}/alerts/new")
        page.route("**/alerts/new", lambda route: route.fulfill(status=503, body=""))
        page.get_by_label("Titel", exact=True).fill("Røg")
        expect(page.get_by_text("Kladden er ikke gemt")).to_be_visible()
        page.unroute("**/alerts/new")
        page.get_by_label("Titel", exact=True).fill("Røg over byen")
        expect(page.get_by_text("Kladde gemt")).to_be_visible()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_warning_comes_before_the_session_ends(
    browser: Browser, sqlite_url: str, width: int
) -> None:
    with officer_at_work(browser, sqlite_url, width, session_idle_minutes=0.3) as (
        page, staff, desk,
    ):  # fmt: skip
        page.goto(f"{desk}/alerts/new")
        page.get_by_label("Titel", exact=True).fill("Røg over byen")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("heading", name="Du bliver snart logget ud")).to_be_visible()
        assert_accessible(page)
        screenshot(page, "session-warning")
        dialog.get_by_role("button", name="Bliv logget ind").click()
        expect(dialog).to_be_hidden()
        expect(page.get_by_label("Titel", exact=True)).to_have_value("Røg over byen")
        # It comes again; nobody answers, and the session ends.
        expect(dialog.get_by_role("heading", name="Du bliver snart logget ud")).to_be_visible()
        expect(dialog.get_by_role("heading", name="Log ind igen")).to_be_visible()
        sign_in_above(page, staff)
        expect(page.get_by_label("Titel", exact=True)).to_have_value("Røg over byen")


def test_a_colleague_who_signs_in_above_does_not_get_what_was_written(
    browser: Browser, sqlite_url: str
) -> None:
    with officer_at_work(browser, sqlite_url) as (page, _staff, desk):
        with current_database().unit_of_work() as session:
            colleague = make_staff(session, [Role.OFFICER], [NORTH], name="Karen Kollega")
        page.goto(f"{desk}/alerts/new")
        page.context.clear_cookies()
        page.get_by_label("Titel", exact=True).fill("Røg over byen")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("E-mail").fill(colleague.email)
        dialog.get_by_label("Adgangskode").fill(PASSWORD)
        dialog.get_by_role("button", name="Fortsæt").click()
        dialog.get_by_label("Sekscifret kode").fill(code_now())
        dialog.get_by_role("button", name="Log ind").click()
        expect(page.get_by_role("heading", name="Min profil")).to_be_visible()
        page.goto(f"{desk}/alerts/new")
        expect(page.get_by_text("Karen Kollega")).to_be_visible()
        expect(page.get_by_text("Røg over byen")).to_have_count(0)


@pytest.mark.parametrize("way", ["it is noticed", "the form is sent"])
def test_signing_in_in_another_tab_goes_on_here(
    browser: Browser, sqlite_url: str, way: str
) -> None:
    with officer_at_work(browser, sqlite_url) as (page, staff, desk):
        page.goto(f"{desk}/alerts/new")
        cookies = page.context.cookies()
        page.context.clear_cookies()
        page.get_by_label("Titel", exact=True).fill("Røg over byen")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("E-mail").fill(staff.email)
        dialog.get_by_label("Adgangskode").fill(PASSWORD)
        page.context.clear_cookies()
        page.context.add_cookies(
            [{"name": kept["name"], "value": kept["value"], "url": desk} for kept in cookies]
        )
        if way == "it is noticed":
            other = page.context.new_page()
            other.goto(f"{desk}/")
            other.close()
        else:
            dialog.get_by_role("button", name="Fortsæt").click()
        expect(dialog).to_be_hidden()
        page.get_by_label("Titel", exact=True).press_sequentially("!")
        expect(page.get_by_text("Kladde gemt")).to_be_visible()
