"""What we asked a sender, and what answers it: a number, a name, a postcode, yes, no, all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from areas.lookup import find_areas
from areas.models import Area
from areas.name_index import key_of
from database import Domain, blind_index, insert_or_ignore, utcnow
from dispatch.models import Contact, Delivery
from subscribers.models import Asked, PlaceQuestion
from subscribers.sms.choices import MOST_WORDS, NO, YES, Choice, may_be_choice, read_choice
from subscribers.sms.typed_places import parse_places
from subscribers.sms.vocabulary import FOLLOW_WORDS, plain_message, words_in
from subscribers.sms.wishes import agrees, phrases
from subscribers.written_places import Reading, named_among, read_places
from web.languages.choice import DEFAULT_LANGUAGE
from web.texts.words import plain_words

QUESTION_TTL = timedelta(days=1)
PLACES_WANTED = (Asked.FOLLOW, Asked.MOVE_TO, Asked.MOVED_TO)
YES_OR_NO = YES | NO
TOWN = frozenset({"by", "byen", "town", "city"})


@dataclass(frozen=True)
class Question:
    """The areas that were offered, in their order, and the language of the question.

    ``waiting`` are the places to ask about next, as they were typed. Of ``MOVE_FROM`` it is the
    place to move to.
    """

    about: Asked
    areas: tuple[Area, ...]
    language: str
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What an answer chooses; or that it agrees or declines, or needs the question again.

    ``adds``: the new place replaces nothing.
    ``reading`` is that of another place than those that were offered.
    """

    areas: tuple[Area, ...] = ()
    reading: Reading | None = None
    agrees: bool = False
    adds: bool = False
    declines: bool = False
    again: bool = False


def ask(
    session: Session,
    address: str,
    areas: Sequence[Area],
    language: str,
    waiting: Sequence[str] = (),
    about: Asked = Asked.FOLLOW,
) -> None:
    """Remember what this number is being asked; it replaces what was asked before."""
    forget_question(session, address)
    session.execute(
        insert_or_ignore(session, PlaceQuestion).values(
            sender_hash=_hash(address),
            about=about,
            area_ids=[area.id for area in areas],
            waiting=list(waiting),
            language=language,
            asked_at=utcnow(),
        )
    )


def forget_question(session: Session, address: str) -> None:
    """Nothing is being asked any more."""
    session.execute(delete(PlaceQuestion).where(PlaceQuestion.sender_hash == _hash(address)))


def language_of_question(session: Session, address: str) -> str | None:
    """The language of what this number was asked within the last day, if it was."""
    return session.scalar(
        select(PlaceQuestion.language).where(
            PlaceQuestion.sender_hash == _hash(address),
            PlaceQuestion.asked_at > utcnow() - QUESTION_TTL,
        )
    )


def purge_questions(session: Session) -> None:
    """Delete the questions that nobody has answered within a day."""
    old = utcnow() - QUESTION_TTL
    session.execute(delete(PlaceQuestion).where(PlaceQuestion.asked_at <= old))


def find_question(
    session: Session, address: str, contact: Contact | None
) -> tuple[Question, bool] | None:
    """What this number was asked within the last day, and whether that came last.

    After an alert, a bare "yes" answers the alert.
    """
    asked = session.scalars(
        select(PlaceQuestion).where(
            PlaceQuestion.sender_hash == _hash(address),
            PlaceQuestion.asked_at > utcnow() - QUESTION_TTL,
        )
    ).one_or_none()
    if asked is None or asked.about is Asked.NOTHING:
        return None
    is_last = contact is None or not session.scalar(
        select(
            exists().where(
                Delivery.contact_id == contact.id, Delivery.attempted_at > asked.asked_at
            )
        )
    )
    areas = tuple(find_areas(session, asked.area_ids))
    return Question(asked.about, areas, asked.language, tuple(asked.waiting)), is_last


