"""Headless Chromium for every room's tests: pages, axe-core, screenshots, a live server.

``VARSKO_SHOTS=<directory>`` keeps the screenshots that tests take.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

AXE = Path(__file__).resolve().parent / "vendor" / "axe.min.js"
CHROMIUM = os.environ.get("VARSKO_CHROMIUM") or shutil.which("chromium") or ""
PHONE = 390
DESK = 1280
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 120_000
"""Milliseconds that Playwright waits for what must come: a busy machine is no fault."""
expect.set_options(timeout=PATIENCE)
Result = TypeVar("Result")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module's tests.

    Not for the whole session: while Playwright's loop lives in this thread, no other test
    could use ``asyncio.run``. Inside a browser test, see :func:`beside`.
    """
    with launched() as chromium:
        yield chromium


@contextmanager
def launched(**options: Any) -> Iterator[Browser]:
    """A Chromium with Playwright's ``options``. Without it a test is skipped; in CI it fails."""
    if not CHROMIUM:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing, and CI must not skip")
        pytest.skip("Chromium is missing")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, **options)
        yield chromium
        chromium.close()


@contextmanager
def open_page(browser: Browser, width: int = DESK, **options: Any) -> Iterator[Page]:
    """A page of a fresh, cookie-less browser, ``width`` CSS pixels wide.

    Fails when a page logs an error or breaks its Content-Security-Policy; an answer of
    400 or more, which Chromium logs too, is no error here. ``options`` are Playwright's, such
    as ``java_script_enabled=False``.
    """
    height = 844 if width < 600 else 900
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    try:
        yield page
    finally:
        context.close()
    # An answer that was still awaited when the person went on to the next page (htmx names both).
    aborted = any(text.startswith("htmx:sendAbort") for text in complaints)
    harmless = ("htmx:sendAbort", "htmx:afterRequest") if aborted else ()
    real = [
        text
        for text in complaints
        if "the server responded with a status of" not in text
        # htmx's words for a session that has ended, and for a server that a test lets be away.
        and not text.startswith(
            (*(f"Response Status Error Code {code}" for code in (401, 503)), *harmless)
        )
    ]
    assert not real, f"the page complained: {real}"


def press_enter(page: Page) -> None:
    """Send the form one is in, and wait until the next page is there."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def beside(call: Callable[[], Result]) -> Result:
    """Make a call in a thread of its own: in this one, Playwright's event loop is running.

    For what uses ``asyncio.run``, such as carrying out batches, amid a browser test.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(call).result()


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """Run an app on a free port of this machine for the block; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="served-app", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def assert_accessible(page: Page) -> None:
    """No violation of WCAG 2.2 AA or axe-core's best practices on the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    # What passed is left behind in the browser: it is many times as long as the page itself.
    found = page.evaluate(
        """rules => axe.run(document, {
            runOnly: {type: 'tag', values: rules}, resultTypes: ['violations'],
        }).then(result => result.violations)""",
        RULES,
    )
    wrong = [
        f"{violation['id']}: {violation['help']}\n"
        + "\n".join(
            f"    {node['html'][:200]}\n      {node['failureSummary']}"
            for node in violation["nodes"][:5]
        )
        for violation in found
    ]
    assert not wrong, f"{page.url} at {page.viewport_size}:\n" + "\n".join(wrong)


def assert_fits(page: Page) -> None:
    """The page is not wider than its window: nobody has to scroll sideways."""
    wide = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width
                && document.body.scrollWidth <= width) return [];
            return [...document.querySelectorAll('body *')]
                .filter(element => element.getBoundingClientRect().right > width + 1)
                .slice(0, 5).map(element => element.outerHTML.slice(0, 120));
        }"""
    )
    assert not wide, f"{page.url} is wider than {page.viewport_size}: {wide}"


def screenshot(page: Page, name: str) -> None:
    """Keep a picture of the whole page as ``<VARSKO_SHOTS>/<name>-<width>.png``, if asked for."""
    directory = os.environ.get("VARSKO_SHOTS")
    if directory:
        Path(directory).mkdir(parents=True, exist_ok=True)
        size = page.viewport_size
        page.screenshot(
            path=Path(directory) / f"{name}-{size['width'] if size else 0}.png", full_page=True
        )
