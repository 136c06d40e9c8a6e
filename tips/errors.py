"""What can go wrong with tips, said so that an investigator can act on it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.problems.errors import Invalid, NotFound


class TipNotFound(NotFound):
    """There is no such tip, or it belongs to other districts."""

    slug = "tip-not-found"
    title = _l("Tippet findes ikke")


class InvalidMove(Invalid):
    """A tip cannot be moved to the case that was named."""

    slug = "invalid-move"
    title = _l("Tippet kan ikke flyttes")
