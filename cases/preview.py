"""Previews what publishing an appeal would do to its case, before anything is sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from cases.errors import CaseOfAnotherDistrict
from cases.hooks import count_tips
from cases.journal_prefixes import district_names, owner_of
from cases.lookup import cases_with
from cases.models import CaseStatus
from cases.opening import case_of_districts, joining_districts, require_own_number
from cases.references import prefix_of
from staff.actor import Actor


@dataclass(frozen=True)
class CasePreview:
    """The case that an appeal would belong to; districts by name.

    ``title``, ``status`` and ``tips`` are None for a new case, and for one that does not belong
    to any of the reader's districts. ``owner`` is the district that owns the number, if known.
    """

    reference: str
    is_new: bool
    districts: Sequence[str]
    title: str | None = None
    status: CaseStatus | None = None
    tips: int | None = None
    owner: str | None = None
    warnings: Sequence[str] = ()
    problems: Sequence[str] = ()

    @property
    def description(self) -> str:
        """The case in one line, shown after its title."""
        if self.is_new:
            return str(_("Ny sag"))
        parts = []
        if self.tips is not None:
            parts.append(ngettext("%(num)s tip", "%(num)s tips", self.tips))
        parts += self.districts
        if self.status is CaseStatus.CLOSED:
            parts.append(_("lukket, åbnes igen"))
        return ", ".join(map(str, parts))


def preview_case(
    session: Session, actor: Actor, reference: str, districts: Collection[str]
) -> CasePreview:
    """Preview what :func:`cases.opening.open_case` would do, as far as the actor may know."""
    owner = owner_of(session, reference)
    warnings = []
    if owner is not None and owner not in districts:
        warnings.append(
            _("Sagsnumre, der begynder med %(prefix)s, hører til %(district)s. Tjek nummeret.",
              prefix=prefix_of(reference), district=_names(session, [owner]))
        )  # fmt: skip
    case = case_of_districts(session, reference, districts)
    elsewhere = {
        code
        for other in cases_with(session, reference)
        if other is not case
        for code in other.district_codes
    }
    owner_name = _names(session, [owner]) if owner is not None else None
    if case is None:
        problems = _problems(session, reference, districts)
        if elsewhere and not problems:
            warnings.append(
                _("%(district)s har en sag med det nummer. Varslet får sin egen sag, og de andres "
                  "tips bliver, hvor de er. Tjek nummeret.", district=_names(session, elsewhere))
            )  # fmt: skip
        return CasePreview(
            reference, True, district_names(session, districts),
            owner=owner_name, warnings=warnings, problems=problems,
        )  # fmt: skip
    new = joining_districts(session, case, districts)
    if new:
        warnings.append(
            _("Efterforskere i %(district)s kan læse sagens tips, når varslet er sendt.",
              district=_names(session, new))
        )  # fmt: skip
    may_see = actor.overlaps(case.district_codes)
    return CasePreview(
        reference=reference,
        is_new=False,
        districts=district_names(session, case.district_codes),
        title=case.title if may_see else None,
        status=case.status if may_see else None,
        tips=count_tips(session, case.id) if may_see else None,
        owner=owner_name,
        warnings=warnings,
    )


def _problems(session: Session, reference: str, districts: Collection[str]) -> list[str]:
    try:
        require_own_number(session, reference, districts)
    except CaseOfAnotherDistrict as error:
        return [str(error.detail)]
    return []


def _names(session: Session, codes: Collection[str]) -> str:
    return ", ".join(district_names(session, codes))
