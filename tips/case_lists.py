"""The actor's cases with their numbers of tips, and the queue of tips without a case."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from cases.lookup import is_visible
from cases.models import Case, CaseStatus
from cases.references import parse_case_reference
from staff.actor import Actor
from tips.models import Tip, TipDistrict, TipStatus
from tips.quiet_cases import is_quiet, quiet_since

MOST_CASES = 200
"""At most this many cases are listed; the search finds the others."""
UNMARKED = frozenset({TipStatus.NEW, TipStatus.READ})


_URGENT = and_(Tip.urgent, Tip.status.in_(UNMARKED))
_WAITS = or_(Tip.status == TipStatus.NEW, _URGENT)


@dataclass(frozen=True)
class CaseCounts:
    """A case in the list, with its tips counted.

    ``new`` has nobody opened, ``opened`` nobody judged; ``urgent`` counts urgent ones of both.
    ``waiting``: those that nobody has opened, and urgent ones that nobody has judged.
    """

    case: Case
    total: int
    new: int
    opened: int
    urgent: int
    waiting: int
    latest_at: datetime | None

    @property
    def waits_closed(self) -> bool:
        """Whether the case is closed, and holds tips that wait to be read or judged."""
        return self.case.status is CaseStatus.CLOSED and self.waiting > 0


def list_cases(
    session: Session, actor: Actor, text: str = "", *, only_quiet: bool = False
) -> list[CaseCounts]:
    """The actor's cases: closed ones with waiting tips first, other closed ones last.

    Of the rest those with urgent, new or unjudged tips come first. ``text``: reference or title.
    ``only_quiet``: those on which nothing has happened for long.
    """
    counts = (
        select(
            Tip.case_id.label("case_id"),
            func.count().label("total"),
            _counted(Tip.status == TipStatus.NEW).label("new"),
            _counted(Tip.status == TipStatus.READ).label("opened"),
            _counted(_URGENT).label("urgent"),
            _counted(_WAITS).label("waiting"),
            func.max(Tip.received_at).label("latest_at"),
        )
        .where(Tip.case_id.is_not(None))
        .group_by(Tip.case_id)
        .subquery()
    )
    is_closed = Case.status == CaseStatus.CLOSED
    waits = func.coalesce(counts.c.waiting, 0) > 0
    query = (
        select(
            Case,
            func.coalesce(counts.c.total, 0),
            func.coalesce(counts.c.new, 0),
            func.coalesce(counts.c.opened, 0),
            func.coalesce(counts.c.urgent, 0),
            func.coalesce(counts.c.waiting, 0),
            counts.c.latest_at,
        )
        .outerjoin(counts, counts.c.case_id == Case.id)
        .where(is_visible(actor))
        .order_by(
            case((and_(is_closed, waits), 0), (is_closed, 2), else_=1),
            func.coalesce(counts.c.urgent, 0) == 0,
            func.coalesce(counts.c.new, 0) == 0,
            func.coalesce(counts.c.opened, 0) == 0,
            func.coalesce(counts.c.latest_at, Case.opened_at).desc(),
            Case.id.desc(),
        )
        .limit(MOST_CASES)
    )
    if only_quiet:
        query = query.where(is_quiet(quiet_since()))
    if text.strip():
        query = query.where(_matches(text.strip()))
    return [CaseCounts(*row) for row in session.execute(query)]


def _counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0), type_=Integer)


def _matches(text: str) -> ColumnElement[bool]:
    """Matches part of a reference in any format, or words of the title."""
    reference = parse_case_reference(text)
    if reference is not None:
        return Case.reference == reference
    digits = "".join(text.replace("-", " ").split())
    in_title = and_(*(Case.title.icontains(word, autoescape=True) for word in text.split()))
    if not digits.isdecimal():
        return in_title
    return or_(in_title, func.replace(Case.reference, "-", "").contains(digits))


def may_see_unassigned(actor: Actor) -> ColumnElement[bool]:
    """The condition on ``Tip`` that it may concern a district of the actor, or any district."""
    has_districts = exists().where(TipDistrict.tip_id == Tip.id)
    shared = exists().where(TipDistrict.tip_id == Tip.id, TipDistrict.code.in_(actor.districts))
    return and_(Tip.case_id.is_(None), or_(~has_districts, shared))


def count_unassigned(session: Session, actor: Actor) -> int:
    """How many tips are in the actor's unassigned queue."""
    query = select(func.count()).select_from(Tip).where(may_see_unassigned(actor))
    return session.scalar(query) or 0


def count_urgent_unassigned(session: Session, actor: Actor) -> int:
    """How many urgent tips of the actor's unassigned queue nobody has judged."""
    query = select(func.count()).select_from(Tip).where(may_see_unassigned(actor), _URGENT)
    return session.scalar(query) or 0


def count_unjudged(session: Session, case_id: int) -> tuple[int, int, int]:
    """How many tips of a case nobody has opened; are opened, not judged; are urgent of both."""
    new, opened, urgent = session.execute(
        select(
            func.count().filter(Tip.status == TipStatus.NEW),
            func.count().filter(Tip.status == TipStatus.READ),
            func.count().filter(_URGENT),
        ).where(Tip.case_id == case_id)
    ).one()
    return new, opened, urgent


def count_waiting(session: Session, case_id: int) -> int:
    """How many tips of a case nobody has opened, or are urgent and not judged."""
    return session.scalar(select(func.count()).where(Tip.case_id == case_id, _WAITS)) or 0


def count_tips(session: Session, case_ids: Collection[int]) -> dict[int, int]:
    """How many tips each of these cases has; cases without tips are left out."""
    query = select(Tip.case_id, func.count()).where(Tip.case_id.in_(case_ids)).group_by(Tip.case_id)
    return {case_id: count for case_id, count in session.execute(query) if case_id is not None}
