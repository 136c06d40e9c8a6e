"""When an alert must be approved by a second person, and why: one pure function."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import ngettext

from alerts.models import Severity
from config import Config
from web.texts.filters import format_number

MOST_SEVERE_FIRST = list(Severity)


class ReasonKind(StrEnum):
    """The rules by which approval can be due."""

    RECIPIENTS = "recipients"
    SEVERITY = "severity"
    WHOLE_DISTRICT = "whole_district"
    SEVERAL_DISTRICTS = "several_districts"


@dataclass(frozen=True)
class Reason:
    """Why approval is due; ``text`` says it in the reader's language."""

    kind: ReasonKind
    text: str


@dataclass(frozen=True, kw_only=True)
class ApprovalRules:
    """From when approval is due; None: never by this rule."""

    above_recipients: int | None = None
    from_severity: Severity | None = None
    for_whole_district: bool = False
    for_several_districts: bool = False

    @classmethod
    def of(cls, config: Config) -> ApprovalRules:
        """The rules of an installation."""
        severity = config.approval_from_severity
        return cls(
            above_recipients=config.approval_above_recipients,
            from_severity=None if severity == "never" else Severity(severity),
            for_whole_district=config.approval_for_whole_district,
            for_several_districts=config.approval_for_several_districts,
        )


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What the rules look at. ``severity``: None for kinds of alert that have none."""

    recipients: int
    severity: Severity | None
    districts: int
    whole_districts: int


def reasons_for_approval(rules: ApprovalRules, reach: Reach) -> list[Reason]:
    """Every reason why a second person must approve an alert; empty if nobody must."""
    found = []
    most = rules.above_recipients
    if most is not None and reach.recipients > most:
        found.append(
            Reason(
                ReasonKind.RECIPIENTS,
                ngettext(
                    "Det når mere end %(num)s modtager.",
                    "Det når mere end %(most)s modtagere.",
                    most,
                    most=format_number(most),
                ),
            )
        )
    if _is_as_severe(reach.severity, rules.from_severity):
        found.append(Reason(ReasonKind.SEVERITY, _("Alvorsgraden er høj.")))
    if rules.for_whole_district and reach.whole_districts:
        found.append(
            Reason(
                ReasonKind.WHOLE_DISTRICT,
                _("Det dækker en hel politikreds eller det meste af den."),
            )
        )
    if rules.for_several_districts and reach.districts > 1:
        found.append(Reason(ReasonKind.SEVERAL_DISTRICTS, _("Det dækker flere politikredse.")))
    return found


def _is_as_severe(severity: Severity | None, threshold: Severity | None) -> bool:
    if severity is None or threshold is None:
        return False
    return MOST_SEVERE_FIRST.index(severity) <= MOST_SEVERE_FIRST.index(threshold)
