"""Which role may do what: the one table that every rule in Varsko goes back to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l


class Role(StrEnum):
    """What a member of staff works as; one person can have several roles."""

    OFFICER = "officer"
    INVESTIGATOR = "investigator"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """Something that staff may do. Routes and services ask for these, never for a role."""

    ALERT_READ = "alert.read"
    ALERT_COMPOSE = "alert.compose"
    ALERT_PUBLISH = "alert.publish"
    ALERT_CLOSE = "alert.close"
    ALERT_STOP = "alert.stop"
    TIP_READ = "tip.read"
    TIP_REVIEW = "tip.review"
    TIP_MOVE = "tip.move"
    CASE_CORRECT = "case.correct"
    STAFF_MANAGE = "staff.manage"
    AUDIT_READ = "audit.read"
    AREA_MANAGE = "area.manage"


TABLE: Mapping[Role, frozenset[Permission]] = {
    Role.OFFICER: frozenset(
        {
            Permission.ALERT_READ,
            Permission.ALERT_COMPOSE,
            Permission.ALERT_PUBLISH,
            Permission.ALERT_CLOSE,
            Permission.ALERT_STOP,
        }
    ),
    Role.INVESTIGATOR: frozenset(
        {
            Permission.ALERT_READ,
            Permission.TIP_READ,
            Permission.TIP_REVIEW,
            Permission.TIP_MOVE,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.CASE_CORRECT,
            Permission.STAFF_MANAGE,
            Permission.AUDIT_READ,
            Permission.AREA_MANAGE,
        }
    ),
}

ROLE_NAMES: Mapping[Role, Any] = {
    Role.OFFICER: _l("Betjent"),
    Role.INVESTIGATOR: _l("Efterforsker"),
    Role.ADMINISTRATOR: _l("Administrator"),
}
"""What people call the roles."""


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that somebody with these roles may do."""
    return frozenset().union(*(TABLE[role] for role in roles))
