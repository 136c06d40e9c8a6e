"""What can go wrong with cases, said so that staff can act on it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.problems.errors import NotFound, Problem


class CaseNotFound(NotFound):
    """There is no such case, or it belongs to other districts."""

    slug = "case-not-found"
    title = _l("Sagen findes ikke")


class CaseOfAnotherDistrict(Problem):
    """An alert refers to a case that none of its police districts has a part in."""

    status = 409
    slug = "case-of-another-district"
    title = _l("Sagen hører til en anden politikreds")
