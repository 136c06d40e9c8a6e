"""The errors of tips, worded so that an investigator can act on them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.problems.errors import Invalid, NotFound


class TipNotFound(NotFound):
    """The tip does not exist, or belongs to other districts."""

    slug = "tip-not-found"
    title = _l("Tippet findes ikke")


class InvalidMove(Invalid):
    """A tip cannot be moved to the given case."""

    slug = "invalid-move"
    title = _l("Tippet kan ikke flyttes")
