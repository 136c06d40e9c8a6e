"""Reading tips: the inbox of a case, the unassigned queue, one tip. All reading is audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql import Select

from audit.trail import record
from cases.lookup import is_visible
from cases.models import Case
from database import utcnow
from staff.actor import Actor
from tips.case_lists import UNMARKED, may_see_unassigned
from tips.errors import TipNotFound
from tips.models import (
    CaseSender,
    PendingChoice,
    Tip,
    TipChannel,
    TipEvent,
    TipEventKind,
    TipStatus,
)
from tips.searching import Search

PAGE_SIZE = 50
EXCERPT_LENGTH = 180
MOST_FOUND = 200
MOST_SIBLINGS = 20


@dataclass(frozen=True)
class TipFilter:
    """Which tips of a case to show; None means all. ``sender`` is a number within the case."""

    status: TipStatus | None = None
    urgent: bool = False
    channel: TipChannel | None = None
    sender: int | None = None


@dataclass(frozen=True)
class TipRow:
    """A tip in a list. ``sender`` is the sender's number within the case."""

    tip: Tip
    excerpt: str
    is_cut: bool
    sender: int | None = None
    is_awaiting_choice: bool = False


@dataclass(frozen=True)
class TipPage:
    """One page of a list; ``total`` counts the whole list.

    Of a case: ``counts`` by status, and how many are ``urgent``, judged or not.
    """

    rows: Sequence[TipRow]
    total: int
    page: int = 1
    pages: int = 1
    counts: dict[TipStatus, int] = field(default_factory=dict)
    urgent: int = 0


@dataclass(frozen=True)
class TipReading:
    """An opened tip, its history, and the ids of the tips above and below it in the list."""

    tip: Tip
    events: Sequence[TipEvent]
    sender: int | None
    siblings: Sequence[TipRow]
    previous_id: int | None
    next_id: int | None


def list_tips(
    session: Session, actor: Actor, case: Case, wanted: TipFilter, page: int = 1
) -> TipPage:
    """A page of a case's inbox: urgent ones not yet marked first, then newest first.

    The page shows the beginning of each tip, so it is audited: one entry with the tips' ids.
    """
    query = _filtered(_tips_of(case), wanted)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    found = session.execute(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)).all()
    rows = [_row(tip, sender) for tip, sender in found]
    _audit_list(session, actor, "tip.listed", "case", case.id, rows)
    counts = select(Tip.status, func.count()).where(Tip.case_id == case.id).group_by(Tip.status)
    urgent = select(func.count()).where(Tip.case_id == case.id, Tip.urgent)
    by_status = dict(session.execute(counts).all())
    return TipPage(rows, total, page, pages, by_status, session.scalar(urgent) or 0)


def search_tips(session: Session, actor: Actor, case: Case, words: str) -> TipPage:
    """The tips of a case whose text contains all of these words, or words beginning with them.

    Plates and numbers are found however they are written (:mod:`tips.searching`).

    Texts are sealed, so they are opened and searched here, not in the database. A text that
    cannot be opened is not found.
    """
    wanted = Search(words)
    rows = [
        _row(tip, sender)
        for tip, sender in session.execute(_tips_of(case))
        if wanted and wanted.finds(_opened(tip))
    ]
    shown = rows[:MOST_FOUND]
    if wanted:
        # Audited even without hits: that no tip contains a word is information too.
        record(session, actor, "tip.searched", "case", case.id, tips=[row.tip.id for row in shown])
    return TipPage(shown, len(rows))


