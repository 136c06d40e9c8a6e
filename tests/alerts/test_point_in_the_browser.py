"""An address sets the point of a circle in the browser, by pointer and by keyboard."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from areas.addresses.importing import import_addresses
from database import current_database
from staff.permissions import Role
from tests.alerts.factories import NORTH, make_country
from tests.alerts.test_browser import look
from tests.apps import close_app
from tests.areas.addresses.factories import town, write_register
from tests.browser import DESK, browser, open_page, serve
from tests.settings import make_config
from tests.staff.factories import make_staff, sign_in
from wsgi import create_app

__all__ = ["browser"]


def test_a_suggested_address_sets_the_point(
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
            page.get_by_label("Et punkt og en radius").check()
            page.get_by_label("Adresse").press_sequentially("slotsgade 16")
            offered = page.get_by_role("button", name=re.compile("Slotsgade 16"))
            expect(offered).to_have_count(2)
            look(page, "alerts-address-suggested")
            page.get_by_label("Adresse").press("Tab")
            page.keyboard.press("Enter")
            expect(page.get_by_label("Adresse")).to_have_value("Slotsgade 16, 3400 Hillerød")
            expect(page.get_by_label("Breddegrad")).to_have_value("55,9295")
            expect(page.get_by_label("Længdegrad")).to_have_value("12,3098")
            expect(page.get_by_role("textbox", name=re.compile("Radius"))).to_be_focused()
            expect(page.get_by_text("Punktet er sat ved Slotsgade 16")).to_be_visible()
            page.get_by_label("Breddegrad").fill("55,9")
            expect(page.get_by_label("Adresse")).to_have_value("")
    close_app(app)
