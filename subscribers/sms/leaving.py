"""Leaving areas by SMS, moving from one to another, being forgotten. What is unclear is asked."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from areas.lookup import parents_of
from areas.models import Area
from dispatch.hooks import Reply
from dispatch.models import Channel
from subscribers.models import Asked, Evidence
from subscribers.sms import questions, replies, service_replies
from subscribers.sms.commands import Command
from subscribers.sms.following import follow_reading, offer_each
from subscribers.sms.sender import Sender
from subscribers.subscribing import active_channels, erase_contact, leave_areas
from subscribers.written_places import Reading, ask_about_each, named_among, read_places
from web.languages.choice import DEFAULT_LANGUAGE, current_language


def leave(session: Session, sender: Sender, command: Command) -> str | None:
    """Leave areas that are followed; None if what was named is no place that is known exactly."""
    leaving, is_place = _meant(session, sender, command.places)
    if leaving and command.in_sentence:
        return _ask_whether_to_leave(sender, leaving)
    if leaving and not _are_all_places(session, sender, command.places):
        return _ask_which_to_leave(sender, sender.followed())
    if leaving:
        return leave_these(session, sender, leaving)
    if not is_place:
        return None
    around = _still_around(session, read_places(session, command.places).areas, sender.followed())
    if around and not sender.is_stopped:
        return replies.followed_within(command.places[0], around)
    return replies.not_followed(command.places[0])


def leave_these(session: Session, sender: Sender, leaving: Sequence[Area]) -> str:
    """Leave these areas, which are followed."""
    assert sender.subscriber is not None  # noqa: S101 - somebody follows them
    leave_areas(session, sender.subscriber, [area.id for area in leaving])
    sender.forget_question()
    remaining = sender.followed()
    around = [] if sender.is_stopped else _still_around(session, leaving, remaining)
    return replies.left_but_within(leaving, around) if around else replies.left(leaving, remaining)


def _still_around(session: Session, areas: Sequence[Area], followed: Sequence[Area]) -> list[Area]:
    """The followed areas in which one of these lies: its alerts go on coming."""
    wider = {parent.id for area in areas for parent in parents_of(session, area)}
    return [area for area in followed if area.id in wider]


def keep_only(session: Session, sender: Sender, command: Command) -> str:
    """Leave all areas but those named; if one of them is not followed, ask which to leave."""
    followed = sender.followed()
    if not followed:
        return replies.not_signed_up()
    kept: dict[int, Area] = {}
    for place in command.places:
        meant, is_place = _meant(session, sender, [place])
        if is_place and not meant:
            return replies.not_followed(place)
        if not meant:
            return _ask_which_to_leave(sender, followed)
        kept |= {area.id: area for area in meant}
    leaving = [area for area in followed if area.id not in kept]
    if not kept:
        return _ask_which_to_leave(sender, followed)
    if not leaving:
        return replies.status(followed, suppressed=sender.is_stopped)
    left = leave_these(session, sender, leaving)
    return left if sender.is_stopped else replies.moved(list(kept.values()), leaving)


def _ask_whether_to_leave(sender: Sender, leaving: Sequence[Area]) -> str:
    if len(leaving) > 1:
        return _ask_which_to_leave(sender, leaving)
    sender.ask(sender.language or DEFAULT_LANGUAGE, leaving, about=Asked.LEAVE)
    return replies.ask_to_leave(leaving[0])


def _are_all_places(session: Session, sender: Sender, places: Sequence[str]) -> bool:
    """Whether nothing among them is a word that we do not understand."""
    return all(any(_meant(session, sender, [place])) for place in places)


def _ask_which_to_leave(sender: Sender, followed: Sequence[Area]) -> str:
    sender.ask(sender.language or DEFAULT_LANGUAGE, followed, about=Asked.LEAVE)
    return replies.which_to_leave(followed)


def leave_one_or_ask(session: Session, sender: Sender, followed: Sequence[Area]) -> str:
    """Leave the only area that is followed, or ask which one."""
    if len(followed) == 1:
        return leave_these(session, sender, followed)
    return _ask_which_to_leave(sender, followed)


def _meant(session: Session, sender: Sender, places: Sequence[str]) -> tuple[list[Area], bool]:
    """The followed areas that these places mean; and whether one of the others is a place at all.

    A name that several areas have means the only one of them that is followed.
    """
    followed = sender.followed()
    meant: list[Area] = []
    strange: list[str] = []
    for place in places:
        named = named_among(followed, place)
        meant.extend(named)
        if not named:
            strange.append(place)
    elsewhere = read_places(session, strange)
    ids = {area.id for area in elsewhere.areas}
    for unclear in elsewhere.unclear:
        suggested = [area for area in followed if area in unclear.suggestions]
        if unclear.ambiguous and len(suggested) == 1:
            ids.add(suggested[0].id)
    meant.extend(area for area in followed if area.id in ids)
    is_place = elsewhere.areas or any(
        place.ambiguous or place.text[0].isdigit() for place in elsewhere.unclear
    )
    return meant, bool(is_place)


def move(session: Session, sender: Sender, command: Command) -> str | None:
    """Follow a place instead of another; None if what was named is no place."""
    reading = read_places(session, command.places)
    if any(not place.is_known for place in reading.unclear):
        return None
    leaving: list[Area] = []
    if command.instead_of:
        leaving, is_place = _meant(session, sender, command.instead_of)
        if not leaving:
            return replies.not_followed(command.instead_of[0]) if is_place else None
    language = sender.language or DEFAULT_LANGUAGE
    if command.doubtful and leaving and reading.areas:
        sender.ask(language, leaving, _ids(reading.areas), Asked.MOVE_FROM)
        return replies.which_to_leave(leaving, instead=reading.areas)
    return move_to(session, sender, reading, leaving, language)


def move_to(
    session: Session, sender: Sender, reading: Reading, leaving: Sequence[Area], language: str
) -> str:
    """Follow this place instead of others: those named, or the only one; else ask which."""
    meant = {area.id for area in reading.areas}
    others = [area for area in sender.followed() if area.id not in meant]
    if not others:
        return follow_reading(session, sender, reading, language)
    if reading.unclear:
        sender.ask(language, replies.offered(reading.unclear[0]), _ids(leaving), Asked.MOVE_TO)
        return replies.unclear(reading.unclear[0])
    if not leaving and len(others) > 1:
        sender.ask(language, others, _ids(reading.areas), Asked.MOVE_FROM)
        return replies.which_to_leave(others, instead=reading.areas)
    return move_from(session, sender, reading, leaving or others, language)


def move_from(
    session: Session, sender: Sender, reading: Reading, leaving: Sequence[Area], language: str
) -> str:
    """Follow these areas and leave others, both known now."""
    assert sender.subscriber is not None  # noqa: S101 - somebody follows what is left
    comes_back = sender.is_stopped
    leave_areas(session, sender.subscriber, [area.id for area in leaving])
    now_followed = follow_reading(session, sender, reading, language)
    return now_followed if comes_back else replies.moved(reading.areas, leaving)


def erase_or_ask(session: Session, sender: Sender) -> str:
    """Ask whether to delete what is kept of this number; who repeats the wish has answered."""
    if sender.address is None or sender.contact is None or sender.contact.address is None:
        return service_replies.nothing_to_erase()
    asked = questions.find_question(session, sender.address, sender.contact)
    if asked is not None and asked[0].about is Asked.ERASE:
        return erase(session, sender)
    return ask_to_erase(session, sender)


def ask_to_erase(session: Session, sender: Sender) -> str:
    """Ask whether to delete what is kept of this number; nothing has changed yet."""
    sender.ask(current_language(), about=Asked.ERASE)
    return service_replies.ask_to_erase(
        mail_goes_on=_gets_mail(session, sender), is_stopped=sender.is_stopped
    )


def is_erased(session: Session, sender: Sender) -> str:
    """Whether this number is kept still; who asks is offered to have it deleted."""
    if sender.address is None or sender.contact is None or sender.contact.address is None:
        return service_replies.nothing_to_erase()
    return " ".join([service_replies.not_erased(), ask_to_erase(session, sender)])


def stopped_and_ask_to_erase(sender: Sender, *, mail_goes_on: bool) -> str:
    """The reply to who wanted to be deleted and has been stopped: asks about the rest."""
    sender.ask(current_language(), about=Asked.ERASE)
    return replies.stopped_and_ask_to_erase(mail_goes_on=mail_goes_on)


def erase(session: Session, sender: Sender) -> str:
    """Delete at once what is kept of this number."""
    mail_goes_on = _gets_mail(session, sender)
    if sender.contact is not None:
        erase_contact(session, sender.contact, Evidence.INBOUND_SMS, sender.wrote_at)
    sender.forget_question()
    return service_replies.erased(mail_goes_on=mail_goes_on)


def _gets_mail(session: Session, sender: Sender) -> bool:
    """Whether alerts go on by e-mail when this number gets none."""
    return sender.subscriber is not None and Channel.EMAIL in active_channels(
        session, sender.subscriber
    )


def moved(session: Session, sender: Sender, command: Command) -> Reply | None:
    """Somebody has moved: to both places named, or asked what is meant; None for no place."""
    language = sender.language or command.language or DEFAULT_LANGUAGE
    followed = [] if sender.is_stopped else sender.followed()
    if not command.places and followed:
        return service_replies.kept(service_replies.how_to_change())
    if not command.places:
        sender.ask(language)
        return service_replies.kept(replies.which_area())
    reading = read_places(session, command.places)
    place = command.places[0]
    if any(each.too_wide or not (each.is_known or place.isdigit()) for each in reading.unclear):
        return None
    others = [area for area in followed if area not in reading.areas]
    if command.later or not others:
        text = offer_each(sender, ask_about_each(session, command.places), language)
        if command.later:
            text = replies.not_later(text, place if others else None)
        return service_replies.kept(text)
    leaving, _is_place = _meant(session, sender, command.instead_of)
    if not leaving and not command.doubtful and not command.instead_of and len(others) == 1:
        leaving = others
    text = moved_to(session, sender, reading, leaving, language)
    is_done = leaving and reading.areas
    return Reply(text) if is_done else service_replies.kept(text)


def moved_to(
    session: Session, sender: Sender, reading: Reading, leaving: Sequence[Area], language: str
) -> str:
    """Follow this place instead of others, if those are named; else ask whether to replace any."""
    if reading.unclear:
        sender.ask(language, replies.offered(reading.unclear[0]), _ids(leaving), Asked.MOVED_TO)
        return replies.unclear(reading.unclear[0])
    others = [area for area in sender.followed() if area not in reading.areas]
    if not others:
        return follow_reading(session, sender, reading, language)
    if leaving:
        return move_from(session, sender, reading, leaving, language)
    sender.ask(language, others, _ids(reading.areas), Asked.MOVE_FROM)
    return replies.which_to_leave(others, instead=reading.areas)


def _ids(areas: Sequence[Area]) -> list[str]:
    return [str(area.id) for area in areas]
