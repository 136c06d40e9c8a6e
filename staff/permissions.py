"""Which role may do what: the one table that every rule in Varsko is based on.

To add a role, add a member and its row here, and its name to the English catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class Role(StrEnum):
    """The role of a member of staff; one person can have several."""

    OFFICER = "officer"
    APPROVER = "approver"
    INVESTIGATOR = "investigator"
    ADMINISTRATOR = "administrator"

    @property
    def row(self) -> RoleRow:
        """This role's row in the table."""
        return ROLES[self]


class Permission(StrEnum):
    """Something that staff may do. Routes and services check these, never a role."""

    ALERT_READ = "alert.read"
    ALERT_COMPOSE = "alert.compose"
    ALERT_PUBLISH = "alert.publish"
    ALERT_PUBLISH_UNAPPROVED = "alert.publish_unapproved"
    ALERT_APPROVE = "alert.approve"
    ALERT_CLOSE = "alert.close"
    ALERT_STOP = "alert.stop"
    TIP_READ = "tip.read"
    TIP_REVIEW = "tip.review"
    TIP_MOVE = "tip.move"
    CASE_CORRECT = "case.correct"
    STAFF_MANAGE = "staff.manage"
    AUDIT_READ = "audit.read"
    AREA_MANAGE = "area.manage"


@dataclass(frozen=True, kw_only=True)
class RoleRow:
    """One role: its display name and its permissions."""

    name: LazyString
    permissions: frozenset[Permission]
    in_districts: bool = True
    """It works on the alerts and cases of police districts: an account that has it needs some."""


ROLES: Mapping[Role, RoleRow] = {
    Role.OFFICER: RoleRow(
        name=_l("Betjent"),
        permissions=frozenset(
            {
                Permission.ALERT_READ,
                Permission.ALERT_COMPOSE,
                Permission.ALERT_PUBLISH,
                Permission.ALERT_PUBLISH_UNAPPROVED,
                Permission.ALERT_CLOSE,
                Permission.ALERT_STOP,
            }
        ),
    ),
    Role.APPROVER: RoleRow(
        name=_l("Godkender"),
        permissions=frozenset({Permission.ALERT_READ, Permission.ALERT_APPROVE}),
    ),
    Role.INVESTIGATOR: RoleRow(
        name=_l("Efterforsker"),
        permissions=frozenset(
            {
                Permission.ALERT_READ,
                Permission.TIP_READ,
                Permission.TIP_REVIEW,
                Permission.TIP_MOVE,
            }
        ),
    ),
    Role.ADMINISTRATOR: RoleRow(
        name=_l("Administrator"),
        permissions=frozenset(
            {
                Permission.CASE_CORRECT,
                Permission.STAFF_MANAGE,
                Permission.AUDIT_READ,
                Permission.AREA_MANAGE,
            }
        ),
        in_districts=False,
    ),
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """The permissions of these roles together."""
    return frozenset().union(*(role.row.permissions for role in roles))


def needs_districts(roles: Iterable[Role]) -> bool:
    """Whether an account with these roles can do nothing without a police district."""
    return any(role.row.in_districts for role in roles)
