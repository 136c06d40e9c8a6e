"""The page of phones and mailboxes, in a browser."""

from __future__ import annotations

import smtplib
from collections.abc import Callable

import pyotp
import pytest
import requests
from playwright.sync_api import Browser, expect
from twilio.rest import Client

from simulator import Simulator, SimulatorError
from simulator.pages.codes import one_time_codes
from tests.browser import DESK, PHONE, assert_accessible, assert_fits, open_page, screenshot
from tests.settings import SMS_NUMBER
from tests.simulator.conftest import StartSimulator, client_of
from tests.simulator.service import Service
from tests.simulator.test_mail import METTE as METTE_MAIL
from tests.simulator.test_mail import deliver, mail

METTE = "+4531234501"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WIDTHS = pytest.mark.parametrize("width", [PHONE, DESK])


@pytest.fixture
def town(start_simulator: StartSimulator, service: Service) -> Simulator:
    """A simulator in the middle of an evening: alerts, answers, trouble, mail."""
    service.reply("Du er tilmeldt 3400 Hillerød. Svar STOP for at afmelde dig.")
    simulator = start_simulator(
        inbound_url=f"{service.url}/inbound",
        mailboxes=("amira@example.dk",),
        authenticators=[("Betjent Lars Holm", SECRET), ("Efterforsker Sara Vind", SECRET[::-1])],
        service_url="http://varsko.test",
    )
    client = client_of(simulator)
    simulator.receive_sms(METTE, "TRYK 3400")
    for number in (METTE, "+4531234503", "+4531230003"):
        client.messages.create(
            to=number,
            from_=SMS_NUMBER,
            body="Politiet søger vidner til tyveri af en rød ladcykel ved Torvet i Hillerød "
            "lørdag kl. 21-23. Så du noget? Svar på denne SMS. https://varsko.example/varsel/K7MX",
        )
    service.answer = (403, "text/plain", "")
    simulator.receive_sms("+4531234503", "Jeg så to mænd med cyklen")
    unsubscribe = {
        "List_Unsubscribe": f"<{service.url}/afmeld/abc>",
        "List_Unsubscribe_Post": "List-Unsubscribe=One-Click",
    }
    deliver(simulator, METTE_MAIL, message=mail(**unsubscribe))
    deliver(simulator, METTE_MAIL, "jonas@example.dk", message=mail("Velkommen til Varsko"))
    return simulator


@WIDTHS
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("phones", ""),
        ("search", "?q=ladcykel"),
        ("phone", "phones/%2B4531234501"),
        ("mailboxes", "mailboxes"),
        ("mailbox", f"mailboxes/{METTE_MAIL}"),
        ("codes", "codes"),
    ],
)
def test_every_page_is_accessible_and_fits(
    town: Simulator, browser: Browser, width: int, name: str, path: str
) -> None:
    with open_page(browser, width) as page:
        page.goto(town.page_url + path)
        expect(page.locator("[data-live].on")).to_have_count(1)
        assert_accessible(page)
        assert_fits(page)
        screenshot(page, f"simulator-{name}")


def test_a_person_answers_as_a_phone_with_the_keyboard(
    town: Simulator, browser: Browser, service: Service
) -> None:
    service.reply("Tak for dit tip.")
    with open_page(browser) as page:
        page.goto(town.page_url)
        card = page.locator(f'[data-phone="{METTE}"]')
        card.get_by_label("Skriv som Mette, Hillerød").fill("Jeg så en mand ved kiosken")
        page.keyboard.press("Enter")
        expect(card.locator(".theirs").last).to_contain_text("Tak for dit tip.")
        expect(card.locator(".mine").last).to_contain_text("Jeg så en mand ved kiosken")
        card.get_by_role("button", name="STOP").press("Enter")
        expect(card.locator(".mine").last).to_contain_text("STOP")
    assert [post.params["Body"] for post in service.posts[-2:]] == [
        "Jeg så en mand ved kiosken",
        "STOP",
    ]


def test_a_new_message_and_a_new_phone_appear_by_themselves(
    town: Simulator, browser: Browser
) -> None:
    client = client_of(town)
    with open_page(browser) as page:
        page.goto(town.page_url)
        expect(page.locator("[data-live]")).to_have_text("med det samme")
        client.messages.create(to=METTE, from_=SMS_NUMBER, body="Vi har fundet cyklen.")
        client.messages.create(to="+4531999999", from_=SMS_NUMBER, body="Hej, nye telefon")
        mette = page.locator(f'[data-phone="{METTE}"]')
        expect(mette.locator(".theirs").last).to_contain_text("Vi har fundet cyklen.")
        new = page.locator('[data-phone="+4531999999"]')
        expect(new).to_contain_text("Hej, nye telefon")
        expect(page.locator('[data-total="accepted"]')).to_have_text("5")


