"""Which case a message belongs to: a pure decision based on what is known about it.

The first rule that applies wins: the case reference in the text; an unanswered "1 or 2?"
question; the case the same sender wrote about just before; the one open appeal the sender got;
if there are several, ask; else the unassigned queue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tips.models import Placement
from web.texts.folding import fold

FOLLOW_UP = timedelta(minutes=30)
"""How long a sender's next message is taken to be about the same case."""
CHOICE_LASTS = timedelta(hours=24)
"""How long "1 or 2?" can be answered."""
MOST_CANDIDATES = 5
"""The most appeals in one question, to keep it readable; only the newest are asked about."""


@dataclass(frozen=True)
class Appeal:
    """An appeal the sender got. ``case_id`` is None for one without a case reference."""

    code: str
    case_id: int | None
    title: str
    published_at: datetime
    districts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Earlier:
    """The same sender's latest tip that was filed on a case."""

    case_id: int
    alert_code: str | None
    received_at: datetime


@dataclass(frozen=True)
class StatedCase:
    """A case whose reference the message states."""

    case_id: int
    districts: frozenset[str]


@dataclass(frozen=True)
class Facts:
    """What is known about a message.

    ``cases`` has the cases of each stated reference (two districts may have one each), ``owners``
    the code of the district that owns a stated reference, if known.
    """

    now: datetime
    stated: tuple[str, ...] = ()
    cases: Mapping[str, Sequence[StatedCase]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    is_asked: bool = False
    earlier: Earlier | None = None
    appeals: tuple[Appeal, ...] = ()


@dataclass(frozen=True)
class OnCase:
    """The message belongs to this case."""

    case_id: int
    placement: Placement
    alert_code: str | None = None


@dataclass(frozen=True)
class Ask:
    """It belongs to one of these appeals (at least two): ask the sender which."""

    candidates: tuple[Appeal, ...]


@dataclass(frozen=True)
class AskAgain:
    """The sender was asked already and wrote again: the coming answer covers this message too."""


@dataclass(frozen=True)
class Unassigned:
    """The case is unknown: an investigator decides, from what is recorded here."""

    placement: Placement = Placement.NONE
    alert_code: str | None = None
    stated_reference: str | None = None
    districts: frozenset[str] = frozenset()


Decision = OnCase | Ask | AskAgain | Unassigned


def decide(facts: Facts) -> Decision:
    """Which case the message belongs to, by the first rule that applies."""
    appeals = distinct_appeals(facts.appeals)
    for reference in facts.stated:
        case_id = _stated_case(facts, reference, appeals)
        if case_id is not None:
            code = next((a.code for a in appeals if a.case_id == case_id), None)
            return OnCase(case_id, Placement.REFERENCE, code)
    if facts.stated:
        stated = facts.stated[0]
        return Unassigned(
            Placement.UNKNOWN_REFERENCE,
            alert_code=appeals[0].code if len(appeals) == 1 else None,
            stated_reference=stated,
            districts=_concerned(facts, stated, appeals),
        )
    if facts.is_asked:
        return AskAgain()
    if facts.earlier is not None and _continues(facts.earlier, appeals, facts.now):
        return OnCase(facts.earlier.case_id, Placement.FOLLOW_UP, facts.earlier.alert_code)
    if len(appeals) > 1:
        return Ask(appeals[:MOST_CANDIDATES])
    if len(appeals) == 1:
        return _on_appeal(appeals[0])
    return Unassigned()


def _stated_case(facts: Facts, reference: str, appeals: tuple[Appeal, ...]) -> int | None:
    """The case that a stated reference names: one the sender got an appeal for, else its owner's.

    A number owned by a district other than the case's own is a typo in the appeal; a number
    without a known owner names a case only if there is just one.
    """
    cases = facts.cases.get(reference, ())
    asked = {appeal.case_id for appeal in appeals}
    owner = facts.owners.get(reference)
    answered = [case for case in cases if case.case_id in asked]
    owned = [case for case in cases if owner is None or owner in case.districts]
    found = answered or owned
    return found[0].case_id if len(found) == 1 else None


def _concerned(facts: Facts, reference: str, appeals: tuple[Appeal, ...]) -> frozenset[str]:
    """The districts to decide on a message whose stated reference does not identify one case."""
    codes = {code for appeal in appeals for code in appeal.districts}
    if reference in facts.owners:
        codes.add(facts.owners[reference])
    else:
        codes |= {code for case in facts.cases.get(reference, ()) for code in case.districts}
    return frozenset(codes)


def distinct_appeals(appeals: tuple[Appeal, ...]) -> tuple[Appeal, ...]:
    """The newest appeal of each case, newest first; those without a case are all kept."""
    newest_first = sorted(appeals, key=lambda appeal: appeal.published_at, reverse=True)
    distinct: dict[int | str, Appeal] = {}
    for appeal in newest_first:
        distinct.setdefault(appeal.case_id or appeal.code, appeal)
    return tuple(distinct.values())


def _on_appeal(appeal: Appeal) -> OnCase | Unassigned:
    if appeal.case_id is None:
        return Unassigned(Placement.APPEAL, alert_code=appeal.code, districts=appeal.districts)
    return OnCase(appeal.case_id, Placement.APPEAL, appeal.code)


def _continues(earlier: Earlier, appeals: tuple[Appeal, ...], now: datetime) -> bool:
    """Whether the message continues the last one: soon after it, with no new appeal in between."""
    if now - earlier.received_at > FOLLOW_UP:
        return False
    return not any(
        appeal.published_at > earlier.received_at and appeal.case_id != earlier.case_id
        for appeal in appeals
    )


_CHOICE = re.compile(r"^(?:(?:nr|nummer|no|number|sag|case|svar)\.?\s*)?[#(]?\s*(\d)\s*[.):,!]*$")


def read_choice(text: str) -> int | None:
    """The digit that is all a message says ("2", "2.", "nr. 2", "sag 2"), else None."""
    # "1️⃣" is a digit followed by two combining marks, which folding drops.
    folded = fold(text).strip().strip("\"'")
    found = _CHOICE.match(folded)
    return int(found.group(1)) if found else None
