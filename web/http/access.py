"""Who may call a route. Every view declares its rule; otherwise the app refuses to start.

The rule is data on the view function. ``staff`` enforces the rules that name a permission;
``public`` and ``webhook`` are enforced nowhere, which is why they must be declared explicitly.
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
HIGH_VOLUME = "varsko_high_volume"
BODY_LIMIT = "varsko_body_limit"


class Open(StrEnum):
    """The rules of routes that need no staff account."""

    PUBLIC = "public"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class Signed:
    """The rule of a route for signed-in staff: the required permission (None: any staff)."""

    permission: str | None


Rule = Open | Signed


class UndeclaredRoute(RuntimeError):
    """A route does not declare who may call it."""


def declare(view: View, rule: Rule) -> View:
    """Attach a rule to a view."""
    setattr(view, RULE, rule)
    return view


def public(view: View) -> View:
    """Anybody may call this view."""
    return declare(view, Open.PUBLIC)


def webhook(view: View) -> View:
    """A provider calls this view and signs each request; the view checks the signature."""
    setattr(view, NO_AMBIENT_AUTHORITY, True)
    return declare(view, Open.WEBHOOK)


def signed_in(view: View) -> View:
    """Any member of staff may call the view, whatever their role."""
    return declare(view, Signed(None))


def no_ambient_authority(view: View) -> View:
    """This view reads no cookie, so a forged cross-site request gains nothing.

    Such views are exempt from the CSRF token, which itself would need a cookie.
    """
    setattr(view, NO_AMBIENT_AUTHORITY, True)
    return view


def high_volume(view: View) -> View:
    """This view gets millions of requests: no session is opened, and only failures are logged."""
    setattr(view, HIGH_VOLUME, True)
    return view


def is_high_volume(view: Callable[..., Any] | None) -> bool:
    """Whether a view is marked as getting millions of requests."""
    return getattr(view, HIGH_VOLUME, False)


def body_limit(limit: int) -> Callable[[View], View]:
    """Let this view accept bodies of up to ``limit`` bytes instead of ``bodies.DEFAULT_BODY``.

    A longer one is answered with 413 without being read.
    """

    def mark(view: View) -> View:
        setattr(view, BODY_LIMIT, limit)
        return view

    return mark


def body_limit_of(view: Callable[..., Any] | None) -> int | None:
    """The body limit that a view declares, in bytes, or None."""
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
