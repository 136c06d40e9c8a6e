"""Writing and sending an alert in Chromium, with htmx's help; reading it without JavaScript."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from alerts.releasing.publishing import publish_alert
from database import current_database
from dispatch import Dispatcher, PauseReason, pause_broadcast
from dispatch.models import Broadcast, Channel, Tally
from staff.permissions import Role
from tests.alerts.factories import NORTH, make_country, make_draft, make_officer, make_reader
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
from tests.staff.factories import make_staff, sign_in
from wsgi import create_app

__all__ = ["browser"]

BODY = (
    "I nat mellem kl. 1 og 3 var der indbrud i flere huse på Søvej. "
    "Har du set en hvid varevogn, eller har dit kamera filmet vejen?"
)


def look(page: Page, name: str) -> None:
    """Check the page as it is now at both widths, and keep pictures of it."""
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 844})
        assert_accessible(page)
        assert_fits(page)
        screenshot(page, name)


def test_an_alert_from_the_empty_form_to_its_sending(browser: Browser, sqlite_url: str) -> None:
    app = create_app(make_config(database_url=sqlite_url))
    with app.app_context(), serve(app) as url:
        with current_database().unit_of_work() as session:
            country = make_country(session)
            for _ in range(7):
                make_reader(session, country.p3400)
            make_reader(session, country.p3400, "en")
            make_reader(session, country.p3480, channel=Channel.EMAIL)
            staff = make_staff(session, [Role.OFFICER], [NORTH], name="Freja Friis")
        client = sign_in(app.test_client(), staff)
        cookie = client.get_cookie("varsko")
        assert cookie is not None
        with open_page(browser, PHONE) as page:
            page.goto(f"{url}/")
            look(page, "alerts-front-empty")
            page.context.add_cookies([{"name": "varsko", "value": cookie.value, "url": url}])
            page.goto(f"{url}/staff/alerts")
            page.get_by_role("link", name="Skriv et varsel").click()
            page.get_by_label("Type").select_option("missing_person")
            expect(page.get_by_label("Alvorsgrad")).to_be_hidden()
            page.get_by_label("Type").select_option("witness_appeal")
            page.get_by_label("Sagsnummer").fill("0900 10161 00018 24")
            page.get_by_label("Alvorsgrad").select_option("severe")
            page.get_by_label("Find et sted").press_sequentially("hiller")
            page.get_by_role("button", name=re.compile("3400 Hillerød")).click()
            assert "3400 Hillerød" in page.get_by_label("Områder").input_value()
            page.get_by_label("Titel", exact=True).fill("Indbrud på Søvej")
            page.get_by_label("Tekst", exact=True).fill(BODY)
            page.get_by_text(re.compile("tegn i 2 dele")).wait_for()
            look(page, "alerts-compose-filled")
            page.get_by_role("button", name="Gem og tjek").click()
            page.get_by_label("Jeg har læst teksten").check()
            page.get_by_role("button", name="Send nu").click()
            page.get_by_text("Beskeder behandlet").wait_for()
            page.get_by_role("link", name="Send opdatering").click()
            page.get_by_label("Tekst", exact=True).fill("Bilen var grå, ikke hvid.")
            page.get_by_role("button", name="Tjek teksten").click()
            page.get_by_label("Jeg har læst teksten").check()
            look(page, "alerts-check-update")
            page.get_by_role("button", name="Send opdateringen").click()
            page.get_by_role("link", name="Stop udsendelsen").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Stop udsendelsen?")
    close_app(app)


def move(messages: int, to: str) -> None:
    """Count so many of the only broadcast's SMS as being somewhere else, as the ledger does."""
    with current_database().unit_of_work() as session:
        session.execute(
            update(Tally)
            .where(Tally.channel == Channel.SMS)
            .values({"queued": Tally.queued - messages, to: getattr(Tally, to) + messages})
        )


def test_a_sending_is_followed_held_and_resumed(browser: Browser, sqlite_url: str) -> None:
    app = create_app(make_config(database_url=sqlite_url, sms_segments_per_second=1))
    with app.app_context(), serve(app) as url:
        with current_database().unit_of_work() as session:
            country = make_country(session)
            for _ in range(8):
                make_reader(session, country.p3400)
            make_reader(session, country.p3400, channel=Channel.EMAIL)
            alert = make_draft(session, country, make_officer(session))
            publish_alert(session, make_officer(session), alert, "key-12345")
            staff = make_staff(session, [Role.OFFICER], [NORTH], name="Freja Friis")
        Dispatcher(app).tick()
        cookie = sign_in(app.test_client(), staff).get_cookie("varsko")
        assert cookie is not None
        with open_page(browser, DESK) as page:
            page.context.add_cookies([{"name": "varsko", "value": cookie.value, "url": url}])
            page.goto(f"{url}/staff/alerts/{alert.code}")
            bar, said = page.get_by_role("progressbar"), page.locator("#progress-said")
            expect(page.get_by_text("De sidste er afsendt omkring kl.")).to_be_visible()
            expect(said).to_be_empty()
            look(page, "alerts-sending")
            move(1, "sent")
            expect(bar).to_have_attribute("value", "1")
            expect(said).to_be_empty()
            move(3, "delivered")
            expect(bar).to_have_attribute("value", "4")
            expect(said).to_contain_text("er behandlet.")
            page.get_by_role("button", name="Sæt på pause").click()
            held = page.get_by_text("Freja Friis har sat udsendelsen på pause")
            expect(held).to_be_visible()
            expect(page.get_by_text("De sidste er afsendt")).to_have_count(0)
            look(page, "alerts-held")
            page.get_by_role("button", name="Genoptag udsendelsen").click()
            expect(page.get_by_role("button", name="Sæt på pause")).to_be_visible()
            # Somebody else, or the system, holds it: the page finds out by itself.
            with current_database().unit_of_work() as session:
                broadcast_id = session.scalars(select(Broadcast.id)).one()
                pause_broadcast(session, broadcast_id, PauseReason.configuration("twilio", "20003"))
            expect(page.get_by_role("button", name="Genoptag udsendelsen")).to_be_visible()
            expect(page.get_by_text("sms-leverandøren Twilio afviser os")).to_be_visible()
            look(page, "alerts-paused-by-itself")
    close_app(app)


def test_the_public_pages_work_without_javascript(browser: Browser, sqlite_url: str) -> None:
    app = create_app(make_config(database_url=sqlite_url))
    with app.app_context(), serve(app) as url:
        with current_database().unit_of_work() as session:
            country = make_country(session)
            make_reader(session, country.p3400)
            officer = make_officer(session)
            alert = make_draft(session, country, officer)
            publish_alert(session, officer, alert, "key-12345")
        with open_page(browser, PHONE, java_script_enabled=False) as page:
            page.goto(f"{url}/")
            page.get_by_role("link", name="Indbrud på Søvej").click()
            assert page.get_by_role("link", name="Giv et tip").get_attribute("href") == (
                f"/varsel/{alert.code}/tip"
            )
            assert page.context.cookies() == []
    close_app(app)
