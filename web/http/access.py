"""Who may call a route. Every view declares its rule; the app refuses to start otherwise.

The rule is data on the view function. ``staff`` enforces the rules that name a permission;
``public`` and ``webhook`` are enforced by nobody, which is why they must be said aloud.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask

View = TypeVar("View", bound=Callable[..., Any])

RULE = "varsko_rule"
NO_AMBIENT_AUTHORITY = "varsko_no_ambient_authority"
BY_THE_MILLION = "varsko_by_the_million"
BODY_LIMIT = "varsko_body_limit"


class Open(StrEnum):
    """The rules of routes that ask for no staff account."""

    PUBLIC = "public"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class Signed:
    """The rule of a route for signed-in staff: the permission that it takes (None: any staff)."""

    permission: str | None


Rule = Open | Signed


class UndeclaredRoute(RuntimeError):
    """A route says nothing about who may call it."""


def declare(view: View, rule: Rule) -> View:
    """Put a rule on a view."""
    setattr(view, RULE, rule)
    return view


def public(view: View) -> View:
    """Anybody may call this view."""
    return declare(view, Open.PUBLIC)


def webhook(view: View) -> View:
    """A provider calls this view and signs each request; the view checks the signature."""
    setattr(view, NO_AMBIENT_AUTHORITY, True)
    return declare(view, Open.WEBHOOK)


def no_ambient_authority(view: View) -> View:
    """This view reads no cookie, so that a forged cross-site request gains nothing by it.

    Such views are exempt from the CSRF token, which itself would need a cookie.
    """
    setattr(view, NO_AMBIENT_AUTHORITY, True)
    return view


def by_the_million(view: View) -> View:
    """Calls of this view come by the million: none has a session, or a line in the log unless it
    fails."""
    setattr(view, BY_THE_MILLION, True)
    return view


def comes_by_the_million(view: Callable[..., Any] | None) -> bool:
    """Whether a view is called that often."""
    return getattr(view, BY_THE_MILLION, False)


def body_limit(limit: int) -> Callable[[View], View]:
    """This view takes bodies of up to ``limit`` bytes, where ``bodies.DEFAULT_BODY`` is too few.

    A longer one is answered with 413 and not read.
    """

    def mark(view: View) -> View:
        setattr(view, BODY_LIMIT, limit)
        return view

    return mark


def body_limit_of(view: Callable[..., Any] | None) -> int | None:
    """The bytes that a view says it takes, or None."""
    limit: int | None = getattr(view, BODY_LIMIT, None)
    return limit


def rule_of(view: Callable[..., Any] | None) -> Rule | None:
    """The rule a view declares, or None."""
    rule: Rule | None = getattr(view, RULE, None)
    return rule


def assert_rules_declared(app: Flask) -> None:
    """Raise :class:`UndeclaredRoute` naming every route without a rule."""
    bare = sorted(
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if rule_of(app.view_functions[rule.endpoint]) is None
    )
    if bare:
        raise UndeclaredRoute("these routes declare no access rule: " + ", ".join(bare))
