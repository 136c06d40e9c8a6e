"""Who an alert is from: its police districts, by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from babel.lists import format_list
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from alerts.models import Alert
from areas.lookup import district_names

MOST_ON_A_CARD = 3
"""Police districts that a line in a list names; more are the police."""


def sender_names(session: Session, codes: Collection[str]) -> tuple[str, ...]:
    """The names of these police districts, sorted, as far as they are known."""
    return tuple(sorted(district_names(session, codes).values()))


def in_words(names: Sequence[str], *, most: int | None = None) -> str:
    """All these names in the current language; the police if there are none, or over ``most``."""
    if not names or (most is not None and len(names) > most):
        return str(_("Politiet"))
    return str(format_list(list(names), locale=get_locale()))


def senders_on_cards(session: Session, alerts: Sequence[Alert]) -> dict[int, str]:
    """By alert, who it is from, for a line in a list."""
    names = district_names(session, {code for alert in alerts for code in alert.district_codes})
    return {
        alert.id: in_words(
            sorted(names[code] for code in alert.district_codes if code in names),
            most=MOST_ON_A_CARD,
        )
        for alert in alerts
    }
