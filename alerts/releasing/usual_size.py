"""How many recipients are usual for an alert, and whether it has implausibly many."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.errors import SizeNotConfirmed
from alerts.models import Alert, AlertDistrict, AlertRelease, ReleaseKind
from audit.trail import record
from staff.actor import Actor
from web.texts.filters import format_number

TOO_MANY_TIMES = 10
"""From ten times the usual on, a size must be confirmed.

A wrong target is wrong by more than that (a district instead of a town, a country instead of a
district), while those that are meant differ less: a large town has five times the people of a
small one. Who is asked too often ticks blindly.
"""
NEVER_BELOW = 500
"""So few are never too many: where few have signed up yet, what is usual may be a handful."""
FEWEST_EARLIER = 5
"""The median of fewer says nothing about what is usual."""
MOST_EARLIER = 50
"""What was usual years ago, with other numbers of followers, says less than the latest."""


@dataclass(frozen=True)
class Size:
    """How many an alert reaches, and how many are ``usual``.

    ``earlier``: of how many alerts that is the median; 0: it is what its kind is expected to have.
    """

    recipients: int
    usual: int
    earlier: int

    @property
    def is_implausible(self) -> bool:
        """Whether somebody must confirm that so many are meant."""
        return self.recipients > max(NEVER_BELOW, TOO_MANY_TIMES * self.usual)

    @property
    def description(self) -> str:
        """What is usual, and how that is known, in the reader's language."""
        usual = format_number(self.usual)
        if not self.earlier:
            return str(
                _(
                    "Vi regner med omkring %(usual)s modtagere af den slags. Der er endnu sendt"
                    " for få her til at vide det.",
                    usual=usual,
                )
            )
        return str(
            _(
                "Sædvanligt her for den slags: omkring %(usual)s modtagere"
                " (medianen af de seneste %(earlier)s).",
                usual=usual,
                earlier=self.earlier,
            )
        )

    @property
    def question(self) -> str:
        """What must be confirmed."""
        text = ngettext(
            "Ja, det skal sendes til %(num)s modtager",
            "Ja, det skal sendes til %(number)s modtagere",
            self.recipients,
            number=format_number(self.recipients),
        )
        return str(text)


def size_of(session: Session, alert: Alert, recipients: int) -> Size:
    """How large an alert with so many recipients is, beside the earlier ones in its districts."""
    here = select(AlertDistrict.alert_id).where(
        AlertDistrict.district_code.in_(alert.district_codes)
    )
    earlier = session.scalars(
        select(AlertRelease.recipients)
        .join(Alert, Alert.id == AlertRelease.alert_id)
        .where(
            Alert.kind == alert.kind,
            Alert.id != alert.id,
            Alert.id.in_(here),
            AlertRelease.kind == ReleaseKind.INITIAL,
        )
        .order_by(AlertRelease.id.desc())
        .limit(MOST_EARLIER)
    ).all()
    if len(earlier) < FEWEST_EARLIER:
        return Size(recipients, alert.kind.row.expected_size, 0)
    return Size(recipients, round(statistics.median(earlier)), len(earlier))


def require_confirmed_size(
    session: Session, actor: Actor, alert: Alert, recipients: int, *, is_confirmed: bool
) -> None:
    """Raise :class:`SizeNotConfirmed` if so many are implausible and not confirmed; else note it.

    The caller has made sure that it was confirmed of the content as it is.
    """
    size = size_of(session, alert, recipients)
    if not size.is_implausible:
        return
    if not is_confirmed:
        text = _("Det når mange flere end sædvanligt. Sæt kryds, hvis det er meningen.")
        raise SizeNotConfirmed(text, fields={"confirmed_size": [text]})
    record(
        session, actor, "alert.size_confirmed", "alert", alert.id,
        code=alert.code, recipients=recipients, usual=size.usual,
    )  # fmt: skip
