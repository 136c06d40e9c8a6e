"""The menus of both layouts: rooms add pages, the layouts show those the viewer may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, g, request, url_for

PUBLIC = "public"
STAFF = "staff"
ABOUT = "about"
EXTENSION = "navigation"


@dataclass(frozen=True)
class Item:
    """A page in a menu. ``label`` is a lazy string; menus are sorted by ``order``."""

    endpoint: str
    label: Any
    permission: str | None = None
    order: int = 50


@dataclass(frozen=True)
class Link:
    """A menu item as the layout shows it."""

    url: str
    label: str
    current: bool


@dataclass(frozen=True)
class Viewer:
    """Who is signed in, as the staff layout shows it."""

    name: str
    role: str
    may: Callable[[str], bool]
    sign_out_url: str


@dataclass
class Menus:
    """The pages that rooms have added in this app."""

    items: dict[str, list[Item]] = field(default_factory=dict)
    find_viewer: Callable[[], Viewer | None] = lambda: None


def init_app(app: Flask) -> None:
    """Set up this app's menus and the template functions that the layouts use."""
    _menus(app)
    app.jinja_env.globals.update(menu=menu, viewer=viewer)


def add(
    app: Flask,
    section: str,
    endpoint: str,
    label: Any,
    permission: str | None = None,
    *,
    order: int = 50,
) -> None:
    """Add a page to the menu ``section`` (``public`` or ``staff``).

    ``permission`` hides it from staff without it; the route itself enforces it.
    """
    items = _menus(app).items.setdefault(section, [])
    items.append(Item(endpoint, label, permission, order))
    items.sort(key=lambda item: item.order)


def set_viewer(app: Flask, find_viewer: Callable[[], Viewer | None]) -> None:
    """Register how to find out who is signed in (called by ``staff``)."""
    _menus(app).find_viewer = find_viewer


def viewer() -> Viewer | None:
    """Who is signed in, looked up once per request."""
    if "varsko_viewer" not in g:
        g.varsko_viewer = _menus(current_app).find_viewer()
    found: Viewer | None = g.varsko_viewer
    return found


def menu(section: str) -> list[Link]:
    """The links of a menu for this viewer, the current one marked."""
    items = _menus(current_app).items.get(section, [])
    here = _best_match(items) if request else None
    return [
        Link(url_for(item.endpoint), str(item.label), item is here)
        for item in items
        if item.permission is None or _may(item.permission)
    ]


def _may(permission: str) -> bool:
    person = viewer()
    return person is not None and person.may(permission)


def _best_match(items: list[Item]) -> Item | None:
    """The item whose path is the longest prefix of this page's path, by whole segments."""
    here = request.path.rstrip("/") + "/"
    script_name = request.environ.get("SCRIPT_NAME", "")

    def length(item: Item) -> int:
        path = url_for(item.endpoint).removeprefix(script_name).rstrip("/") + "/"
        if path == "/":
            return 1 if here == "/" else 0
        return len(path) if here.startswith(path) else 0

    best = max(items, key=length, default=None)
    return best if best is not None and length(best) else None


def _menus(app: Flask) -> Menus:
    menus: Menus = app.extensions.setdefault(EXTENSION, Menus())
    return menus
