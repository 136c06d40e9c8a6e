"""Every page, as everybody who comes there sees it: accessible, fitting, quiet, in one language.

The addresses stand in ``tests/visits.py``. A page that is missing there fails the facts below.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response

from simulator import Simulator
from tests.browser import DESK, PHONE, assert_accessible, assert_fits, browser, screenshot
from tests.visits import AWAY, BROKEN, CITIZEN, NO_FORMS, NO_PAGES, NOBODY, PAGES, VISITS, Visit
from tests.world import World, make_world
from web.problems.responses import MACHINE_PATHS

__all__ = ["browser"]

HEIGHTS = {PHONE: 844, DESK: 900}
FOREIGN = {
    # Words that are none in the other language, nor a part of a name.
    "da": r"and|the|your|please|must|invalid|required|this|with|choose|password|error",
    "en": r"og|ikke|det|der|til|du|din|dit|vi|på|eller|som|har|af|skal|hvis|ved|jeg|når|efter"
    r"|hvad|hvor|ingen|kan ikke|sag|sagen|tilbage|vælg|skriv|varsel|varsler|sendes|gem|søg",
}
NO_WORDS = re.compile(r"[\w-]+ og [\w -]+ Politi\b|https?://\S+")
"""Names of police districts and addresses: the same in both languages."""
WORDS_IN = """language => {
    const found = [];
    const heading = document.querySelector('h1 [lang], h1[lang]');
    const ours = element => {
        // A title can't be marked: it is in the language of the heading.
        const marked = element.tagName === 'TITLE' && heading || element.closest('[lang]');
        return !marked || marked.lang === language;
    };
    const shown = NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT;
    const walker = document.createTreeWalker(document, shown);
    for (let node; (node = walker.nextNode());) {
        if (node.nodeType === Node.TEXT_NODE) {
            const holder = node.parentElement;
            if (!holder.closest('script, style, textarea, code, noscript') && ours(holder))
                found.push(node.textContent.trim());
        } else if (ours(node)) {
            for (const name of ['aria-label', 'placeholder', 'alt', 'title'])
                if (node.hasAttribute(name)) found.push(node.getAttribute(name));
        }
    }
    return found.filter(text => text);
}"""
SEND = """([action, typed]) => {
    const goes = where => new URL(where).pathname === action;
    const form = [...document.forms].find(
        form => form.method === 'post' && !form.elements.only_delete
            && (goes(form.action)
                || [...form.elements].some(one =>
                    one.hasAttribute('formaction') && goes(one.formAction))));
    if (!form) throw new Error(`no form goes to ${action}`);
    if (!goes(form.action)) form.action = action;
    for (const [name, value] of Object.entries(typed)) {
        let field = form.elements[name];
        if (!field || field.tagName === 'BUTTON')
            field = form.appendChild(Object.assign(document.createElement('input'), {name}));
        const boxes = field instanceof RadioNodeList ? [...field]
            : ['checkbox', 'radio'].includes(field.type) ? [field] : [];
        if (boxes.length) boxes.forEach(box => { box.checked = box.value === value; });
        else field.value = value;
    }
    form.submit();
}"""


@pytest.fixture(scope="module")
def world(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, simulator_server: Simulator
) -> Iterator[World]:
    """One world for all visits: none of them needs what another one changes."""
    path = tmp_path_factory.mktemp("world") / "varsko.db"
    shutil.copy(sqlite_template, path)
    simulator_server.reset()
    with make_world(f"sqlite:///{path}", simulator_server) as made:
        yield made


@dataclass
class Visitors:
    """A page for each person, kept signed in."""

    world: World
    browser: Browser
    stack: ExitStack
    pages: dict[str, Page] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def page_of(self, who: str) -> Page:
        """The page of this person, who signs in when first asked for."""
        if who not in self.pages:
            context = self.browser.new_context()
            self.stack.callback(context.close)
            if who not in (CITIZEN, NOBODY):
                cookie = {"name": "varsko", "value": self.world.sign_in(who), "url": self.world.url}
                context.add_cookies([cookie])  # type: ignore[list-item]
            page = context.new_page()
            page.on("pageerror", lambda error: self.complaints.append(str(error)))
            page.on("console", lambda said: self._note(said.type, said.text))
            page.on("response", self._note_missing)
            self.pages[who] = page
        self.complaints.clear()
        return self.pages[who]

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and "responded with a status of" not in text:
            self.complaints.append(text)

    def _note_missing(self, answer: Response) -> None:
        if answer.status >= 400 and not answer.request.is_navigation_request():
            self.complaints.append(f"{answer.status} {answer.url}")


@pytest.fixture(scope="module")
def visitors(world: World, browser: Browser) -> Iterator[Visitors]:
    """Everybody who visits."""
    with ExitStack() as stack:
        yield Visitors(world, browser, stack)


def pay(visit: Visit, page: Page, world: World, language: str) -> None:
    """Open the page and, if the visit is about a form, send it."""
    prefix = "" if language == "da" else f"/{language}"
    address = world.url + prefix + world.fill_in(visit.address, language)
    answer = page.goto(address)
    assert answer is not None
    assert urlsplit(page.url).path == urlsplit(address).path, "sent elsewhere"
    if visit.action:
        action = prefix + world.fill_in(visit.action, language)
        with page.expect_navigation() as navigation:
            page.evaluate(SEND, [action, visit.typed])
        answer = navigation.value
    assert answer.status == visit.status, f"{page.url}: {answer.status}"


def assert_speaks(page: Page, language: str) -> None:
    """Nothing on the page is in the other language, but for what says that it is."""
    assert page.locator("html").get_attribute("lang") == language
    wrong = [
        text
        for text in page.evaluate(WORDS_IN, language)
        if re.search(rf"\b({FOREIGN[language]})\b", NO_WORDS.sub("", text), re.IGNORECASE)
    ]
    assert not wrong, f"{page.url} says {wrong}"


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("name", VISITS)
def test_page(visitors: Visitors, name: str, language: str) -> None:
    visit = VISITS[name]
    page = visitors.page_of(visit.who)
    widths = (DESK, PHONE) if language == "da" else (PHONE,)
    page.set_viewport_size({"width": widths[0], "height": HEIGHTS[widths[0]]})
    pay(visit, page, visitors.world, language)
    for width in widths:
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        screenshot(page, f"every-{name}-{language}")
        assert_fits(page)
        # A form shown again is the same page in either language: axe-core takes its time.
        if language == "da" or name in PAGES:
            assert_accessible(page)
    assert_speaks(page, language)
    is_wrong = visit.status >= 400 or page.locator("#error-summary").count() > 0
    assert page.title().startswith(("Fejl: ", "Error: ")) is is_wrong
    if name.endswith(("-empty", "-wrong")):
        assert page.locator("#error-summary").is_visible()
    if visit.who == CITIZEN:
        assert page.context.cookies() == []
    assert not visitors.complaints


def endpoints(world: World, addresses: set[str], method: str) -> set[str]:
    """The routes that answer at these addresses."""
    routes = world.app.url_map.bind("varsko.test")
    paths = (world.fill_in(address).partition("?")[0] for address in addresses)
    return {str(routes.match(path, method)[0]) for path in paths}


def routes_for_people(world: World, method: str) -> set[str]:
    """Every route with this method that programs have no use for."""
    return {
        rule.endpoint
        for rule in world.app.url_map.iter_rules()
        if method in (rule.methods or ()) and not rule.rule.startswith(MACHINE_PATHS)
    }


def test_every_route_to_a_page_is_visited(world: World) -> None:
    seen = {visit.address for visit in VISITS.values() if visit.status == 200 or visit.action}
    shown = endpoints(world, seen | {BROKEN, AWAY}, "GET")
    assert routes_for_people(world, "GET") - set(NO_PAGES) == shown


def test_every_form_is_sent(world: World) -> None:
    sent = endpoints(world, {visit.action for visit in VISITS.values() if visit.action}, "POST")
    assert routes_for_people(world, "POST") - set(NO_FORMS) == sent - set(NO_FORMS)


KEYBOARD = """() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    return {
        name: element.name || '',
        inside: !!element.closest('main form'),
        past: !!element.closest('footer') || element === document.body,
        // A part of a field, such as the button that opens a calendar, is the browser's to mark.
        outlined: !element.matches(':focus')
            || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    };
}"""
FIELDS = """() => [...new Set([...document.querySelectorAll('main form [name]')]
    .filter(field => field.checkVisibility() && field.type !== 'hidden' && field.tabIndex >= 0)
    .map(field => field.name))].sort()"""


@pytest.mark.parametrize("name", ["sign-up", "tip", "compose", "account-new"])
def test_every_field_is_reached_and_seen_by_tab(visitors: Visitors, name: str) -> None:
    visit = PAGES[name]
    page = visitors.page_of(visit.who)
    page.set_viewport_size({"width": DESK, "height": HEIGHTS[DESK]})
    pay(visit, page, visitors.world, "da")
    page.evaluate("document.querySelectorAll('details').forEach(more => { more.open = true; })")
    wanted = page.evaluate(FIELDS)
    assert len(wanted) > 2
    page.locator("#main-content").focus()
    reached, faint = set(), []
    for _press in range(60):
        page.keyboard.press("Tab")
        now = page.evaluate(KEYBOARD)
        if now["inside"] and not now["outlined"]:
            faint.append(now)
        reached.add(now["name"])
        if now["past"]:
            break
    assert sorted(reached & set(wanted)) == wanted
    assert faint == []
