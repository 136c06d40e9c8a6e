"""The preview stands beside the form while one types, and says when it isn't up to date."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, Route, expect

from database import current_database
from staff.permissions import Role
from tests.alerts.factories import NORTH, make_country, make_reader
from tests.alerts.test_browser import look
from tests.apps import close_app
from tests.browser import DESK, PHONE, browser, open_page, serve
from tests.settings import make_config
from tests.staff.factories import make_staff, sign_in
from wsgi import create_app

__all__ = ["browser"]

IN_VIEW = """element => {
    const box = element.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
}"""


def is_in_view(page: Page, selector: str) -> bool:
    """Whether something is seen whole without scrolling."""
    return bool(page.locator(selector).first.evaluate(IN_VIEW))


def test_the_preview_is_in_view_while_typing(browser: Browser, sqlite_url: str) -> None:
    app = create_app(make_config(database_url=sqlite_url))
    with app.app_context(), serve(app) as url:
        with current_database().unit_of_work() as session:
            country = make_country(session)
            make_reader(session, country.p3400)
            staff = make_staff(session, [Role.OFFICER], [NORTH])
        cookie = sign_in(app.test_client(), staff).get_cookie("varsko")
        assert cookie is not None
        with open_page(browser, DESK) as page:
            page.context.add_cookies([{"name": "varsko", "value": cookie.value, "url": url}])
            page.goto(f"{url}/staff/alerts/new")
            live = page.locator("#live")
            expect(page.get_by_role("button", name="Vis", exact=True)).to_be_hidden()
            expect(live).to_contain_text("når du skriver titel eller tekst")
            page.get_by_label("Type").select_option("witness_appeal")
            page.get_by_label("Sagsnummer").fill("0900 10161 00018 24")
            page.get_by_label("Find et sted").press_sequentially("hiller")
            page.get_by_role("button", name=re.compile("3400 Hillerød")).click()
            expect(live).to_contain_text("Nærmest, målt fra midten: 3480 Fredensborg")
            page.get_by_label("Titel", exact=True).fill("Indbrud på Søvej")
            body = page.get_by_label("Tekst", exact=True)
            body.press_sequentially("Så du en hvid varevogn?")
            expect(live).to_contain_text("Så du en hvid varevogn?")
            expect(page.locator("#live-state")).to_be_empty()
            expect(body).to_be_focused()
            for part in ("#live .bubble", "#live .live-mail", "#live .target-map"):
                assert is_in_view(page, part), part
            assert is_in_view(page, "#field-body_da")
            look(page, "alerts-compose-live")

            # What could not be fetched is not taken for what is sent.
            def fail(route: Route) -> None:
                route.fulfill(status=503, body="")

            page.route("**/staff/alerts/live", fail)
            body.press_sequentially(" Eller en rød?")
            expect(page.locator("#live-state")).to_have_text(re.compile("Ikke opdateret"))
            expect(live).not_to_contain_text("Eller en rød?")
            page.unroute("**/staff/alerts/live")
            body.press_sequentially(" Ja?")
            expect(live).to_contain_text("Eller en rød? Ja?")
            expect(page.locator("#live-state")).to_be_empty()
            page.set_viewport_size({"width": 820, "height": 1100})
            look(page, "alerts-compose-live-820")
        with open_page(browser, PHONE, java_script_enabled=False) as page:
            page.context.add_cookies([{"name": "varsko", "value": cookie.value, "url": url}])
            page.goto(f"{url}/staff/alerts/new")
            page.get_by_label("Titel", exact=True).fill("Uden JavaScript")
            page.get_by_role("button", name="Vis", exact=True).click()
            expect(page.locator("#live .bubble")).to_contain_text("Uden JavaScript")
            form, shown = (page.locator(one).bounding_box() for one in ("#compose", "#live"))
            assert form is not None
            assert shown is not None
            assert shown["y"] > form["y"] + form["height"]
    close_app(app)
