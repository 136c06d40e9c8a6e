"""What can go wrong with cases and tips, said so that an investigator can act on it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.errors import Invalid, NotFound, Problem


class CaseNotFound(NotFound):
    """There is no such case, or it belongs to other districts."""

    slug = "case-not-found"
    title = _l("Sagen findes ikke")


class TipNotFound(NotFound):
    """There is no such tip, or it belongs to other districts."""

    slug = "tip-not-found"
    title = _l("Tippet findes ikke")


class InvalidMove(Invalid):
    """A tip cannot be moved to the case that was named."""

    slug = "invalid-move"
    title = _l("Tippet kan ikke flyttes")


class CaseOfAnotherDistrict(Problem):
    """An alert refers to a case that none of its police districts has a part in."""

    status = 409
    slug = "case-of-another-district"
    title = _l("Sagen hører til en anden politikreds")
