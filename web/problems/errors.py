"""The base errors of the domain: every room's errors are subclasses of :class:`Problem`."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l


class Problem(Exception):
    """A request that cannot be carried out, worded so that the caller can act on it.

    ``title`` is short and always the same; ``detail`` says what was wrong, with what, and what
    to do; ``fields`` has messages per input field. ``way_on``: the path and the name of the page
    where it is done, if that isn't the front page.
    """

    status: int = 400
    slug: str = "bad-request"
    title: Any = _l("Det kan vi ikke gøre")
    way_on: tuple[str, Any] | None = None

    def __init__(
        self,
        detail: Any = "",
        *,
        fields: dict[str, list[str]] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(self.slug)
        self.detail = detail
        self.fields = fields or {}
        self.extra = extra

    def __str__(self) -> str:
        return str(self.detail) or str(self.title)


class Invalid(Problem):
    """The input does not validate."""

    status = 422
    slug = "invalid"
    title = _l("Ret det markerede, og prøv igen")


class NotFound(Problem):
    """It does not exist, or not for this caller."""

    status = 404
    slug = "not-found"
    title = _l("Siden findes ikke")


class Unavailable(Problem):
    """The database is not available at the moment."""

    status = 503
    slug = "unavailable"
    title = _l("Varsko er optaget lige nu")
