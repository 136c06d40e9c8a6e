"""The whole road as people walk it: `python -m demo`, a browser, and nothing else.

A citizen signs up by SMS and another by the web form; an officer sends a witness appeal; a
phone answers; an investigator reads the tip; the officer closes and everyone hears of it.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from demo.people import PASSWORD
from tests.browser import DESK, PHONE, assert_accessible, assert_fits, open_page, screenshot

ROOT = Path(__file__).parents[1]
TITLE = "Vidner søges efter indbrud i Slotsgade"
CASE = "0900-10161-00018-24"
METTE = "Mette, Hillerød"


@dataclass(frozen=True)
class Demo:
    """Where the running demo is."""

    web: str
    simulator: str


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """What `make run` starts, on free ports, with a database of its own in the folder."""
    web, simulator = free_port(), free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "demo", "--port", str(web)),
            *("--simulator-port", str(simulator), "--folder", str(folder)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Ctrl-C" in line:
            break
    assert process.poll() is None, "the demo did not start"
    try:
        yield Demo(f"http://127.0.0.1:{web}", f"http://127.0.0.1:{simulator}")
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo for the walk."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def look(page: Page, name: str) -> None:
    """Whatever a person sees on the way is usable by all and fits the screen."""
    assert_accessible(page)
    assert_fits(page)
    screenshot(page, f"walk-{name}")


def phone(simulator: Page, name: str) -> Locator:
    """One phone on the simulator's page."""
    return simulator.locator("article").filter(has_text=name)


def write_sms(simulator: Page, name: str, text: str) -> None:
    """Type a message on a phone and send it."""
    card = phone(simulator, name)
    card.get_by_placeholder("Skriv en SMS").fill(text)
    card.get_by_role("button", name=re.compile("^Send")).click()


