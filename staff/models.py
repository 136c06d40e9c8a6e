"""The tables of staff: accounts, their roles and districts."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from flask_security import UserMixin
from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from database import (
    Base,
    BigId,
    Domain,
    Sealed,
    SealedText,
    UtcDateTime,
    enum_column,
    utcnow,
)
from staff.origins import NETWORK, origin_of_attempt
from staff.permissions import Permission, Role, permissions_of

if TYPE_CHECKING:
    # Flask-Security declares its columns with plain types, which conflict with mapped columns.
    class Account:
        is_authenticated: bool

        def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None: ...

else:
    Account = UserMixin


log = structlog.get_logger(__name__)

FREE_ATTEMPTS = 5
"""Failed sign-ins in a row before an account is locked for a while, to where they came from."""
LONGEST_LOCK = timedelta(minutes=15)
"""Long enough to make guessing hopeless, short enough not to keep anybody from their work."""


COUNTED_FOR = timedelta(hours=6)
"""How long after the last failed sign-in from somewhere it is forgotten."""
ATTEMPTS_OF_STRANGERS = 200
"""Failed sign-ins from all networks together before only known devices may sign in."""
NOWHERE = "anonym.invalid"
"""The host in the addresses of accounts that name nobody: no mail can reach it."""
TEMPORARY_PASSWORD_LASTS = timedelta(days=3)


def lock_duration(failed_attempts: int) -> timedelta:
    """How long an account is locked: at first not at all, then 1, 2, 4, ... 15 minutes."""
    if failed_attempts < FREE_ATTEMPTS:
        return timedelta(0)
    doublings = min(failed_attempts - FREE_ATTEMPTS, 10)
    return min(timedelta(minutes=2**doublings), LONGEST_LOCK)


def new_uniquifier() -> str:
    """A random value that sessions are bound to; a new one ends every session immediately."""
    return secrets.token_hex(32)


class StaffRole(Base):
    """One role of one member of staff."""

    __tablename__ = "staff_role"

    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[Role] = mapped_column(enum_column(Role), primary_key=True)

    @property
    def name(self) -> str:
        """The role as Flask-Security reads it."""
        return self.role.value

    def get_permissions(self) -> set[str]:
        """Empty: permissions come from the table in permissions.py, not from the library."""
        return set()


class StaffDistrict(Base):
    """A police district, by code, that a member of staff works for."""

    __tablename__ = "staff_district"

    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True
    )
    district_code: Mapped[str] = mapped_column(String(16), primary_key=True)


class SignInFailures(Base):
    """Failed sign-ins in a row to one account from one device, network or open session."""

    __tablename__ = "sign_in_failures"

    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True
    )
    origin: Mapped[str] = mapped_column(String(40), primary_key=True)
    attempts: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def is_locked(self, now: datetime) -> bool:
        """Whether this origin is locked."""
        return self.locked_until is not None and self.locked_until > now

    def note(self, now: datetime) -> None:
        """Count one more."""
        self.attempts += 1
        self.last_at = now
        duration = lock_duration(self.attempts)
        if duration:
            self.locked_until = now + duration


class UnsentForm(Base):
    """What a member of staff has written in a form and not sent yet.

    ``written`` are the form's fields as JSON: [name, value] pairs. Done, it keeps only its id for
    some days, so that nothing is stored that comes late.
    """

    __tablename__ = "unsent_form"
    __table_args__ = (UniqueConstraint("staff_id", "form_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    form_id: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(120))
    """The path of the form's page."""
    written: Mapped[SealedText | None] = mapped_column(
        Sealed(Domain.SUBSCRIBERS, "unsent_form.written")
    )
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    is_done: Mapped[bool] = mapped_column(default=False)


