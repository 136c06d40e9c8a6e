"""The errors of cases, worded so that staff can act on them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.problems.errors import Invalid, NotFound, Problem


class CaseNotFound(NotFound):
    """The case does not exist, or belongs to other districts."""

    slug = "case-not-found"
    title = _l("Sagen findes ikke")


class InvalidCorrection(Invalid):
    """The correction is not possible."""

    slug = "invalid-correction"
    title = _l("Sagen kan ikke rettes sådan")


class SeveralCases(Problem):
    """A reference matches several of the actor's cases."""

    status = 409
    slug = "several-cases"
    title = _l("Flere sager har samme nummer")


class CaseOfAnotherDistrict(Problem):
    """An alert refers to a case that is known to belong to another police district."""

    status = 409
    slug = "case-of-another-district"
    title = _l("Sagen hører til en anden politikreds")
