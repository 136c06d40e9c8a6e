"""What can be wrong with a place: unknown, ambiguous, or not a usable target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from areas.models import Area
from areas.titles import Reason
from web.problems.errors import Problem


class AreaNotFound(Problem):
    """No area has this code or name; ``suggestions`` are the nearest ones, best first.

    ``reasons``: by area, why it is suggested.
    """

    status = 404
    slug = "area-not-found"
    title = _l("Stedet findes ikke")

    def __init__(
        self,
        detail: Any = "",
        *,
        suggestions: Sequence[Area] = (),
        reasons: Mapping[int, Reason] | None = None,
    ) -> None:
        self.suggestions = list(suggestions)
        self.reasons = reasons or {}
        super().__init__(detail, suggestions=[_brief(area) for area in self.suggestions])


class AreaTooWide(AreaNotFound):
    """The place is known, and far wider than any area ("Jylland")."""


class AmbiguousArea(Problem):
    """Several areas are called this; ``candidates`` are the first few, ``total`` counts them.

    ``reasons``: by area, why it is a candidate.
    """

    status = 409
    slug = "area-ambiguous"
    title = _l("Der er flere steder med det navn")

    def __init__(
        self,
        detail: Any = "",
        *,
        candidates: Sequence[Area],
        total: int = 0,
        reasons: Mapping[int, Reason] | None = None,
    ) -> None:
        self.candidates = list(candidates)
        self.reasons = reasons or {}
        self.total = total or len(self.candidates)
        super().__init__(
            detail, candidates=[_brief(area) for area in self.candidates], total=self.total
        )


class TargetError(Problem):
    """The target of an alert cannot be used; the detail says what to do about it."""

    status = 422
    slug = "target-invalid"
    title = _l("Området kan ikke bruges")


def _brief(area: Area) -> dict[str, str]:
    return {
        "country": area.country,
        "kind": area.kind.value,
        "code": area.code,
        "name": area.name,
    }
