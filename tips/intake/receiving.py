"""Receiving tips: every message that is not a keyword, and the form on an alert's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.kinds import APPEALS
from alerts.lifecycle import PUBLISHED
from alerts.models import Alert
from alerts.releasing.published import appeals_received
from alerts.releasing.releases import REFERENCE
from cases.journal_prefixes import owners_of
from cases.lookup import case_of_appeal, cases_of_appeals, cases_with
from cases.models import Case
from cases.references import find_case_references
from database import Domain, blind_index, utcnow
from dispatch.broadcasts import received_broadcasts
from dispatch.hooks import Inbound, Reply
from tips.filing import place_on_case, set_districts
from tips.intake import replies
from tips.intake.choices import answer_choice, ask, open_choice, wait_for
from tips.intake.danger import is_dangerous
from tips.intake.language import language_of
from tips.intake.routing import (
    Appeal,
    Ask,
    AskAgain,
    Decision,
    Earlier,
    Facts,
    OnCase,
    StatedCase,
    Unassigned,
    decide,
    read_choice,
)
from tips.models import PendingChoice, Placement, Tip, TipChannel, TipEvent, TipEventKind

log = structlog.get_logger(__name__)

LATE_TIPS = timedelta(days=30)
"""How long after publication a closed appeal still receives replies."""
REPLIES_AN_HOUR = 10
"""Beyond this many tips an hour from one sender no reply is sent: it may be an autoresponder."""
WARNINGS_AN_HOUR = 3
"""Even then, this many of them are still told to call 112."""


@dataclass(frozen=True)
class WebTip:
    """A submission of the form on an alert's page."""

    text: str
    seen: str | None = None
    contact_details: str | None = None


def receive_message(session: Session, inbound: Inbound) -> Reply:
    """Store a message as a tip, file it where it belongs and return the reply.

    The message may also be the answer to "1 or 2?": then the waiting tips are filed on that case.
    """
    language = language_of(inbound.text)
    if not has_content(inbound.text):
        return Reply(replies.empty(language))
    sender_hash = blind_index(Domain.TIPS, inbound.sender)
    choice = open_choice(session, sender_hash)
    number = read_choice(inbound.text)
    if choice is not None and number is not None:
        return answer_choice(session, choice, number)
    decision = decide(_gather_facts(session, inbound, sender_hash, choice))
    tip = _store_message(session, inbound, sender_hash, language, decision)
    case = _carry_out(session, tip, decision, choice)
    log.info("tip_received", tip=tip.id, channel=tip.channel.value, placement=tip.placement.value,
             case=tip.case_id, urgent=tip.urgent)  # fmt: skip
    if _is_flooding(session, tip):
        log.info("tip_reply_suppressed", tip=tip.id)
        return Reply("")
    return Reply(_reply(tip, decision, case, choice))


def receive_web_tip(session: Session, alert: Alert, written: WebTip, language: str) -> Tip:
    """Store a submission of an alert's form. Nothing about the sender is recorded."""
    case = case_of_appeal(session, alert.code)
    tip = Tip(
        alert_code=alert.code,
        channel=TipChannel.WEB,
        language=language,
        text=written.text,
        seen=written.seen,
        contact_details=written.contact_details,
        urgent=is_dangerous(written.text),
        placement=Placement.FORM,
    )
    session.add(tip)
    session.flush()
    _write_received(session, tip)
    if case is None:
        set_districts(tip, alert.district_codes)
    else:
        place_on_case(session, tip, case, Placement.FORM)
    log.info("tip_received", tip=tip.id, channel="web", case=tip.case_id, urgent=tip.urgent)
    return tip


def has_content(text: str) -> bool:
    """Whether a text says anything; emoji do, spaces and invisible characters don't."""
    return any(char.isprintable() and not char.isspace() for char in text)


# --- Facts about a message ---------------------------------------------------------------


def _gather_facts(
    session: Session, inbound: Inbound, sender_hash: bytes, choice: PendingChoice | None
) -> Facts:
    stated = tuple(find_case_references(inbound.text))
    return Facts(
        now=utcnow(),
        stated=stated,
        cases={reference: _stated_cases(session, reference) for reference in stated},
        owners=owners_of(session, stated),
        is_asked=choice is not None,
        earlier=_earlier(session, sender_hash),
        appeals=_appeals(session, inbound),
    )


def _stated_cases(session: Session, reference: str) -> list[StatedCase]:
    return [StatedCase(case.id, case.district_codes) for case in cases_with(session, reference)]