class Staff(Base, Account):
    """An officer, investigator or administrator. Never deleted, only deactivated.

    Some time after that the account forgets who it was (:meth:`anonymise`).

    ``password`` (argon2id), ``active``, ``fs_uniquifier``, ``tf_*`` and ``mf_recovery_codes``
    have the names that Flask-Security requires.
    """

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    password: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(default=False)
    password_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """For a temporary password: until when it can be signed in with."""
    active: Mapped[bool] = mapped_column(default=True)
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when it has been closed."""
    anonymised_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when it names nobody any more, and cannot be opened again."""
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True, default=new_uniquifier)
    tf_primary_method: Mapped[str | None] = mapped_column(String(32))
    tf_totp_secret: Mapped[str | None] = mapped_column(Text)
    totp_last_counter: Mapped[int | None] = mapped_column(BigId)
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(JSON()))
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Until when devices that the account does not know are refused."""
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    roles: Mapped[list[StaffRole]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by=StaffRole.role
    )
    districts: Mapped[list[StaffDistrict]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by=StaffDistrict.district_code
    )

    failures: Mapped[list[SignInFailures]] = relationship(cascade="all, delete-orphan")

    @property
    def role_set(self) -> frozenset[Role]:
        """The roles as a set."""
        return frozenset(granted.role for granted in self.roles)

    @property
    def district_codes(self) -> frozenset[str]:
        """The codes of the police districts this person works for."""
        return frozenset(district.district_code for district in self.districts)

    @property
    def permissions(self) -> frozenset[Permission]:
        """Everything this person may do."""
        return permissions_of(self.role_set)

    @property
    def has_second_factor(self) -> bool:
        """Whether an authenticator app is set up and has been confirmed."""
        return bool(self.tf_primary_method and self.tf_totp_secret)

    def is_locked(self, form_error: list[str] | None = None) -> bool:
        """Whether attempts to sign in from where this request comes from are refused for now.

        Flask-Security calls this after checking the password, and the response is the same as to
        a wrong password: a lock does not reveal that the account exists. The account stays locked
        in the database until the request ends: attempts at the same moment are counted in turn.
        """
        self._wait_for_turn()
        origin = origin_of_attempt(self.id, self.password)
        now = utcnow()
        locked = any(row.is_locked(now) for row in self.failures if row.origin == origin)
        locked = locked or (origin.startswith(NETWORK) and self._is_closed(now))
        if locked and form_error is not None:
            form_error.append("")
        return locked

    def _wait_for_turn(self) -> None:
        """Lock the account's row, and read what attempts before this one have counted."""
        session = object_session(self)
        if session is not None:
            session.flush()
            session.refresh(self, ["locked_until", "failures"], with_for_update=True)

    def is_locked_somewhere(self) -> bool:
        """Whether attempts from any device or network are refused for now."""
        now = utcnow()
        return self._is_closed(now) or any(row.is_locked(now) for row in self.failures)

    def _is_closed(self, now: datetime) -> bool:
        """Whether the account is closed to devices that it does not know."""
        return self.locked_until is not None and self.locked_until > now

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:
        """Count a wrong password or code (called by Flask-Security); too many lock its origin.

        Nothing is counted while it is locked: even the right password is refused, so guessing
        gains nothing, and the owner is not locked out for longer. An account that is guessed at
        from very many networks is closed to all devices that it does not know.
        """
        if self.is_locked():
            return
        now = utcnow()
        self.failures[:] = [row for row in self.failures if row.last_at > now - COUNTED_FOR]
        origin = origin_of_attempt(self.id, self.password)
        failed = next((row for row in self.failures if row.origin == origin), None)
        if failed is None:
            failed = SignInFailures(origin=origin, attempts=0)
            self.failures.append(failed)
        failed.note(now)
        strange = [row for row in self.failures if row.origin.startswith(NETWORK)]
        if sum(row.attempts for row in strange) >= ATTEMPTS_OF_STRANGERS:
            self.locked_until = now + LONGEST_LOCK
            log.error("account_attacked", staff=self.id, networks=len(strange))
        super().track_failed_authn(auth_type, tfa)

    def note_sign_in(self) -> None:
        """Both factors were right: reset the count of failed attempts from here."""
        origin = origin_of_attempt(self.id, self.password)
        self.failures[:] = [row for row in self.failures if row.origin != origin]
        self.last_signed_in_at = utcnow()

    def forget_failures(self) -> None:
        """Lift every lock."""
        self.failures.clear()
        self.locked_until = None

    def anonymise(self) -> None:
        """Forget who this was. The number stays: what the account did still has one author."""
        self.name = f"Tidligere medarbejder {self.id}"
        self.email = f"{self.id}@{NOWHERE}"
        self.tf_primary_method = self.tf_totp_secret = self.totp_last_counter = None
        self.mf_recovery_codes = None
        self.last_signed_in_at = None
        self.roles.clear()
        self.districts.clear()
        self.forget_failures()
        self.end_sessions()
        self.anonymised_at = utcnow()

    def end_sessions(self) -> None:
        """Sign this person out everywhere, immediately."""
        self.fs_uniquifier = new_uniquifier()
