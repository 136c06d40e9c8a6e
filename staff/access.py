"""Rules for views that ask for staff, and the hook that enforces them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from staff.permissions import Permission
from web.access import Signed, declare

View = TypeVar("View", bound=Callable[..., Any])

FRESH = "varsko_fresh"


def requires(permission: Permission, *, fresh: bool = False) -> Callable[[View], View]:
    """Only staff with this permission may call the view.

    With ``fresh`` they must have given their password lately, and are asked for it if not.
    """

    def decorate(view: View) -> View:
        setattr(view, FRESH, fresh)
        return declare(view, Signed(permission))

    return decorate


def signed_in(view: View) -> View:
    """Any member of staff may call the view, whatever their role."""
    return declare(view, Signed(None))
