"""A place is found by keyboard: Enter takes it or goes to the choices, and never sends the form."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from areas.addresses.importing import import_addresses
from database import current_database
from staff.permissions import Role
from tests.alerts.factories import NORTH, make_country
from tests.apps import close_app
from tests.areas.addresses.factories import town, write_register
from tests.browser import DESK, browser, open_page, serve
from tests.settings import make_config
from tests.staff.factories import make_staff, sign_in
from wsgi import create_app

__all__ = ["browser"]


def test_enter_takes_what_is_certain_and_asks_about_the_rest(
    browser: Browser, sqlite_url: str, tmp_path: Path
) -> None:
    app = create_app(make_config(database_url=sqlite_url))
    with app.app_context(), serve(app) as url:
        with current_database().unit_of_work() as session:
            make_country(session)
            staff = make_staff(session, [Role.OFFICER], [NORTH])
        import_addresses(current_database(), write_register(tmp_path / "a.csv", town()))
        cookie = sign_in(app.test_client(), staff).get_cookie("varsko")
        assert cookie is not None
        with open_page(browser, DESK) as page:
            page.context.add_cookies([{"name": "varsko", "value": cookie.value, "url": url}])
            page.goto(f"{url}/staff/alerts/new")
            finder, areas = page.get_by_label("Find et sted"), page.get_by_label("Områder")
            # Faster than the answer comes.
            finder.press_sequentially("3480")
            finder.press("Enter")
            expect(areas).to_have_value("3480 Fredensborg")
            expect(finder).to_have_value("")
            expect(finder).to_be_focused()
            finder.press_sequentially("hillerød")
            finder.press("Enter")
            first = page.locator("#place-suggestions .place-button").first
            expect(first).to_be_focused()
            expect(areas).to_have_value("3480 Fredensborg")
            title = first.get_attribute("data-place")
            page.keyboard.press("Enter")
            expect(areas).to_have_value(f"3480 Fredensborg\n{title}")
            finder.press_sequentially("qqqq")
            finder.press("Enter")
            expect(page.get_by_text("Intet sted med det navn.")).to_be_visible()
            expect(finder).to_have_value("qqqq")
            assert page.url.endswith("/new")

            finder.fill("")
            areas.fill("")
            page.get_by_label("Et punkt og en radius").check()
            address = page.get_by_label(re.compile("^Adresse"))
            address.press_sequentially("slotsgade 16")
            address.press("Enter")
            expect(page.locator("#address-suggestions .place-button").first).to_be_focused()
            page.keyboard.press("Enter")
            expect(address).to_have_value("Slotsgade 16, 3400 Hillerød")
            assert page.url.endswith("/new")
    close_app(app)
