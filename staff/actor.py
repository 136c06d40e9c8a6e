"""Who acts: the value passed to services, so that none of them reads a cookie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from staff.models import Staff
from staff.permissions import Permission, Role, permissions_of
from web.problems.errors import Problem


class NotAllowed(Problem):
    """Signed in, but without permission for this."""

    status = 403
    slug = "not-allowed"
    title = _l("Det har du ikke adgang til")


class NotSignedIn(Problem):
    """Nobody is signed in, or the session has ended."""

    status = 401
    slug = "not-signed-in"
    title = _l("Log ind først")


@dataclass(frozen=True)
class Actor:
    """A signed-in member of staff, as of this request."""

    staff_id: int
    name: str
    roles: frozenset[Role]
    districts: frozenset[str]

    @classmethod
    def of(cls, staff: Staff) -> Actor:
        """The actor for this account."""
        return cls(staff.id, staff.name, staff.role_set, staff.district_codes)

    def may(self, permission: str) -> bool:
        """Whether any of the actor's roles has this permission."""
        return permission in permissions_of(self.roles)

    def covers(self, district_codes: Iterable[str]) -> bool:
        """Whether the actor works for every one of these police districts.

        False for no codes: what lies in no district is covered by nobody.
        """
        codes = frozenset(district_codes)
        return bool(codes) and codes <= self.districts

    def overlaps(self, district_codes: Iterable[str]) -> bool:
        """Whether the actor works for at least one of these police districts."""
        return not self.districts.isdisjoint(district_codes)


def current_actor() -> Actor:
    """The member of staff who is signed in; raises :class:`NotSignedIn` if nobody is.

    Only views for staff (``@requires``, ``@signed_in``) have an actor: public pages never read
    the session.
    """
    actor: Actor | None = g.get("varsko_actor")
    if actor is None:
        raise NotSignedIn(_("Siden er for medarbejdere, der er logget ind."))
    return actor


def require_permission(actor: Actor, permission: Permission) -> None:
    """Raise :class:`NotAllowed` unless the actor has this permission."""
    if not actor.may(permission):
        raise NotAllowed(_("Din rolle giver ikke adgang til det. Spørg din administrator."))


def require_districts(actor: Actor, district_codes: Iterable[str]) -> None:
    """Raise :class:`NotAllowed` unless the actor works for every one of these districts."""
    if not actor.covers(district_codes):
        raise NotAllowed(
            _("Det ligger uden for dine politikredse. Bed en kollega i kredsen om det.")
        )
