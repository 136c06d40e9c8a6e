"""How an inbound SMS is handled: parse the keyword, carry out the command, reply.

What answers our last question is taken for that; a command given instead is carried out, and the
question stays open for a day, but for "which area?" after a tip. No reply claims what an open
question has yet to decide: nobody follows or leaves anything by it until it is answered.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy.orm import Session

from areas.lookup import find_areas
from areas.written import without_street
from dispatch.hooks import Inbound, Reply
from dispatch.models import Channel, Opted
from dispatch.reply_limits import ReplyKind
from subscribers.models import Asked, Evidence
from subscribers.my_page_link import url_in_reply
from subscribers.sms import questions, replies, service_replies
from subscribers.sms.commands import KEPT, STOPS, Command, Verb
from subscribers.sms.following import (
    follow,
    follow_reading,
    is_expected,
    offer,
    offer_each,
    offer_wished,
)
from subscribers.sms.keywords import parse_keyword
from subscribers.sms.leaving import (
    erase,
    erase_or_ask,
    is_erased,
    keep_only,
    leave,
    leave_one_or_ask,
    leave_these,
    move,
    move_from,
    move_to,
    moved,
    moved_to,
    stopped_and_ask_to_erase,
)
from subscribers.sms.questions import Answer, Question
from subscribers.sms.sender import Sender
from subscribers.sms.typed_places import places_alone
from subscribers.sms.vocabulary import plain_message
from subscribers.subscribing import (
    active_channels,
    change_language,
    resume_contact,
    stop_contact,
)
from subscribers.written_places import Reading, Unclear, ask_about_each
from web.languages.choice import DEFAULT_LANGUAGE, current_language, speaking
from web.texts.language import language_of

log = structlog.get_logger(__name__)

SMS = Evidence.INBOUND_SMS
LEAVES = (*STOPS, Verb.ASK_ABOUT_STOP, Verb.LEAVE, Verb.KEEP_ONLY)
SETTLES = (Verb.FOLLOW, Verb.MOVE, Verb.LEAVE, Verb.KEEP_ONLY, Verb.ERASE, Verb.STATUS)
"""What is said to these tells or decides what somebody follows, or is asked to be sure of it."""
MAY_ANSWER = (Verb.THANKS, Verb.NO, Verb.TWO_THINGS, Verb.OFFER)
"""What also answers our own question: "ok", "nej", "jeg bor i 3400"."""


def answer_keyword(session: Session, inbound: Inbound) -> Reply | None:
    """Carry out a keyword and reply to it; None for a message that is not a keyword.

    By e-mail only STOP is accepted, because an e-mail's sender can be forged. What the provider
    says that a message asks for decides over its words, and has been answered. A command that comes
    late, after its sender has decided otherwise, changes nothing.
    """
    if inbound.opted is not None:
        return _follow_provider(session, inbound)
    command = parse_keyword(inbound.text)
    if inbound.channel is not Channel.SMS and (command is None or command.verb not in STOPS):
        return None
    sender = Sender(session, inbound)
    if command is not None and _is_overtaken(sender, command):
        log.info("keyword_overtaken", verb=command.verb, channel=inbound.channel)
        return None if command.verb in KEPT else Reply("")
    reply = _answer_question(session, sender, inbound.text, command)
    if reply is None and (command is None or (command.bare and command.verb is Verb.FOLLOW)):
        reply = _offer(session, sender, inbound, command)
    elif reply is None and command is not None:
        with speaking(sender.language or command.language or language_of(inbound.text)):
            reply = _reply(session, sender, inbound, command)
    if reply is not None and not reply.passes_on:
        verb = command.verb if command else None
        log.info("keyword_answered", verb=verb, channel=inbound.channel)
    return reply


def _is_overtaken(sender: Sender, command: Command) -> bool:
    """Whether what came earlier was written later, and takes this back."""
    if command.verb in LEAVES and sender.has_signed_up_since:
        return True
    return sender.has_stopped_since


def _offer(
    session: Session, sender: Sender, inbound: Inbound, command: Command | None
) -> Reply | None:
    """The answer to a message that is nothing but places; they may be more of a tip."""
    plain = plain_message(inbound.text)
    places = command.places if command else places_alone(plain)
    if places and is_expected(session, inbound):
        return _part_of_tip(session, sender, inbound, places)
    text = offer(session, sender, inbound, places)
    if text is None:
        return None
    is_address = without_street(plain) != plain
    return service_replies.kept(text) if is_address else Reply(text)  # It may be a tip.


def _part_of_tip(
    session: Session, sender: Sender, inbound: Inbound, places: Sequence[str]
) -> Reply | None:
    """Say that a place is kept with the tip, and how to follow it."""
    if not all(place.is_known for place in ask_about_each(session, places)):
        return None
    with speaking(sender.language or language_of(inbound.text)):
        return Reply(service_replies.part_of_tip(places[0]), passes_on=True, says_kept=True)


def _offer_wished(
    session: Session, sender: Sender, inbound: Inbound, command: Command
) -> Reply | None:
    """Ask about a place that may be wished for, unless it may as well be more of a tip."""
    if command.doubtful and is_expected(session, inbound):
        return None
    text = offer_wished(session, sender, command, current_language())
    return service_replies.kept(text) if text else None


def _reply(session: Session, sender: Sender, inbound: Inbound, command: Command) -> Reply | None:
    """The reply to a command; None if it turns out to be an ordinary sentence."""
    if command.verb is Verb.ASK_ABOUT_STOP and command.doubtful:  # "Stop ikke."
        sender.ask(current_language(), about=Asked.STOP)
        return service_replies.kept(_goes_on(sender))
    if command.verb is Verb.OFFER:
        return _offer_wished(session, sender, inbound, command)
    if command.verb is Verb.MOVED:
        return moved(session, sender, command)
    if command.verb is Verb.QUESTION:
        return service_replies.open_question()
    if command.verb is Verb.BEREAVED:
        sender.ask(current_language(), about=Asked.STOP)
        return service_replies.bereaved()
    if command.verb is Verb.TWO_THINGS and command.doubtful:  # There is more in it.
        return service_replies.kept(replies.one_thing_only())
    text = _carry_out(session, sender, command)
    asks = command.verb is Verb.ASK_ABOUT_STOP
    if asks or (text is None and command.verb is Verb.LEAVE and not command.doubtful):
        sender.ask(current_language(), about=Asked.STOP)
        return Reply(replies.ask_about_stop(), passes_on=not command.bare)
    if text is None:
        return None
    if command.is_foreign:
        text = " ".join([text, service_replies.other_language()])
    stops = command.verb in STOPS and not command.doubtful
    if command.verb is Verb.RESUME:
        return Reply(text, kind=ReplyKind.BEGUN_AGAIN)
    if command.verb in SETTLES:
        return Reply(text, kind=ReplyKind.SETTLED)
    return Reply(text, kind=ReplyKind.STOPPED if stops else ReplyKind.ORDINARY)


def _follow_provider(session: Session, inbound: Inbound) -> Reply:
    """Do what the provider has understood; an opt-out is noted already, for all rooms."""
    sender = Sender(session, inbound)
    if inbound.opted is Opted.START and sender.contact and not sender.has_stopped_since:
        resume_contact(session, sender.contact, Evidence.PROVIDER, sender.wrote_at)
    return Reply("")


def _carry_out(session: Session, sender: Sender, command: Command) -> str | None:
    """The reply to a command; None if it turns out to be an ordinary sentence."""
    match command.verb:
        case Verb.HELP:
            return service_replies.help_text()
        case Verb.EMPTY:
            return service_replies.nothing_written()
        case Verb.STOP if command.doubtful and sender.may_mean_one_area:
            return leave_one_or_ask(session, sender, sender.followed())
        case Verb.STOP:
            return _stopped(session, sender)
        case Verb.STOP_AND_ERASE:
            return stopped_and_ask_to_erase(sender, mail_goes_on=_stop(session, sender))
        case Verb.STOP_FOR_ANOTHER:
            return replies.stopped_for_another(mail_goes_on=_stop(session, sender))
        case Verb.ASK_ABOUT_STOP | Verb.BEREAVED | Verb.QUESTION | Verb.OFFER | Verb.MOVED:
            return None  # Asked about, or kept: see ``_reply``.
        case Verb.TWO_THINGS:
            return replies.one_thing_only()
        case Verb.MY_PAGE:
            return _my_page(session, sender)
        case Verb.MY_DATA:
            return service_replies.my_data()
        case Verb.ERASE:
            return erase_or_ask(session, sender)
        case Verb.IS_ERASED:
            return is_erased(session, sender)
        case Verb.PAUSE:
            return service_replies.pause()
        case Verb.GENUINE:
            return service_replies.genuine()
        case Verb.CHECK:
            return service_replies.check()
        case Verb.COST:
            return service_replies.cost()
        case Verb.BY_MAIL:
            return service_replies.by_mail()
        case Verb.HOW_TO_CHANGE:
            return service_replies.how_to_change()
        case Verb.NO:
            return service_replies.no_to_nothing()
        case Verb.CODE:
            return service_replies.code()
        case Verb.MY_TIP:
            return service_replies.my_tip()
        case Verb.HOW_TO_SIGN_UP:
            return _how_to_sign_up(sender, command.language)
        case Verb.THANKS | Verb.REACTION | Verb.AUTOMATIC:
            return ""
        case Verb.STATUS:
            return _status(sender)
        case Verb.LANGUAGE:
            return _change_language(session, sender, command)
        case Verb.REGRET if sender.contact is None or not sender.contact.is_suppressed:
            return _status(sender)  # Nothing was stopped.
        case Verb.LEAVE:
            return leave(session, sender, command)
        case Verb.KEEP_ONLY:
            return keep_only(session, sender, command)
        case Verb.RESUME | Verb.REGRET | Verb.FOLLOW | Verb.MOVE if sender.address is None:
            return ""  # A number that we cannot send to.
        case Verb.RESUME | Verb.REGRET:
            return _resume(session, sender, sender.language or command.language or DEFAULT_LANGUAGE)
        case Verb.FOLLOW:
            return follow(session, sender, command)
        case Verb.MOVE:
            return move(session, sender, command)


def _stopped(session: Session, sender: Sender) -> str:
    """Opt out this number; what has come of it."""
    follows = bool(sender.followed())
    return replies.stopped(mail_goes_on=_stop(session, sender), has_areas=follows)


def _stop(session: Session, sender: Sender) -> bool:
    """Opt out this number; returns whether alerts go on by e-mail."""
    if sender.address is not None:
        stop_contact(session, sender.ensure_contact(), SMS, sender.wrote_at)
        sender.forget_question()
    return sender.subscriber is not None and Channel.EMAIL in active_channels(
        session, sender.subscriber
    )


def _status(sender: Sender) -> str:
    return replies.status(sender.followed(), suppressed=sender.is_stopped)


def _goes_on(sender: Sender) -> str:
    """What they follow still, for somebody who does not want to stop, or so it seems."""
    return _status(sender) if sender.is_stopped else replies.not_stopped(sender.followed())


def _my_page(session: Session, sender: Sender) -> str:
    """The link to their own page; where to ask for it, for whoever has none or asks often."""
    url = None
    if sender.subscriber is not None and sender.contact is not None:
        url = url_in_reply(session, sender.subscriber, sender.contact)
    return service_replies.page_link(url) if url else service_replies.my_page()


def _change_language(session: Session, sender: Sender, command: Command) -> str:
    """Write in another language from now on; asks about the places that were named with it."""
    language = command.language or DEFAULT_LANGUAGE
    if command.places:
        if sender.subscriber is not None:
            change_language(session, sender.subscriber, language)
        return offer_each(sender, ask_about_each(session, command.places), language)
    asked = sender.address and questions.find_question(session, sender.address, sender.contact)
    question = asked[0] if asked else None
    if question is not None:
        sender.ask(language, question.areas, question.waiting, question.about)
    with speaking(language):
        if sender.subscriber is not None:
            change_language(session, sender.subscriber, language)
            return service_replies.language_changed()
        if question is not None:
            return _ask_again(session, sender, question)
        sender.ask(language)
        return replies.which_area()


def _how_to_sign_up(sender: Sender, language: str | None) -> str:
    """How to follow an area; who follows some already reads which."""
    if sender.followed():
        return _status(sender)
    sender.ask(sender.language or language or current_language())
    return replies.how_to_sign_up()


def _resume(session: Session, sender: Sender, language: str) -> str:
    subscriber = (
        resume_contact(session, sender.contact, SMS, sender.wrote_at) if sender.contact else None
    )
    areas = sender.followed() if subscriber else []
    sender.ask(language)
    return replies.welcome_back(areas) if areas else replies.which_area()


def _answer_question(
    session: Session, sender: Sender, text: str, command: Command | None
) -> Reply | None:
    """The reply to what answers our last question, or may do so; None if it doesn't."""
    asked = sender.address and questions.find_question(session, sender.address, sender.contact)
    if not asked:
        return None
    question, is_last = asked
    may_be_answer = command is None or command.bare or command.verb in MAY_ANSWER
    if not (may_be_answer or questions.confirms_erasing(question, text)):
        return None
    answer = questions.read_answer(session, question, text, is_last=is_last)
    if answer is None and is_last and command is None and questions.may_answer(question, text):
        with speaking(sender.language or question.language):
            return service_replies.kept(_ask_again(session, sender, question))
    if answer is None:
        is_open = question.about is Asked.FOLLOW and not (question.areas or question.waiting)
        if is_open and command is None:
            # After a tip, a place alone is more of it.
            sender.ask(question.language, about=Asked.NOTHING)
        return None
    with speaking(sender.language or question.language):
        if question.about in (Asked.STOP, Asked.LEAVE) and answer.agrees:
            return Reply(_stopped(session, sender), kind=ReplyKind.STOPPED)
        if question.about is Asked.ERASE and answer.agrees:
            return Reply(erase(session, sender), kind=ReplyKind.SETTLED)
        return Reply(_do_as_answered(session, sender, question, answer), kind=ReplyKind.SETTLED)