def _appeals(session: Session, inbound: Inbound) -> tuple[Appeal, ...]:
    alerts = appeals_received(session, inbound.channel, inbound.sender) or _late_appeals(
        session, inbound
    )
    cases = cases_of_appeals(session, [alert.code for alert in alerts])
    return tuple(
        Appeal(
            code=alert.code,
            case_id=cases.get(alert.code),
            title=alert.text(language_of(inbound.text)).title,
            published_at=alert.published_at or alert.created_at,
            districts=frozenset(alert.district_codes),
        )
        for alert in alerts
    )


def _late_appeals(session: Session, inbound: Inbound) -> list[Alert]:
    """The closed appeals this sender was sent recently: tips on them still come in."""
    references = received_broadcasts(session, inbound.channel, inbound.sender, REFERENCE)
    codes = {reference.split(":")[1] for reference in references}
    query = select(Alert).where(
        Alert.code.in_(codes),
        Alert.kind.in_(APPEALS),
        Alert.status.in_(PUBLISHED),
        Alert.published_at > utcnow() - LATE_TIPS,
    )
    return list(session.scalars(query.order_by(Alert.published_at.desc())))


def _earlier(session: Session, sender_hash: bytes) -> Earlier | None:
    row = session.execute(
        select(Tip.case_id, Tip.alert_code, Tip.received_at)
        .where(Tip.sender_hash == sender_hash, Tip.case_id.is_not(None))
        .order_by(Tip.received_at.desc(), Tip.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row[0] is None:
        return None
    return Earlier(row[0], row[1], row[2])


# --- Storing and filing it ---------------------------------------------------------------


def _store_message(
    session: Session, inbound: Inbound, sender_hash: bytes, language: str, decision: Decision
) -> Tip:
    tip = Tip(
        channel=TipChannel(inbound.channel.value),
        language=language,
        text=inbound.text,
        sender=inbound.sender,
        sender_hash=sender_hash,
        urgent=is_dangerous(inbound.text),
        received_at=inbound.received_at,
        placement=Placement.ASKED,
    )
    if isinstance(decision, OnCase | Unassigned):
        tip.placement = decision.placement
        tip.alert_code = decision.alert_code
    if isinstance(decision, Unassigned):
        tip.stated_reference = decision.stated_reference
    session.add(tip)
    session.flush()
    _write_received(session, tip)
    return tip


def _write_received(session: Session, tip: Tip) -> None:
    session.add(TipEvent(tip_id=tip.id, kind=TipEventKind.RECEIVED, at=tip.received_at))


def _carry_out(
    session: Session, tip: Tip, decision: Decision, choice: PendingChoice | None
) -> Case | None:
    """File the tip on its case, or queue it with what is known; returns the case, if any."""
    match decision:
        case OnCase(case_id, placement):
            found = session.get_one(Case, case_id)
            place_on_case(session, tip, found, placement)
            return found
        case Ask(candidates):
            choice = ask(session, tip, candidates)
            wait_for(tip, choice)
        case AskAgain():
            if choice is not None:
                wait_for(tip, choice)
        case Unassigned(districts=districts):
            set_districts(tip, districts)
    session.flush()
    return None


# --- The reply ---------------------------------------------------------------------------


def _is_flooding(session: Session, tip: Tip) -> bool:
    since: datetime = utcnow() - timedelta(hours=1)
    from_sender = select(func.count()).where(
        Tip.sender_hash == tip.sender_hash, Tip.received_at > since
    )
    if (session.scalar(from_sender) or 0) <= REPLIES_AN_HOUR:
        return False
    warned = session.scalar(from_sender.where(Tip.urgent)) or 0
    return not (tip.urgent and warned <= WARNINGS_AN_HOUR)


def _reply(tip: Tip, decision: Decision, case: Case | None, choice: PendingChoice | None) -> str:
    match decision:
        case OnCase(placement=Placement.FOLLOW_UP) if case is not None:
            return replies.more_on_case(tip.language, dangerous=tip.urgent)
        case OnCase() if case is not None:
            return replies.on_case(
                tip.language, case.reference, tip.alert_code or _first_appeal(case),
                dangerous=tip.urgent,
            )  # fmt: skip
        case Ask(candidates):
            titles = [appeal.title for appeal in candidates]
            return replies.ask(tip.language, titles, dangerous=tip.urgent)
        case AskAgain() if choice is not None:
            return replies.ask_again(choice.language, len(choice.candidates), dangerous=tip.urgent)
    return replies.unassigned(
        tip.language, tip.alert_code, tip.stated_reference, dangerous=tip.urgent
    )


def _first_appeal(case: Case) -> str | None:
    """The code of one of the case's appeals, for the link to its form."""
    return case.appeals[-1].alert_code if case.appeals else None
