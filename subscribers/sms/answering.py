"""How an inbound SMS is handled: parse the keyword, carry out the command, reply."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy.orm import Session

from areas.models import Area
from dispatch.contacts import AddressError, ensure_contact, find_contact, parse_address
from dispatch.hooks import Inbound, Reply
from dispatch.models import Channel, Contact
from subscribers.models import Evidence, Subscriber
from subscribers.sms import replies
from subscribers.sms.keywords import Command, Verb, parse_keyword
from subscribers.subscribing import (
    MAX_AREAS,
    active_channels,
    change_language,
    find_subscriber,
    followed_areas,
    leave_areas,
    resume_contact,
    stop_contact,
    subscribe,
)
from subscribers.written_places import Unclear, named_among, read_places
from web.languages.choice import DEFAULT_LANGUAGE, speaking
from web.languages.public_addresses import public_page

log = structlog.get_logger(__name__)

SMS = Evidence.INBOUND_SMS


def answer_keyword(session: Session, inbound: Inbound) -> Reply | None:
    """Carry out a keyword and reply to it; None for a message that is not a keyword.

    By e-mail only STOP is accepted, because an e-mail's sender can be forged.
    """
    command = parse_keyword(inbound.text)
    if command is None or (inbound.channel is not Channel.SMS and command.verb is not Verb.STOP):
        return None
    sender = _Sender(session, inbound)
    with speaking(sender.language or command.language or DEFAULT_LANGUAGE):
        text = _carry_out(session, sender, command)
    if text is None:
        return None
    log.info("keyword_answered", verb=command.verb, channel=inbound.channel)
    return Reply(text)


class _Sender:
    """The sender of a message: address, contact and subscriber, as far as they exist."""

    def __init__(self, session: Session, inbound: Inbound) -> None:
        self._session = session
        self.channel = inbound.channel
        self.address: str | None = None
        self.contact: Contact | None = None
        self.subscriber: Subscriber | None = None
        try:
            self.address = parse_address(inbound.channel, inbound.sender)
        except AddressError:
            return  # Not a number we send to: it gets replies, but cannot subscribe.
        self.contact = find_contact(session, inbound.channel, self.address)
        if self.contact is not None:
            self.subscriber = find_subscriber(session, self.contact)

    @property
    def language(self) -> str | None:
        return self.subscriber.language if self.subscriber else None

    def ensure_contact(self) -> Contact:
        assert self.address is not None  # noqa: S101 - callers have checked
        if self.contact is None:
            self.contact = ensure_contact(self._session, self.channel, self.address)
        return self.contact


def _carry_out(session: Session, sender: _Sender, command: Command) -> str | None:
    """The reply to a command; None if it turns out to be an ordinary sentence."""
    match command.verb:
        case Verb.HELP:
            return replies.help_text()
        case Verb.EMPTY:
            return replies.nothing_written()
        case Verb.STOP:
            return _stop(session, sender)
        case Verb.STATUS:
            return _status(session, sender)
        case Verb.LANGUAGE:
            return _change_language(session, sender, command.language or DEFAULT_LANGUAGE)
        case Verb.LEAVE:
            return _leave(session, sender, command)
        case Verb.RESUME | Verb.FOLLOW if sender.address is None:
            return replies.not_a_danish_number(public_page("subscribers.sign_up_form"))
        case Verb.RESUME:
            return _resume(session, sender)
        case Verb.FOLLOW:
            return _follow(session, sender, command)


def _stop(session: Session, sender: _Sender) -> str:
    if sender.address is not None:
        stop_contact(session, sender.ensure_contact(), SMS)
    mail = sender.subscriber is not None and Channel.EMAIL in active_channels(
        session, sender.subscriber
    )
    return replies.stopped(mail_goes_on=mail)


def _status(session: Session, sender: _Sender) -> str:
    if sender.contact is None or sender.subscriber is None:
        return replies.not_signed_up()
    areas = followed_areas(session, sender.subscriber)
    return replies.status(areas, suppressed=sender.contact.suppressed_at is not None)


def _change_language(session: Session, sender: _Sender, language: str) -> str:
    with speaking(language):
        if sender.subscriber is None:
            return replies.which_area()
        change_language(session, sender.subscriber, language)
        return replies.language_changed()


def _resume(session: Session, sender: _Sender) -> str:
    if sender.contact is None:
        return replies.which_area()
    subscriber = resume_contact(session, sender.contact, SMS)
    areas = followed_areas(session, subscriber) if subscriber else []
    return replies.welcome_back(areas) if areas else replies.which_area()


def _follow(session: Session, sender: _Sender, command: Command) -> str | None:
    if command.bare and sender.subscriber and followed_areas(session, sender.subscriber):
        return None  # A subscriber's "3400" answers some other question.
    reading = read_places(session, command.places)
    if not reading.areas:
        guessed = any(place.suggestions for place in reading.unclear)
        if command.bare or (command.doubtful and not guessed):
            return None
        return replies.unclear(reading.unclear[0])
    language = sender.language or command.language or DEFAULT_LANGUAGE
    subscriber = subscribe(
        session, sender.ensure_contact(), reading.areas, language=language, evidence=SMS
    )
    followed = {area.id for area in followed_areas(session, subscriber)}
    if not all(area.id in followed for area in reading.areas):
        return replies.too_many(MAX_AREAS)
    return _with_rest(replies.following(reading.areas), reading.unclear)


def _with_rest(text: str, unclear: Sequence[Unclear]) -> str:
    return f"{text} {replies.also_unclear(unclear)}" if unclear else text


def _leave(session: Session, sender: _Sender, command: Command) -> str:
    followed = followed_areas(session, sender.subscriber) if sender.subscriber else []
    leaving: list[Area] = []
    strange: list[str] = []
    for place in command.places:
        named = named_among(followed, place)
        leaving.extend(named)
        if not named:
            strange.append(place)
    elsewhere = read_places(session, strange)
    leaving.extend(area for area in followed if area.id in {other.id for other in elsewhere.areas})
    if leaving and sender.subscriber is not None:
        leave_areas(session, sender.subscriber, [area.id for area in leaving])
        return replies.left(leaving, followed_areas(session, sender.subscriber))
    is_place = elsewhere.areas or any(
        place.suggestions or place.text[0].isdigit() for place in elsewhere.unclear
    )
    if not is_place:
        return _stop(session, sender)  # "Stop nu for alvor": short, and names no place we know.
    return replies.not_followed(command.places[0])
