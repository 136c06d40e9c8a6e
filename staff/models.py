"""The tables of staff: accounts, their roles and districts."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask_security import UserMixin
from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from database import Base, BigId, UtcDateTime, enum_column, utcnow
from staff.permissions import Permission, Role, permissions_of

if TYPE_CHECKING:
    # Flask-Security declares its columns with plain types, which conflict with mapped columns.
    class Account:
        is_authenticated: bool

        def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None: ...

else:
    Account = UserMixin


FREE_ATTEMPTS = 5
"""Failed sign-ins in a row before an account locks itself for a while."""
LONGEST_LOCK = timedelta(minutes=15)
"""Long enough to make guessing hopeless, short enough not to keep anybody from their work."""


def lock_duration(failed_attempts: int) -> timedelta:
    """How long an account locks itself: at first not at all, then 1, 2, 4, ... 15 minutes."""
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


class Staff(Base, Account):
    """An officer, investigator or administrator. Never deleted, only deactivated.

    ``password`` (argon2id), ``active``, ``fs_uniquifier``, ``tf_*`` and ``mf_recovery_codes``
    have the names that Flask-Security requires.
    """

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    password: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True, default=new_uniquifier)
    tf_primary_method: Mapped[str | None] = mapped_column(String(32))
    tf_totp_secret: Mapped[str | None] = mapped_column(Text)
    totp_last_counter: Mapped[int | None] = mapped_column(BigId)
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(JSON()))
    failed_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    roles: Mapped[list[StaffRole]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by=StaffRole.role
    )
    districts: Mapped[list[StaffDistrict]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by=StaffDistrict.district_code
    )

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
        """Whether the account is locked after too many failed sign-ins.

        Flask-Security calls this after checking the password, and the response is the same as to
        a wrong password: a lock does not reveal that the account exists.
        """
        locked = self.locked_until is not None and self.locked_until > utcnow()
        if locked and form_error is not None:
            form_error.append("")
        return locked

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:
        """Count a wrong password or code (called by Flask-Security); too many lock the account.

        Nothing is counted while the account is locked: even the right password is refused, so
        guessing gains nothing, and the owner is not locked out for longer.
        """
        session = object_session(self)
        if session is not None:
            session.refresh(self, ["failed_attempts", "locked_until"], with_for_update=True)
        if self.is_locked():
            return
        self.failed_attempts += 1
        duration = lock_duration(self.failed_attempts)
        if duration:
            self.locked_until = utcnow() + duration
        super().track_failed_authn(auth_type, tfa)

    def note_sign_in(self) -> None:
        """Both factors were right: reset the count of failed attempts."""
        self.failed_attempts = 0
        self.locked_until = None
        self.last_signed_in_at = utcnow()

    def end_sessions(self) -> None:
        """Sign this person out everywhere, immediately."""
        self.fs_uniquifier = new_uniquifier()