def read_answer(session: Session, question: Question, text: str, *, is_last: bool) -> Answer | None:
    """What a message answers to the question; None if it is about something else."""
    words = words_in(text)
    if words and words[0] in FOLLOW_WORDS and question.about in PLACES_WANTED:  # "TRYK 2"
        words = words[1:]
    chosen = read_choice(words, len(question.areas))
    if words == ["tak"] and question.about is Asked.FOLLOW and question.areas:
        # Thanks in Danish, yes in Polish.
        is_polish = question.language != DEFAULT_LANGUAGE
        chosen = Choice(says_yes=is_polish, is_undecided=not is_polish, in_words=True)
    if chosen.in_words and (chosen.is_plain or not chosen.words) and not is_last:
        return None  # After an alert, "yes" and "no" answer that.
    if question.about not in PLACES_WANTED:
        return _read_decision(question, chosen, text) if is_last else None
    if question.about is not Asked.FOLLOW and len(question.areas) > 1 and chosen.means_all:
        return Answer(again=True)
    return _plain_answer(question.areas, chosen) or _named(session, question.areas, chosen, text)


def may_answer(question: Question, text: str) -> bool:
    """Whether a message may be meant as the answer, though we do not understand it."""
    words = words_in(text)
    if question.about is Asked.STOP and not YES_OR_NO.intersection(words[:1]):
        return False
    return may_be_choice(words)


def confirms_erasing(question: Question, text: str) -> bool:
    """Whether this says that we should delete, as we asked: "ja, slet alt"."""
    return question.about is Asked.ERASE and agrees(plain_words(plain_message(text)), to_erase=True)


def _read_decision(question: Question, chosen: Choice, text: str) -> Answer | None:
    """The answer to a question about leaving or stopping."""
    words = f" {' '.join(words_in(text))} "
    if question.about is Asked.MOVE_FROM:
        keeps_one = chosen.means_all and len(question.areas) == 1
        if keeps_one or phrases("add_too").are_all_of(phrases("polite").without(words)):
            return Answer(adds=True)
    if chosen.is_undecided:
        return Answer(again=True)
    if chosen.says_no or phrases("no").are_all_of(words):
        return Answer(declines=True)
    says_yes = chosen.says_yes or phrases("yes").are_all_of(words)
    says_yes = says_yes or confirms_erasing(question, text)
    if question.about in (Asked.STOP, Asked.ERASE):
        return Answer(agrees=True) if says_yes or chosen.numbers == (1,) else None
    if says_yes:
        only_one = len(question.areas) == 1
        return Answer(question.areas) if only_one else Answer(again=True)
    if chosen.means_all:
        return Answer(agrees=True)
    if chosen.is_plain:
        return _plain_answer(question.areas, chosen)
    said = chosen.words
    named = named_among(question.areas, " ".join(said)) if said else []
    if not named and said and all(word.isdecimal() for word in said):
        named = [area for area in question.areas if area.code in said]
    return Answer(tuple(named)) if named else None


def _plain_answer(offered: Sequence[Area], chosen: Choice) -> Answer | None:
    """A number, yes, no, or all of them."""
    if chosen.numbers:
        if all(1 <= number <= len(offered) for number in chosen.numbers):
            return Answer(tuple(offered[number - 1] for number in chosen.numbers))
        return Answer(again=True) if offered else None
    if chosen.says_yes:
        return Answer(tuple(offered)) if len(offered) == 1 else Answer(again=True)
    if chosen.means_all and offered:
        return Answer(tuple(offered))
    if chosen.is_undecided:
        return Answer(again=True)
    return Answer(declines=True) if chosen.says_no else None


def _named(session: Session, offered: Sequence[Area], chosen: Choice, text: str) -> Answer | None:
    """The name or the postcode of a place: one that was offered, or any other."""
    said = chosen.words
    if not said:
        return None
    phrase = " ".join(said)
    name, kind = key_of(phrase)
    if not name or TOWN.issuperset(said):  # "kommunen", "byen"
        fits = [area for area in offered if (area.kind is kind if kind else not _is_wide(area))]
        return Answer(tuple(fits)) if len(fits) == 1 else None
    meant = named_among(offered, phrase)
    if len(meant) == 1:
        return Answer(tuple(meant))
    places = parse_places(text) or parse_places(phrase)
    if not places:
        return None
    reading = read_places(session, places)
    is_sentence = len(said) > MOST_WORDS and not any(place.ambiguous for place in reading.unclear)
    if not reading.areas and (
        is_sentence or not any(place.suggestions for place in reading.unclear)
    ):
        return None
    return Answer(reading=reading)


def _is_wide(area: Area) -> bool:
    return area.kind.row.rank < 2


def _hash(address: str) -> bytes:
    return blind_index(Domain.SUBSCRIBERS, f"place question:{address}")
