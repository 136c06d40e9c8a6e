"""Finding cases within the police districts that the actor works for."""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from cases.errors import CaseNotFound, SeveralCases
from cases.journal_prefixes import owner_of
from cases.models import Case, CaseAppeal, CaseDistrict
from staff.actor import Actor


def is_visible(actor: Actor) -> ColumnElement[bool]:
    """The condition on ``Case`` that one of its districts is the actor's, or that it has none."""
    has_districts = exists().where(CaseDistrict.case_id == Case.id)
    shared = exists().where(CaseDistrict.case_id == Case.id, CaseDistrict.code.in_(actor.districts))
    return or_(~has_districts, shared)


def find_case(session: Session, actor: Actor, case_id: int) -> Case:
    """One of the actor's cases; raises :class:`CaseNotFound`."""
    found = session.scalar(select(Case).where(Case.id == case_id, is_visible(actor)))
    if found is None:
        raise CaseNotFound(_("Der er ingen sådan sag i dine politikredse."))
    return found


def find_case_by_reference(session: Session, actor: Actor, reference: str) -> Case:
    """One of the actor's cases by its normalised reference.

    Raises :class:`CaseNotFound`, or :class:`SeveralCases` if two of the actor's districts each
    have one and the number's owner is unknown.
    """
    found = session.scalars(
        select(Case).where(Case.reference == reference, is_visible(actor)).order_by(Case.id)
    ).all()
    if not found:
        raise CaseNotFound(
            _("Sag %(reference)s findes ikke i dine politikredse.", reference=reference)
        )
    owner = owner_of(session, reference)
    owned = [case for case in found if owner in case.district_codes] or found
    if len(owned) > 1:
        raise SeveralCases(
            _(
                "To af dine politikredse har hver en sag med nummeret %(reference)s. "
                "Bed en administrator om at rette dem.",
                reference=reference,
            )
        )
    return owned[0]


def any_case(session: Session, case_id: int) -> Case:
    """A case in any district, for correcting cases; raises :class:`CaseNotFound`."""
    found = session.get(Case, case_id)
    if found is None:
        raise CaseNotFound(_("Der er ingen sag med det id."))
    return found


def case_of_appeal(session: Session, alert_code: str) -> Case | None:
    """The case that an alert appeals for information about, if any."""
    return session.scalar(select(Case).join(CaseAppeal).where(CaseAppeal.alert_code == alert_code))


def cases_of_appeals(session: Session, alert_codes: Collection[str]) -> dict[str, int]:
    """The case id of each of these alerts that has a case."""
    rows = session.execute(
        select(CaseAppeal.alert_code, CaseAppeal.case_id).where(
            CaseAppeal.alert_code.in_(alert_codes)
        )
    )
    return dict(rows.all())


def cases_with(session: Session, reference: str) -> list[Case]:
    """Every case with this reference, in any district, oldest first: usually just one."""
    query = select(Case).where(Case.reference == reference).order_by(Case.id)
    return list(session.scalars(query))
