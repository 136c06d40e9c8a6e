"""The kinds of alert and everything Varsko knows about each: one row per kind.

Adding a kind is adding a member and its row here, and its name to the English catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from dispatch.models import Priority


class AlertKind(StrEnum):
    """The kinds of alert, stored by value."""

    AREA_ALERT = "area_alert"
    WITNESS_APPEAL = "witness_appeal"
    MISSING_PERSON = "missing_person"
    PREVENTION_ADVICE = "prevention_advice"

    @property
    def row(self) -> AlertKindRow:
        """Everything Varsko knows about this kind."""
        return ALERT_KINDS[self]


@dataclass(frozen=True, kw_only=True)
class Cap:
    """The values for the Common Alerting Protocol (OASIS, CAP 1.2, section 3.2.2)."""

    category: Literal["Safety", "Security", "Rescue", "Other"]
    urgency: Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
    certainty: Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]


@dataclass(frozen=True, kw_only=True)
class AlertKindRow:
    """Everything Varsko knows about one kind of alert.

    ``name``: what people call it, and the event of a CAP message. ``asks_for_tips``: it belongs
    to a case and its readers are asked to answer. ``priority``: how soon it goes when several
    broadcasts compete; a severe alert of any kind is urgent. ``fields``: which of the
    :data:`OPTIONAL_FIELDS` it has. ``expected_size``: how many recipients it has where nothing is
    known of earlier ones; many times as many are asked about before they are written to.
    """

    name: LazyString
    asks_for_tips: bool = False
    priority: Priority = Priority.NORMAL
    fields: frozenset[str] = frozenset({"severity"})
    expected_size: int
    cap: Cap


ALERT_KINDS: Mapping[AlertKind, AlertKindRow] = {
    AlertKind.AREA_ALERT: AlertKindRow(
        name=_l("Varsel"),
        expected_size=5_000,
        cap=Cap(category="Safety", urgency="Immediate", certainty="Observed"),
    ),
    AlertKind.WITNESS_APPEAL: AlertKindRow(
        name=_l("Vidner søges"),
        asks_for_tips=True,
        expected_size=2_000,
        cap=Cap(category="Security", urgency="Past", certainty="Observed"),
    ),
    AlertKind.MISSING_PERSON: AlertKindRow(
        name=_l("Savnet person"),
        asks_for_tips=True,
        priority=Priority.URGENT,
        fields=frozenset(),
        expected_size=10_000,
        cap=Cap(category="Rescue", urgency="Immediate", certainty="Observed"),
    ),
    AlertKind.PREVENTION_ADVICE: AlertKindRow(
        name=_l("Gode råd"),
        priority=Priority.BULK,
        expected_size=2_000,
        cap=Cap(category="Security", urgency="Future", certainty="Possible"),
    ),
}

OPTIONAL_FIELDS = frozenset({"severity"})
"""The fields of a draft that not every kind has. What is given for one that a kind does not have
is replaced by the field's default, and no page shows it."""

APPEALS = frozenset(kind for kind in AlertKind if kind.row.asks_for_tips)
"""The kinds that ask for tips: they belong to a case and can be answered."""
