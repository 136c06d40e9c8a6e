"""Receiving tips: every message that is not a keyword, and the form on an alert's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.kinds import APPEALS
from alerts.models import Alert, AlertStatus
from alerts.releasing.published import (
    ReceivedAppeal,
    alerts_named,
    appeals_received,
    headline_of,
    last_alert_received,
)
from cases.journal_prefixes import owners_of
from cases.lookup import case_of_appeal, cases_of_appeals, cases_with
from cases.models import Case
from cases.references import find_case_references
from database import Domain, blind_index, utcnow, whole_minute
from dispatch.hooks import Inbound, Reply
from dispatch.reply_limits import ReplyKind
from subscribers.sms.questions import forget_question
from subscribers.sms.sender import language_of_address
from tips.filing import place_on_case, set_districts
from tips.intake import replies
from tips.intake.choices import answer_choice, ask, open_choice, wait_for
from tips.intake.danger import (
    asks_whether_safe,
    call_112,
    cannot_speak,
    danger_in,
    is_dangerous,
    is_despair,
    is_in_hazard,
)
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
from web.texts.language import language_of
from web.texts.quotes import without_known, without_quotes

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class WebTip:
    """A submission of the form on an alert's page."""

    text: str
    seen: str | None = None
    contact_details: str | None = None

    @property
    def all_words(self) -> str:
        """What was written in any of the fields."""
        return "\n".join(filter(None, (self.text, self.seen, self.contact_details)))


def receive_message(session: Session, inbound: Inbound) -> Reply:
    """Store a message as a tip, file it where it belongs and return the reply.

    The message may also be the answer to "1 or 2?": then the waiting tips are filed on that case.
    """
    language = _language(session, inbound)
    if not has_content(inbound.text):
        return Reply(replies.empty(language))
    sender_hash = blind_index(Domain.TIPS, inbound.sender)
    choice = open_choice(session, sender_hash)
    number = read_choice(inbound.text)
    if choice is not None and number is not None:
        return answer_choice(session, choice, number)
    received = appeals_received(session, inbound.channel, inbound.sender)
    asked = [text for appeal in received for text in _texts(appeal.alert)]
    said = without_known(without_quotes(inbound.text), asked)
    newest = _newest_warning(session, inbound)
    warned = list(_texts(newest)) if newest else []
    if newest is not None:
        said = without_known(said, warned)
    danger = danger_in(said, "\n".join(asked))
    appeals = _appeals(session, received, language)
    found = [ReceivedAppeal(alert, utcnow()) for alert in alerts_named(session, said)]
    named = _appeals(session, found, language)
    decision = decide(_gather_facts(session, said, sender_hash, choice, appeals, named))
    is_question = danger is None and asks_whether_safe(said)
    if danger is None and not is_question and is_in_hazard(said, "\n".join(warned)):
        danger = language
    if danger and newest is not None and _is_guessed(decision):
        # What happens now is not what an appeal asked about before it.
        decision = Unassigned(alert_code=newest.code, districts=frozenset(newest.district_codes))
    if (danger or is_question) and isinstance(decision, Ask):
        decision = Unassigned(districts=_districts(decision.candidates))  # Nothing more is asked.
    tip = _store_message(session, inbound, sender_hash, language, decision, urgent=bool(danger))
    case = _carry_out(session, tip, decision, choice)
    # No ids: the lines around it tell of the message and its reply.
    log.info("tip_received", channel=tip.channel.value, placement=tip.placement.value)
    if is_question:
        return Reply(_where_it_says(session, inbound, language))
    if danger or isinstance(decision, Ask | AskAgain):
        # The reply asks this instead, or nothing: "yes" must not answer what was asked before.
        forget_question(session, inbound.sender)
    if danger is None:
        is_receipt = isinstance(decision, OnCase | Unassigned)
        return Reply(_reply(tip, decision, case, choice), is_receipt=is_receipt)
    text = call_112(danger) or replies.danger(
        language, is_silent=cannot_speak(said), is_despair=is_despair(said)
    )
    return Reply(text, kind=ReplyKind.WARNING)


def _newest_warning(session: Session, inbound: Inbound) -> Alert | None:
    """The alert that the sender last heard of, if it is still active and no appeal."""
    alert = last_alert_received(session, inbound.channel, inbound.sender)
    if alert is None or alert.kind in APPEALS or alert.status is not AlertStatus.ACTIVE:
        return None
    return alert


