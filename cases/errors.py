"""What can go wrong with cases, said so that staff can act on it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.problems.errors import Invalid, NotFound, Problem


class CaseNotFound(NotFound):
    """There is no such case, or it belongs to other districts."""

    slug = "case-not-found"
    title = _l("Sagen findes ikke")


class InvalidCorrection(Invalid):
    """A case cannot be corrected like this."""

    slug = "invalid-correction"
    title = _l("Sagen kan ikke rettes sådan")


class SeveralCases(Problem):
    """A reference names several of the actor's cases."""

    status = 409
    slug = "several-cases"
    title = _l("Flere sager har samme nummer")


class CaseOfAnotherDistrict(Problem):
    """An alert refers to a case that is known to be another police district's."""

    status = 409
    slug = "case-of-another-district"
    title = _l("Sagen hører til en anden politikreds")
