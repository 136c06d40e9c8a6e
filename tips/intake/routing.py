"""Which case a message belongs to: a pure decision based on what is known about it.

A reply belongs to what was asked last. The first rule that applies wins: the case reference in
the text; the code of one alert in it; an unanswered "1 or 2?" question, unless one appeal was
sent after it; the case the same sender wrote about just before, unless something about another
was sent since; the one open appeal the sender got; if there are several, ask; else the
unassigned queue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tips.models import Placement
from web.texts.folding import fold_words
from web.texts.quotes import without_signature

FOLLOW_UP = timedelta(minutes=30)
"""How long a sender's next message is taken to be about the same case."""
MOST_CANDIDATES = 5
"""The most appeals in one question, to keep it readable; only the newest are asked about."""


@dataclass(frozen=True)
class Appeal:
    """An appeal the sender got. ``case_id`` is None for one without a case reference.

    ``sent_at``: when the sender was last sent something about it, an update included.
    """

    code: str
    case_id: int | None
    title: str
    sent_at: datetime
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
    the code of the district that owns a stated reference, if known. ``asked_at``: when "1 or 2?"
    was asked, if that is unanswered. ``named``: the alerts whose codes the message contains,
    whether or not the sender got them.
    """

    now: datetime
    stated: tuple[str, ...] = ()
    cases: Mapping[str, Sequence[StatedCase]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    asked_at: datetime | None = None
    earlier: Earlier | None = None
    appeals: tuple[Appeal, ...] = ()
    named: tuple[Appeal, ...] = ()


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
    named = distinct_appeals(facts.named)
    if len(named) == 1:
        return _on_appeal(named[0], Placement.CODE)
    if facts.asked_at is not None:
        since = tuple(appeal for appeal in appeals if appeal.sent_at > facts.asked_at)
        return _on_appeal(since[0]) if len(since) == 1 else AskAgain()
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
    """The last sent appeal of each case, the last sent first; those without a case are all kept."""
    newest_first = sorted(appeals, key=lambda appeal: appeal.sent_at, reverse=True)
    distinct: dict[int | str, Appeal] = {}
    for appeal in newest_first:
        distinct.setdefault(appeal.case_id or appeal.code, appeal)
    return tuple(distinct.values())


def _on_appeal(appeal: Appeal, why: Placement = Placement.APPEAL) -> OnCase | Unassigned:
    if appeal.case_id is None:
        return Unassigned(why, alert_code=appeal.code, districts=appeal.districts)
    return OnCase(appeal.case_id, why, appeal.code)


def _continues(earlier: Earlier, appeals: tuple[Appeal, ...], now: datetime) -> bool:
    """Whether it continues the last message: soon after it, and nothing else was asked since."""
    if now - earlier.received_at > FOLLOW_UP:
        return False
    return not any(
        appeal.sent_at > earlier.received_at and appeal.case_id != earlier.case_id
        for appeal in appeals
    )


_AROUND_A_CHOICE = frozenset(
    ["nr", "nummer", "no", "number", "sag", "case", "svar", "tak", "thanks", "please", "hej", "jeg"]
)


def read_choice(text: str) -> int | None:
    """The digit that is all a message says ("2", "nr. 2", "1 tak", "1👍"), else None."""
    words = fold_words(without_signature(text)).split()
    said = [word for word in words if word not in _AROUND_A_CHOICE]
    return int(said[0]) if len(said) == 1 and len(said[0]) == 1 and said[0].isdecimal() else None
