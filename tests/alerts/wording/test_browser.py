"""The wording check in a real browser: it comes while typing, and leads to the words."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from database import current_database
from staff.permissions import Role
from tests.alerts.factories import NORTH, make_country, make_reader
from tests.alerts.test_browser import look
from tests.apps import close_app
from tests.browser import DESK, open_page, serve
from tests.settings import make_config
from tests.staff.factories import make_staff, sign_in
from wsgi import create_app

BODY = "Gerningsmanden, Jens Nielsen, løb fra Søvej i aftes. Ring til 20 30 40 50, hvis du så ham."

CHOSEN = """(() => {
    const field = document.activeElement;
    return field.value.slice(field.selectionStart, field.selectionEnd);
})()"""


def test_a_finding_comes_while_writing_and_leads_to_its_words(
    browser: Browser, sqlite_url: str
) -> None:
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
            page.get_by_label("Type").select_option("witness_appeal")
            page.get_by_label("Sagsnummer").fill("0900 10161 00018 24")
            page.get_by_label("Områder").fill("3400 Hillerød")
            page.get_by_label("Titel", exact=True).fill("Indbrud i Hillerød")
            page.get_by_label("Tekst", exact=True).fill(BODY)
            found = page.locator("#wording-da")
            expect(found).to_contain_text("»Jens Nielsen« ligner et navn på en person.")
            expect(found).to_contain_text("20 30 40 50 er ikke vores nummer.")
            found.get_by_role("link", name="Jens Nielsen").click()
            assert page.evaluate(CHOSEN) == "Jens Nielsen"
            look(page, "alerts-compose-findings")
            page.get_by_role("button", name="Gem og tjek").click()
            expect(page.get_by_role("heading", name="Værd at se på i teksten")).to_be_visible()
            look(page, "alerts-check-findings")
    close_app(app)
