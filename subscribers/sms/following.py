"""Signing up by SMS: following what is certain, asking about what is not, offering what is named.

A place that somebody sends alone, without having been asked, is offered; where an answer is
expected from them (``dispatch.hooks.register_conversation``), it is left to whoever waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from areas.models import Area
from dispatch.hooks import Inbound, current_hooks
from subscribers.models import Evidence
from subscribers.sms import name_lists, replies
from subscribers.sms.commands import Command
from subscribers.sms.sender import Sender
from subscribers.subscribing import MAX_AREAS, followed_areas, subscribe
from subscribers.written_places import (
    Reading,
    Unclear,
    ask_about_each,
    read_places,
    read_places_in_sentence,
)
from web.languages.choice import DEFAULT_LANGUAGE, speaking
from web.texts.language import language_of


def follow(session: Session, sender: Sender, command: Command) -> str | None:
    """Follow the places of a sign-up; None if it was an ordinary sentence."""
    if command.in_sentence:
        reading = read_places_in_sentence(session, command.places)
    else:
        run_together = len(command.places) == 1
        reading = read_places(session, command.places, run_together=run_together)
    reading.unclear += ask_about_each(session, command.unsure)
    if not reading.areas:
        guessed = any(place.suggestions for place in reading.unclear)
        if not reading.unclear or (command.doubtful and not guessed):
            return None
    language = sender.language or command.language or DEFAULT_LANGUAGE
    return follow_reading(session, sender, reading, language)


def follow_reading(session: Session, sender: Sender, reading: Reading, language: str) -> str:
    """Follow what is certain, and ask about the first place that is not."""
    unclear = reading.unclear
    if not reading.areas:
        longest = name_lists.MEDIUM_LIST if len(unclear) > 1 else name_lists.LONGEST_LIST
        sender.ask_about(language, unclear, longest)
        return replies.unclear_in_turn(unclear, longest)
    back = _left_by_stop(sender, reading)
    subscriber = subscribe(
        session,
        sender.ensure_contact(),
        reading.areas,
        language=language,
        evidence=Evidence.INBOUND_SMS,
        at=sender.wrote_at,
    )
    followed = {area.id for area in followed_areas(session, subscriber)}
    if not all(area.id in followed for area in reading.areas):
        return replies.too_many(MAX_AREAS)
    if unclear:
        sender.ask_about(language, unclear, name_lists.SHORT_LIST)
        areas = [*reading.areas, *back]
        return replies.following_and_unclear(areas, reading.local_names, unclear)
    sender.forget_question()
    if back:
        return replies.following_again(reading.areas, reading.local_names, back)
    return replies.following(reading.areas, reading.local_names)


def _left_by_stop(sender: Sender, reading: Reading) -> list[Area]:
    """The other areas that come back with these, for somebody who had said STOP."""
    if not sender.is_stopped:
        return []
    named = {area.id for area in reading.areas}
    return [area for area in sender.followed() if area.id not in named]


def offer(session: Session, sender: Sender, inbound: Inbound, places: Sequence[str]) -> str | None:
    """Ask whether places that were sent alone are to be followed; None if they answer another."""
    if sender.address is None or not places or is_expected(session, inbound):
        return None
    asked = ask_about_each(session, places)
    if not all(place.is_known for place in asked):
        return None
    return offer_each(sender, asked, sender.language or language_of(inbound.text))


def offer_wished(session: Session, sender: Sender, command: Command, language: str) -> str | None:
    """Ask whether the places in a sentence are to be followed; None if there are none."""
    asked = ask_about_each(session, command.places)
    known = [
        place
        for place in asked
        if not place.too_wide and (place.is_known or place.text[0].isdigit())
    ]
    if not known or (command.doubtful and known != asked):
        return None
    is_name = not known[0].text[0].isdigit()
    if is_name and not command.doubtful:
        known = known[:1]  # The longest of the names that it may be.
    text = offer_each(sender, known, language)
    return text if command.doubtful else replies.not_sure(text)


def offer_each(sender: Sender, asked: Sequence[Unclear], language: str) -> str:
    """Ask about the first of these places that is not followed; tell who follows them all."""
    followed = sender.followed()
    known = {area.id for area in followed}
    new = [place for place in asked if not known.issuperset(a.id for a in place.suggestions)]
    new += [place for place in asked if not place.suggestions and place not in new]
    with speaking(language):
        if not new:
            return replies.status(followed, suppressed=sender.is_stopped)
        longest = name_lists.MEDIUM_LIST if len(new) > 1 else name_lists.LONGEST_LIST
        sender.ask_about(language, new, longest)
        return replies.offer_in_turn(new, longest)


def is_expected(session: Session, inbound: Inbound) -> bool:
    """Whether somebody waits for an answer from this sender."""
    return any(waits(session, inbound) for waits in current_hooks().conversations)
