"""An approver reads on a phone: the way to the buttons is always in view, without scripts."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from alerts.approving.steps import submit_alert
from alerts.models import Severity
from database import current_database
from staff.actor import Actor
from staff.permissions import Role
from tests.alerts.factories import NORTH, make_country, make_draft, make_reader
from tests.apps import close_app
from tests.browser import (
    PHONE,
    assert_accessible,
    assert_fits,
    browser,
    open_page,
    screenshot,
    serve,
)
from tests.settings import make_config
from tests.staff.factories import make_staff, sign_in
from wsgi import create_app

__all__ = ["browser"]


def test_the_way_to_the_buttons_stays_in_view(browser: Browser, sqlite_url: str) -> None:
    app = create_app(make_config(database_url=sqlite_url))
    with app.app_context(), serve(app) as url:
        with current_database().unit_of_work() as session:
            country = make_country(session)
            make_reader(session, country.p3400)
            officer = Actor.of(make_staff(session, [Role.OFFICER], [NORTH]))
            alert = make_draft(session, country, officer, severity=Severity.EXTREME)
            submit_alert(session, officer, alert, "Haster")
            code = alert.code
            approver = make_staff(session, [Role.APPROVER], [NORTH])
        cookie = sign_in(app.test_client(), approver).get_cookie("varsko")
        assert cookie is not None
        with open_page(browser, PHONE) as page:
            page.context.add_cookies([{"name": "varsko", "value": cookie.value, "url": url}])
            page.goto(f"{url}/staff/alerts/{code}/preview")
            link = page.get_by_role("link", name="Gå til: Tag stilling")
            expect(link).to_be_in_viewport()
            page.mouse.wheel(0, 700)
            expect(link).to_be_in_viewport()
            assert_accessible(page)
            assert_fits(page)
            screenshot(page, "approver-phone")
            link.click()
            expect(page.get_by_role("heading", name="Tag stilling")).to_be_in_viewport()
            page.set_viewport_size({"width": 1280, "height": 900})
            expect(link).to_be_hidden()
    close_app(app)