def sign_in(page: Page, demo: Demo, simulator: Page, login: str, name: str) -> None:
    """Password, then the one-time code that the simulator shows."""
    page.goto(f"{demo.web}/staff")
    page.get_by_label("E-mail").fill(f"{login}@varsko.test")
    page.get_by_label("Adgangskode", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Fortsæt").click()
    code = simulator.locator("li, div").filter(has_text=name).last.inner_text()
    digits = re.search(r"\d{3}\s?\d{3}", code)
    assert digits, code
    page.get_by_label(re.compile("kode", re.IGNORECASE)).first.fill(digits.group().replace(" ", ""))
    page.get_by_role("button").filter(has_text=re.compile("Log ind|Fortsæt|Bekræft")).first.click()
    expect(page.get_by_role("button", name="Log ud")).to_be_visible()


def test_the_whole_road(demo: Demo, browser: Browser) -> None:
    with (
        open_page(browser, DESK) as simulator,
        open_page(browser, PHONE, java_script_enabled=False) as citizen,
        open_page(browser, DESK) as officer,
        open_page(browser, DESK) as investigator,
    ):
        simulator.goto(demo.simulator)
        write_sms(simulator, METTE, "TRYK 3400")
        expect(phone(simulator, METTE)).to_contain_text("Du får nu varsler for 3400 Hillerød")
        sign_up_by_form(demo, citizen, simulator)

        sign_in(officer, demo, simulator, "betjent", "Bente Betjent")
        public_page = send_appeal(demo, officer)
        expect(phone(simulator, METTE)).to_contain_text("Slotsgade")
        expect(phone(simulator, "31 23 45 09")).to_contain_text("Slotsgade")
        screenshot(simulator, "walk-phones")

        write_sms(simulator, METTE, "Jeg så en hvid varevogn køre mod stationen kl. 2")
        expect(phone(simulator, METTE)).to_contain_text("Tak")
        give_tip_by_form(demo, citizen, public_page)

        sign_in(investigator, demo, simulator, "efterforsker", "Erik Efterforsker")
        read_tips(demo, investigator)

        close_alert(officer)
        expect(phone(simulator, METTE)).to_contain_text("varevognen er fundet")
        screenshot(simulator, "walk-closed")


def sign_up_by_form(demo: Demo, citizen: Page, simulator: Page) -> None:
    """A phone without JavaScript: front page, form, the code from the SMS, done."""
    citizen.goto(f"{demo.web}/")
    look_without_script(citizen)
    citizen.get_by_role("link", name="Tilmeld dig").first.click()
    citizen.get_by_role("textbox", name="Telefonnummer").fill("31 23 45 09")
    citizen.get_by_label("Postnummer, by eller kommune").fill("Hillerød Kommune")
    citizen.get_by_label("Ja, politiet må sende mig varsler").check()
    citizen.get_by_role("button", name="Tilmeld mig").click()
    card = phone(simulator, "31 23 45 09")
    expect(card).to_contain_text(re.compile(r"\d{6}"))
    said = re.search(r"\b\d{6}\b", card.inner_text())
    assert said, card.inner_text()
    citizen.get_by_label(re.compile("kode", re.IGNORECASE)).first.fill(said.group())
    citizen.get_by_role("button", name=re.compile("Bekræft")).first.click()
    expect(citizen.locator("main")).to_contain_text("Hillerød")
    screenshot(citizen, "walk-signed-up")
    assert citizen.context.cookies() == []


def look_without_script(page: Page) -> None:
    """axe-core cannot run in a page without JavaScript; its width can still be looked at."""
    screenshot(page, "walk-front-phone")


def send_appeal(demo: Demo, officer: Page) -> str:
    """Write a witness appeal, see who gets it, send it; gives its public address."""
    officer.goto(f"{demo.web}/staff/alerts/new")
    officer.get_by_label("Type").select_option(label="Vidner søges")
    officer.get_by_label("Sagsnummer").fill(CASE)
    officer.get_by_role("textbox", name="Områder").fill("3400 Hillerød")
    officer.get_by_role("textbox", name="Titel").first.fill(TITLE)
    officer.get_by_role("textbox", name="Tekst").first.fill("Natten til søndag. Så du en varevogn?")
    look(officer, "compose")
    officer.get_by_role("button", name="Gem og tjek").click()
    expect(officer.get_by_role("heading", level=1)).to_have_text("Tjek, før du sender")
    look(officer, "check")
    officer.get_by_label("Jeg har læst teksten og tjekket området").check()
    officer.get_by_role("button", name="Send nu").click()
    expect(officer.get_by_role("heading", level=1)).to_contain_text("Vidner søges")
    look(officer, "sending")
    return str(officer.get_by_role("link", name="Se den offentlige side").get_attribute("href"))


def give_tip_by_form(demo: Demo, citizen: Page, public_page: str) -> None:
    """The anonymous form on the alert's own page."""
    citizen.goto(demo.web + public_page)
    screenshot(citizen, "walk-public")
    citizen.get_by_role("link", name=re.compile("tip", re.IGNORECASE)).first.click()
    citizen.locator("textarea").first.fill("Der stod en varevogn ved banken hele aftenen.")
    screenshot(citizen, "walk-tip-form")
    citizen.get_by_role("button", name=re.compile("Send")).first.click()
    expect(citizen.get_by_role("heading", level=1)).to_contain_text("Tak")
    assert citizen.context.cookies() == []


def read_tips(demo: Demo, investigator: Page) -> None:
    """Both tips are on the case, and no sender is to be seen."""
    investigator.goto(f"{demo.web}/staff/cases")
    look(investigator, "cases")
    investigator.get_by_role("link", name=re.compile("Vidner søges|" + CASE)).first.click()
    inbox = investigator.locator("main")
    expect(inbox).to_contain_text("hvid varevogn køre mod stationen")
    expect(inbox).to_contain_text("ved banken hele aftenen")
    look(investigator, "inbox")
    investigator.get_by_role("link", name=re.compile("hvid varevogn")).first.click()
    expect(investigator.locator("main")).to_contain_text("kl. 2")
    look(investigator, "tip")
    assert "31 23 45 01" not in investigator.content()
    assert "31234501" not in investigator.content()


def close_alert(officer: Page) -> None:
    """Say how it ended."""
    officer.get_by_role("link", name="Afslut").click()
    officer.locator("textarea").first.fill("Tak for hjælpen: varevognen er fundet.")
    look(officer, "close")
    officer.get_by_role("button", name="Tjek teksten").click()
    officer.get_by_label("Jeg har læst teksten").check()
    officer.get_by_role("button", name="Afslut og send").click()
    expect(officer.locator("main")).to_contain_text("Afsluttet")