def _is_guessed(decision: Decision) -> bool:
    """Whether no word of the message says that it belongs there."""
    if isinstance(decision, OnCase | Unassigned):
        return decision.placement in (Placement.APPEAL, Placement.FOLLOW_UP, Placement.NONE)
    return True


def _districts(appeals: Sequence[Appeal]) -> frozenset[str]:
    return frozenset(code for appeal in appeals for code in appeal.districts)


def _where_it_says(session: Session, inbound: Inbound, language: str) -> str:
    """The answer to "is it safe?": the page of the alert that the sender last heard of."""
    alert = last_alert_received(session, inbound.channel, inbound.sender)
    if alert is None:
        return replies.safety_question(language, None)
    return replies.safety_question(
        language,
        alert.code,
        is_over=alert.status is AlertStatus.CLOSED,
        is_withdrawn=alert.status is AlertStatus.WITHDRAWN,
    )


def _language(session: Session, inbound: Inbound) -> str:
    """The language of the reply: the subscriber's own; a stranger's is guessed."""
    known = language_of_address(session, inbound.channel, inbound.sender, inbound.text)
    return known or language_of(inbound.text)


def _texts(alert: Alert) -> Iterator[str]:
    """What an alert says, in every language."""
    for text in alert.texts.values():
        yield text.title
        yield text.body


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
        urgent=is_dangerous(written.all_words, "\n".join(_texts(alert))),
        placement=Placement.FORM,
    )
    session.add(tip)
    session.flush()
    _write_received(session, tip)
    if case is None:
        set_districts(tip, alert.district_codes)
    else:
        place_on_case(session, tip, case, Placement.FORM)
    log.info("tip_received", channel="web", placement=tip.placement.value)
    return tip


def has_content(text: str) -> bool:
    """Whether a text says anything; emoji do, spaces and invisible characters don't."""
    return any(char.isprintable() and not char.isspace() for char in text)


# --- Facts about a message ---------------------------------------------------------------


def _gather_facts(
    session: Session,
    said: str,
    sender_hash: bytes,
    choice: PendingChoice | None,
    appeals: tuple[Appeal, ...],
    named: tuple[Appeal, ...],
) -> Facts:
    """What is known; ``said`` is the message without what it quotes."""
    stated = tuple(find_case_references(said))
    return Facts(
        now=utcnow(),
        stated=stated,
        cases={reference: _stated_cases(session, reference) for reference in stated},
        owners=owners_of(session, stated),
        asked_at=choice.asked_at if choice else None,
        earlier=_earlier(session, sender_hash),
        appeals=appeals,
        named=named,
    )


def _stated_cases(session: Session, reference: str) -> list[StatedCase]:
    return [StatedCase(case.id, case.district_codes) for case in cases_with(session, reference)]


def _appeals(
    session: Session, received: Sequence[ReceivedAppeal], language: str
) -> tuple[Appeal, ...]:
    cases = cases_of_appeals(session, [alert.code for alert, _sent_at in received])
    return tuple(
        Appeal(
            code=alert.code,
            case_id=cases.get(alert.code),
            title=headline_of(alert, language).title,
            sent_at=sent_at,
            districts=frozenset(alert.district_codes),
        )
        for alert, sent_at in received
    )


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
    session: Session,
    inbound: Inbound,
    sender_hash: bytes,
    language: str,
    decision: Decision,
    *,
    urgent: bool,
) -> Tip:
    tip = Tip(
        channel=TipChannel(inbound.channel.value),
        language=language,
        text=inbound.text,
        sender=inbound.sender,
        sender_hash=sender_hash,
        urgent=urgent,
        received_at=whole_minute(inbound.received_at),
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


def _reply(tip: Tip, decision: Decision, case: Case | None, choice: PendingChoice | None) -> str:
    match decision:
        case OnCase(placement=Placement.FOLLOW_UP) if case is not None:
            return replies.more_on_case(tip.language, case.reference)
        case OnCase() if case is not None:
            return replies.on_case(
                tip.language, case.reference, tip.alert_code or _first_appeal(case),
            )  # fmt: skip
        case Ask(candidates):
            titles = [appeal.title for appeal in candidates]
            return replies.ask(tip.language, titles)
        case AskAgain() if choice is not None:
            return replies.ask_again(choice.language, len(choice.candidates))
    return replies.unassigned(tip.language, tip.alert_code, tip.stated_reference)


def _first_appeal(case: Case) -> str | None:
    """The code of one of the case's appeals, for the link to its form."""
    return case.appeals[-1].alert_code if case.appeals else None