def test_the_page_works_without_javascript(
    town: Simulator, browser: Browser, service: Service
) -> None:
    service.reply("Tak for dit tip.")
    with open_page(browser, java_script_enabled=False) as page:
        page.goto(town.page_url)
        page.get_by_label("Ny telefon: nummer").fill("12")
        page.get_by_role("button", name="Tilføj").click()
        expect(page.locator("#number-error")).to_contain_text("8 cifre")
        page.get_by_label("Ny telefon: nummer").fill("31 88 77 66")
        page.get_by_role("button", name="Tilføj").click()
        expect(page).to_have_url(f"{town.page_url}phones/%2B4531887766")
        page.get_by_placeholder("Skriv en SMS").fill("Hej")
        page.get_by_role("button", name="Send SMS").click()
        expect(page.locator(".theirs")).to_contain_text("Tak for dit tip.")


def test_phones_are_found_by_number_name_and_text(town: Simulator, browser: Browser) -> None:
    with open_page(browser) as page:
        for sought, count in [("3123 4503", 1), ("mette", 1), ("ladcykel", 3), ("findes ikke", 0)]:
            page.goto(town.page_url)
            page.get_by_label("Søg på nummer, navn eller tekst").fill(sought)
            page.keyboard.press("Enter")
            expect(page.locator("[data-phone]")).to_have_count(count)


def test_a_mail_is_read_its_links_followed_and_left_with_one_click(
    town: Simulator, browser: Browser, service: Service
) -> None:
    service.answer = (200, "text/html", "")
    with open_page(browser) as page:
        page.goto(f"{town.page_url}mailboxes/{METTE_MAIL}")
        page.get_by_role("link", name="Varsel: røg i Hillerød").click()
        link = page.get_by_role("region", name="Mailens tekst").get_by_role("link")
        expect(link).to_have_attribute("href", "https://varsko.example/varsel/AB12")
        expect(page.frame_locator("iframe.html").locator("b")).to_have_text("vinduer")
        page.get_by_role("button", name="Afmeld med ét klik").click()
        expect(page.get_by_role("status").last).to_have_text("Afmeldt (HTTP 200)")
    assert service.posts[-1].params == {"List-Unsubscribe": "One-Click"}
    assert service.posts[-1].url == f"{service.url}/afmeld/abc"


def test_a_mails_script_does_not_run(simulator: Simulator, browser: Browser) -> None:
    message = mail()
    message.clear_content()
    message.set_content("<p>Hej</p><script>top.document.title='taken'</script>", subtype="html")
    deliver(simulator, METTE_MAIL, message=message)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{simulator.page_url}mailboxes/{METTE_MAIL}")
    expect(page.frame_locator("iframe.html").locator("p")).to_have_text("Hej")
    assert page.title() == f"{METTE_MAIL} · Varskos simulator"
    context.close()


def test_the_codes_are_those_of_an_authenticator(town: Simulator, browser: Browser) -> None:
    with open_page(browser) as page:
        page.goto(f"{town.page_url}codes")
        shown = page.locator("[data-code]").first.inner_text().replace(" ", "")
        assert pyotp.TOTP(SECRET).verify(shown, valid_window=1)


def test_a_code_is_that_of_its_half_minute() -> None:
    first, last = (
        one_time_codes([("Lars", SECRET)], now)[0] for now in (1_700_000_010, 1_700_000_039)
    )
    assert first.code == last.code == pyotp.TOTP(SECRET).at(1_700_000_010)
    assert (first.seconds_left, last.seconds_left) == (30, 1)


def test_other_sites_can_neither_read_nor_write(town: Simulator) -> None:
    url = f"{town.page_url}phones/%2B4531234501/messages"
    origin = {"Origin": "https://evil.example"}
    assert requests.post(url, {"text": "STOP"}, headers=origin, timeout=60).status_code == 403
    host = {"Host": "evil.example"}
    assert requests.get(f"{town.page_url}codes.json", headers=host, timeout=60).status_code == 403


def test_pages_carry_a_strict_policy(town: Simulator) -> None:
    headers = requests.get(town.page_url, timeout=60).headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_texts_are_shown_as_text(simulator: Simulator, twilio: Client) -> None:
    twilio.messages.create(to=METTE, from_=SMS_NUMBER, body="<script>alert(1)</script> \"&'")
    page = requests.get(simulator.page_url, timeout=60).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("use", [lambda s: s.api_url, lambda s: s.receive_sms(METTE, "Hej")])
def test_a_simulator_that_does_not_run_says_so(use: Callable[[Simulator], object]) -> None:
    with pytest.raises(SimulatorError, match="not running"):
        use(Simulator())


def test_what_is_not_there_is_not_found(simulator: Simulator) -> None:
    for path in ("phones/12", "mailboxes/nobody@example.dk", "mails/x/html", "nothing"):
        assert requests.get(simulator.page_url + path, timeout=60).status_code == 404
    with smtplib.SMTP(simulator.smtp_host, simulator.smtp_port, timeout=60) as smtp:
        assert smtp.noop()[0] == 250
