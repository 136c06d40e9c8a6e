"""Managing accounts. Every change here is recorded in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from audit import trail
from database import utcnow
from staff.actor import Actor
from staff.models import TEMPORARY_PASSWORD_LASTS, Staff, StaffDistrict, StaffRole
from staff.permissions import Role
from staff.sign_in.flask_security_setup import normalise_email
from staff.sign_in.passwords import hash_password, temporary_password
from staff.sign_in.second_factor import METHOD, OneUseTotp
from web.problems.errors import NotFound, Problem


class EmailTaken(Problem):
    """Another account already has this e-mail address."""

    status = 409
    slug = "email-taken"
    title = _l("E-mailen er i brug")

    def __init__(self) -> None:
        message = _l("Der er allerede en konto med den e-mail.")
        super().__init__(message, fields={"email": [message]})


class LastAdministrator(Problem):
    """Without this account nobody could manage accounts any more."""

    status = 409
    slug = "last-administrator"
    title = _l("Der skal være en administrator")


class OwnAccount(Problem):
    """Administrators cannot change their own roles or districts, nor lock themselves out."""

    status = 409
    slug = "own-account"
    title = _l("Det er din egen konto")


def create_staff(
    session: Session,
    *,
    email: str,
    name: str,
    password: str,
    roles: Iterable[Role],
    districts: Iterable[str] = (),
    totp_secret: str | None = None,
    must_change_password: bool = False,
    actor: Actor | None = None,
) -> Staff:
    """Create an account; raises :class:`EmailTaken`. Needs an app context.

    ``totp_secret`` (base32) sets up the second factor immediately, for demo accounts and tests;
    without it the person sets up an app at the first sign-in.
    """
    staff = Staff(
        email=normalise_email(email),
        name=name.strip(),
        password=hash_password(password),
        must_change_password=must_change_password,
        password_expires_at=utcnow() + TEMPORARY_PASSWORD_LASTS if must_change_password else None,
        roles=[StaffRole(role=role) for role in sorted(set(roles))],
        districts=[StaffDistrict(district_code=code) for code in sorted(set(districts))],
    )
    if totp_secret is not None:
        staff.tf_primary_method = METHOD
        staff.tf_totp_secret = _totp().seal(totp_secret)
    with _email_free(session):
        session.add(staff)
    trail.record(session, actor, "staff.created", "staff", staff.id, **_access_of(staff))
    return staff


def list_staff(session: Session) -> list[Staff]:
    """Every account that still names somebody, active ones first, sorted by name."""
    everybody = (
        select(Staff).where(Staff.anonymised_at.is_(None)).order_by(Staff.active.desc(), Staff.name)
    )
    return list(session.scalars(everybody.options(selectinload(Staff.failures))))


def get_staff(session: Session, staff_id: int) -> Staff:
    """The account with this id; raises :class:`web.problems.errors.NotFound`.

    One that names nobody any more is not found: it cannot be opened again.
    """
    staff = session.get(Staff, staff_id)
    if staff is None or staff.anonymised_at is not None:
        raise NotFound(_l("Kontoen findes ikke."))
    return staff


def find_staff(session: Session, email: str) -> Staff | None:
    """The account with this e-mail address, ignoring case, or None."""
    return session.scalar(select(Staff).where(Staff.email == normalise_email(email)))


def change_staff(
    session: Session,
    actor: Actor,
    staff: Staff,
    *,
    email: str,
    name: str,
    roles: Iterable[Role],
    districts: Iterable[str],
) -> None:
    """Change an account's details, roles and districts, with effect from their next request.

    Raises :class:`EmailTaken`, :class:`OwnAccount` if the actor would change their own roles or
    districts, :class:`LastAdministrator`.
    """
    wanted_roles, wanted_districts = frozenset(roles), frozenset(districts)
    before = _access_of(staff)
    if (wanted_roles, wanted_districts) != (staff.role_set, staff.district_codes):
        _refuse_own_account(actor, staff)
    if Role.ADMINISTRATOR in staff.role_set - wanted_roles:
        _keep_an_administrator(session, staff)
    with _email_free(session):
        staff.name = name.strip()
        staff.email = normalise_email(email)
        staff.roles = [
            *(granted for granted in staff.roles if granted.role in wanted_roles),
            *(StaffRole(role=role) for role in sorted(wanted_roles - staff.role_set)),
        ]
        staff.districts = [
            *(kept for kept in staff.districts if kept.district_code in wanted_districts),
            *(
                StaffDistrict(district_code=code)
                for code in sorted(wanted_districts - staff.district_codes)
            ),
        ]
    trail.record(
        session, actor, "staff.changed", "staff", staff.id, before=before, after=_access_of(staff)
    )


def deactivate_staff(session: Session, actor: Actor, staff: Staff) -> None:
    """Revoke access immediately and everywhere; the account stays for the audit trail."""
    _refuse_own_account(actor, staff)
    _keep_an_administrator(session, staff)
    staff.active, staff.deactivated_at = False, utcnow()
    staff.end_sessions()
    trail.record(session, actor, "staff.deactivated", "staff", staff.id)


def activate_staff(session: Session, actor: Actor, staff: Staff) -> str:
    """Reactivate an account; returns a temporary password that must be changed."""
    staff.active, staff.deactivated_at = True, None
    trail.record(session, actor, "staff.activated", "staff", staff.id)
    return reset_password(session, actor, staff)


def reset_password(session: Session, actor: Actor | None, staff: Staff) -> str:
    """Set and return a new temporary password; ends the person's sessions and any lock."""
    password = temporary_password()
    staff.password = hash_password(password)
    staff.must_change_password = True
    staff.password_expires_at = utcnow() + TEMPORARY_PASSWORD_LASTS
    staff.forget_failures()
    staff.end_sessions()
    trail.record(session, actor, "staff.password_reset", "staff", staff.id)
    return password


def reset_second_factor(session: Session, actor: Actor | None, staff: Staff) -> None:
    """Remove the authenticator app and recovery codes; a new app is set up at next sign-in."""
    staff.tf_primary_method = None
    staff.tf_totp_secret = None
    staff.totp_last_counter = None
    staff.mf_recovery_codes = None
    staff.end_sessions()
    trail.record(session, actor, "staff.second_factor_reset", "staff", staff.id)


def _totp() -> OneUseTotp:
    factory: OneUseTotp = current_app.extensions["security"].totp_factory
    return factory


@contextmanager
def _email_free(session: Session) -> Iterator[None]:
    """Flush the block's changes; if the address is taken, undo them and raise EmailTaken."""
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        raise EmailTaken() from error


def _access_of(staff: Staff) -> dict[str, list[str]]:
    return {
        "roles": sorted(role.value for role in staff.role_set),
        "districts": sorted(staff.district_codes),
    }


def _refuse_own_account(actor: Actor, staff: Staff) -> None:
    if actor.staff_id == staff.id:
        raise OwnAccount(_l("Bed en anden administrator om det."))


def _keep_an_administrator(session: Session, staff: Staff) -> None:
    """Raise :class:`LastAdministrator` if no other active account has the role."""
    others = (
        select(Staff.id)
        .join(StaffRole)
        .where(StaffRole.role == Role.ADMINISTRATOR, Staff.active, Staff.id != staff.id)
    )
    # Locked, so that two administrators cannot concurrently remove each other's role.
    if not session.scalars(others.with_for_update()).all():
        raise LastAdministrator(_l("Giv en anden rollen som administrator først."))
