"""Draws docs/varsko.png, the picture in README.md: `make picture`.

Walks the demo as `tests/test_walk.py` does, and puts a phone beside the case that its tip is on.
"""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import CHROMIUM, FLAGS, PHONE, open_page
from tests.test_walk import (
    METTE,
    ROOT,
    Demo,
    give_tip_by_form,
    phone,
    running_demo,
    send_appeal,
    sign_in,
    write_sms,
)

PICTURE = ROOT / "docs/varsko.png"
WIDTH, HEIGHT = 1600, 670
PAGE_WIDTH = 1040

LAYOUT = """<body style="margin:0; padding:32px; display:flex; gap:32px; background:#eceff1">
<img style="height:{height}px" src="data:image/png;base64,{phone}">
<img style="width:{width}px; height:{height}px; object-fit:cover; object-position:top"
  src="data:image/png;base64,{case}">
</body>"""


def draw(browser: Browser, demo: Demo) -> None:
    """The walk up to the two tips, and the picture of it."""
    with (
        open_page(browser, 1280) as simulator,
        open_page(browser, PHONE, java_script_enabled=False) as citizen,
        open_page(browser, 1280) as officer,
        open_page(browser, PAGE_WIDTH) as investigator,
        open_page(browser, WIDTH) as picture,
    ):
        simulator.goto(demo.simulator)
        write_sms(simulator, METTE, "TRYK 3400")
        expect(phone(simulator, METTE)).to_contain_text("Du får nu varsler for 3400 Hillerød")
        sign_in(officer, demo, simulator, "betjent", "Bente Betjent")
        public_page = send_appeal(demo, officer)
        expect(phone(simulator, METTE)).to_contain_text("Slotsgade")
        write_sms(simulator, METTE, "Jeg så en hvid varevogn køre mod stationen kl. 2")
        expect(phone(simulator, METTE)).to_contain_text("Tak")
        give_tip_by_form(demo, citizen, public_page)
        sign_in(investigator, demo, simulator, "efterforsker", "Erik Efterforsker")
        investigator.goto(f"{demo.web}/staff/cases/1")
        expect(investigator.locator("main")).to_contain_text("hvid varevogn")
        expect(phone(simulator, METTE)).to_contain_text("Leveret")
        shown = phone(simulator, METTE).screenshot()
        case = investigator.screenshot()
        picture.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        picture.set_content(
            LAYOUT.format(
                phone=base64.b64encode(shown).decode(),
                case=base64.b64encode(case).decode(),
                width=PAGE_WIDTH,
                height=HEIGHT - 64,
            )
        )
        picture.screenshot(path=PICTURE)


def main() -> None:
    """Start the demo and draw."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_demo(Path(folder)) as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        draw(browser, demo)
        browser.close()


if __name__ == "__main__":
    main()