def list_unassigned(session: Session, actor: Actor, page: int = 1) -> TipPage:
    """The queue of tips without a case, urgent ones first, then oldest first."""
    condition = may_see_unassigned(actor)
    total = session.scalar(select(func.count()).select_from(Tip).where(condition)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    query = (
        select(Tip, PendingChoice.id)
        .outerjoin(
            PendingChoice,
            and_(PendingChoice.id == Tip.choice_id, PendingChoice.expires_at > utcnow()),
        )
        .where(condition)
        .options(selectinload(Tip.assignee))
        .order_by(and_(Tip.urgent, Tip.status.in_(UNMARKED)).desc(), Tip.received_at, Tip.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    rows = [
        _row(tip, None, is_awaiting_choice=choice_id is not None)
        for tip, choice_id in session.execute(query)
    ]
    _audit_list(session, actor, "tip.listed", "unassigned", None, rows)
    return TipPage(rows, total, page, pages)


def find_tip(session: Session, actor: Actor, tip_id: int, *, lock: bool = False) -> Tip:
    """A tip of the actor's cases or queue; raises :class:`TipNotFound`. ``lock`` locks its row."""
    query = (
        select(Tip)
        .outerjoin(Case, Case.id == Tip.case_id)
        .where(
            Tip.id == tip_id,
            or_(and_(Tip.case_id.is_not(None), is_visible(actor)), may_see_unassigned(actor)),
        )
    )
    if lock:
        query = query.with_for_update(of=Tip).execution_options(populate_existing=True)
    tip = session.scalar(query)
    if tip is None:
        raise TipNotFound(_("Der er intet sådant tip i dine politikredse."))
    return tip


def read_tip(
    session: Session, actor: Actor, tip_id: int, wanted: TipFilter | None = None
) -> TipReading:
    """Open a tip: a new one is marked as read, and every reading is audited.

    ``wanted`` is the filter of the list that it was opened from.
    """
    wanted = wanted or TipFilter()
    tip = find_tip(session, actor, tip_id, lock=True)
    sender = _sender_number(session, tip)
    siblings = _siblings(session, actor, tip)
    record(
        session, actor, "tip.read", "tip", tip.id,
        case=tip.case_id, also_shown=[row.tip.id for row in siblings],
    )  # fmt: skip
    if tip.status is TipStatus.NEW:
        tip.status = TipStatus.READ
        session.add(
            TipEvent(
                tip_id=tip.id, kind=TipEventKind.MARKED, staff_id=actor.staff_id,
                status=TipStatus.READ,
            )
        )  # fmt: skip
    session.flush()
    return TipReading(
        tip=tip,
        events=list_events(session, tip),
        sender=sender,
        siblings=siblings,
        previous_id=_neighbour(session, actor, tip, wanted, above=True),
        next_id=_neighbour(session, actor, tip, wanted, above=False),
    )


def list_events(session: Session, tip: Tip) -> Sequence[TipEvent]:
    """The history of a tip, latest first."""
    return session.scalars(
        select(TipEvent)
        .where(TipEvent.tip_id == tip.id)
        .options(
            selectinload(TipEvent.staff),
            selectinload(TipEvent.from_case),
            selectinload(TipEvent.to_case),
        )
        .order_by(TipEvent.id.desc())
    ).all()


def next_new_tip(session: Session, case: Case, wanted: TipFilter | None = None) -> int | None:
    """The tip of a case, within a filter, to open next: a new one, in the order of the list.

    If there is none: an urgent one that was opened and not judged.
    """
    wanted = wanted or TipFilter()
    for waits in (
        replace(wanted, status=TipStatus.NEW),
        replace(wanted, status=TipStatus.READ, urgent=True),
    ):
        query = _filtered(_tips_of(case), waits).with_only_columns(Tip.id)
        found = session.scalar(query.limit(1))
        if found is not None:
            return found
    return None


# --- Parts -------------------------------------------------------------------------------


def _tips_of(case: Case) -> Select[Tip, int | None]:
    return (
        select(Tip, CaseSender.number)
        .outerjoin(
            CaseSender,
            and_(CaseSender.case_id == Tip.case_id, CaseSender.sender_hash == Tip.sender_hash),
        )
        .where(Tip.case_id == case.id)
        .options(selectinload(Tip.assignee))
        .order_by(
            and_(Tip.urgent, Tip.status.in_(UNMARKED)).desc(),
            Tip.received_at.desc(),
            Tip.id.desc(),
        )
    )


def _filtered(query: Select[Tip, int | None], wanted: TipFilter) -> Select[Tip, int | None]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        conditions.append(Tip.status == wanted.status)
    if wanted.urgent:
        conditions.append(Tip.urgent.is_(True))
    if wanted.channel is not None:
        conditions.append(Tip.channel == wanted.channel)
    if wanted.sender is not None:
        conditions.append(CaseSender.number == wanted.sender)
    return query.where(*conditions)


def _row(tip: Tip, sender: int | None, *, is_awaiting_choice: bool = False) -> TipRow:
    line = " ".join(str(tip.text).split())
    is_cut = len(line) > EXCERPT_LENGTH
    excerpt = line[:EXCERPT_LENGTH].rsplit(" ", 1)[0] + " …" if is_cut else line
    return TipRow(tip, excerpt, is_cut, sender, is_awaiting_choice)


def _opened(tip: Tip) -> str:
    """What a tip says, as far as it can be opened."""
    opened = (tip.text, tip.seen, tip.contact_details)
    return "\n".join(part for part in opened if isinstance(part, str))


def _audit_list(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    subject_id: int | None,
    rows: Sequence[TipRow],
) -> None:
    if rows:
        record(session, actor, action, subject, subject_id, tips=[row.tip.id for row in rows])


def _sender_number(session: Session, tip: Tip) -> int | None:
    if tip.case_id is None or tip.sender_hash is None:
        return None
    return session.scalar(
        select(CaseSender.number).where(
            CaseSender.case_id == tip.case_id, CaseSender.sender_hash == tip.sender_hash
        )
    )


def _siblings(session: Session, actor: Actor, tip: Tip) -> list[TipRow]:
    """The same sender's other tips on the same case, or in the actor's queue, newest first."""
    if tip.sender_hash is None:
        return []
    beside = may_see_unassigned(actor) if tip.case_id is None else Tip.case_id == tip.case_id
    others = session.scalars(
        select(Tip)
        .where(beside, Tip.sender_hash == tip.sender_hash, Tip.id != tip.id)
        .order_by(Tip.received_at.desc(), Tip.id.desc())
        .limit(MOST_SIBLINGS)
    )
    return [_row(other, None) for other in others]


def _neighbour(
    session: Session, actor: Actor, tip: Tip, wanted: TipFilter, *, above: bool
) -> int | None:
    """The tip above or below this one in the list that it was opened from.

    Found by its place in the order, since a tip that was read or marked may have left the list.
    """
    first = sql_case((and_(Tip.urgent, Tip.status.in_(UNMARKED)), 1), else_=0)
    own = int(tip.urgent and tip.status in UNMARKED)
    at_once = Tip.received_at == tip.received_at
    newer = or_(Tip.received_at > tip.received_at, and_(at_once, Tip.id > tip.id))
    older = or_(Tip.received_at < tip.received_at, and_(at_once, Tip.id < tip.id))
    # A case shows the newest first, the queue those that have waited longest.
    is_newer = above if tip.case is not None else not above
    beside = or_(
        first > own if above else first < own, and_(first == own, newer if is_newer else older)
    )
    time, number = (
        (Tip.received_at, Tip.id) if is_newer else (Tip.received_at.desc(), Tip.id.desc())
    )
    found = (
        select(Tip, CaseSender.number).where(may_see_unassigned(actor))
        if tip.case is None
        else _filtered(_tips_of(tip.case), wanted)
    )
    query = found.with_only_columns(Tip.id).where(beside).order_by(None)
    return session.scalar(query.order_by(first if above else first.desc(), time, number).limit(1))