def _do_as_answered(session: Session, sender: Sender, question: Question, answer: Answer) -> str:
    if answer.again:
        return _ask_again(session, sender, question)
    if question.about is Asked.FOLLOW:
        return _follow_answer(session, sender, question, answer)
    if answer.declines:
        sender.forget_question()
        if question.about is Asked.ERASE:
            return " ".join([service_replies.not_erased(), _status(sender)])
        areas = sender.followed()
        return replies.still_following(areas) if areas else replies.declined()
    if question.about is Asked.LEAVE:
        return leave_these(session, sender, answer.areas)
    if question.about is Asked.MOVE_FROM:
        leaving = question.areas if answer.agrees else answer.areas
        target = find_areas(session, map(int, question.waiting))
        if answer.adds:
            return follow_reading(session, sender, Reading(target), question.language)
        return move_from(session, sender, Reading(target), leaving, question.language)
    reading = answer.reading or Reading(list(answer.areas))
    named = find_areas(session, map(int, question.waiting))
    if question.about is Asked.MOVED_TO:
        return moved_to(session, sender, reading, named, question.language)
    return move_to(session, sender, reading, named, question.language)


def _follow_answer(session: Session, sender: Sender, question: Question, answer: Answer) -> str:
    waiting = ask_about_each(session, question.waiting)
    if answer.declines and not waiting:
        sender.forget_question()
        return replies.declined()
    reading = answer.reading or Reading(list(answer.areas))
    reading.unclear += waiting
    return follow_reading(session, sender, reading, question.language)


def _ask_again(session: Session, sender: Sender, question: Question) -> str:
    """The question once more, in the current language."""
    match question.about:
        case Asked.STOP:
            return replies.ask_about_stop()
        case Asked.ERASE:
            return is_erased(session, sender)
        case Asked.LEAVE | Asked.MOVE_FROM:
            target = find_areas(session, map(int, question.waiting))
            return replies.which_to_leave(question.areas, instead=target)
    place = Unclear("", question.areas, ambiguous=True)
    return replies.unclear(place) if question.areas else replies.which_area()
