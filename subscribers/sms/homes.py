"""Where somebody lives or has moved to, and which alerts they seem to want, said in sentences.

Pure functions. Nothing is followed or left by such a sentence alone, unless both places are named:

1. "Vi er flyttet fra 3400 til 8000" is ``MOVED``, if nothing but places, dates and polite words
   stand around it. A date to come, or "flytter", makes it ``later``.
2. "Jeg bor i 3400", and a place with nothing but words like "alerts" and "in", is ``OFFER``.
3. So is a wish for alerts with more in it than we understand: its postcodes, or what stands after
   "i", "om", "for", are asked about if they are places. What somebody has seen is a tip.
"""

from __future__ import annotations

import re

from areas.written import is_street
from subscribers.sms.commands import Command, Verb
from subscribers.sms.typed_places import (
    MOST_ALONE,
    SENTENCE_WORDS,
    joined_postcodes,
    parse_places,
    places_at,
)
from subscribers.sms.vocabulary import (
    COURTESY,
    FOLLOW_WORDS,
    LANGUAGE_FRAME,
    LONE_WORDS,
    WORD,
    key_of_word,
)
from subscribers.sms.wishes import phrases
from web.texts.words import plain_words

LONGEST_PHRASE = 12
"""Words of a phrase that is looked for in a text."""
MOST_OFFERED = 3
SHORTEST_NAME = 4
"""Letters of a name that is looked for within a sentence."""
_BEFORE_NAME = frozenset({"i", "om", "for", "omkring", "ved", "in", "about", "around", "near"})
_CODE = re.compile(r"(?<!\w)[0-9]{4}(?!\w)")
_FROM = re.compile(r"\W*(?:væk\s)?(?:fra|from)\s(?P<old>.+)", re.I | re.S)
_FROM_TO = re.compile(
    r"\W*(?:fra|from)\s(?P<old>.+?)[\s,]+(?:over\s)?(?:til|to)\s(?P<new>.+)", re.I | re.S
)
_TO_FROM = re.compile(r"\W*(?:til|to)\s(?P<new>.+?)[\s,]+(?:fra|from)\s(?P<old>.+)", re.I | re.S)
_TO = re.compile(r"\W*(?:(?:over\s)?(?:til|to|into|i|in|på|at|er|is)\s)?(?P<new>.+)", re.I | re.S)


def around(name: str, text: str) -> tuple[str, str] | None:
    """What comes before and after the first phrase of a list in a text; None if none is in it."""
    words, known = list(WORD.finditer(text)), phrases(name)
    if not known.are_in(plain_words(text)):
        return None
    for at, first in enumerate(words):
        for last in reversed(words[at : at + LONGEST_PHRASE]):
            if known.are_all_of(plain_words(text[first.start() : last.end()])):
                return text[: first.start()], text[last.end() :]
    return None


def read_home(text: str) -> Command | None:
    """What a sentence says of where somebody lives, or of what they want to hear about."""
    text = joined_postcodes(text)
    words = plain_words(text)
    if phrases("seen", "gives_notice").are_in(words):
        return None
    return _moved(text) or _wished(text, words) or _lives(text)


def read_language_and_places(text: str) -> Command | None:
    """The language to be written to in, and postcodes: "English 3400"."""
    words = map(key_of_word, WORD.findall(joined_postcodes(text)))
    said = [word for word in words if word not in COURTESY | LANGUAGE_FRAME]
    codes = tuple(dict.fromkeys(filter(_CODE.fullmatch, said)))
    asked = {word for word in said if word not in codes}
    if len(asked) != 1 or not codes or len(codes) > MOST_ALONE:
        return None
    verb, language = LONE_WORDS.get(asked.pop(), (None, None))
    return Command(Verb.LANGUAGE, language, codes) if verb is Verb.LANGUAGE else None


def without_phrases(text: str, *names: str) -> str:
    """A text without the phrases of some lists, and otherwise as it was typed."""
    for name in names:
        while found := around(name, text):
            text = " , ".join(part for part in found if WORD.search(part))
    return text.strip(" ,")


def _moved(text: str) -> Command | None:
    words = plain_words(text)
    found = around("moved", without_phrases(text, "dates"))
    if found is None or phrases("negations").are_in(words):
        return None
    later = phrases("moves_later").are_in(words)
    before, after = (
        without_phrases(part, "sign_up", "around_home", "polite", "greetings") for part in found
    )
    if WORD.search(before):
        return None
    after, _instead, instead_of = _split_at("in_its_place", after)
    if not WORD.search(after):
        return Command(Verb.MOVED, later=later, doubtful=True)
    shape = _FROM_TO.fullmatch(after) or _TO_FROM.fullmatch(after)
    if shape is None and (left := _FROM.fullmatch(after)):
        places = _place(left["old"])
        return (
            Command(Verb.LEAVE, None, places, doubtful=True, in_sentence=True) if places else None
        )
    shape = shape or _TO.fullmatch(after)
    said = shape.groupdict() if shape else {}
    old_text = said.get("old") or instead_of
    old, new = _place(old_text), _place(said.get("new") or "")
    if new is None and 0 < len(several := parse_places(said.get("new") or "")) <= MOST_OFFERED:
        return Command(Verb.OFFER, None, several, doubtful=True)
    if new is None or (WORD.search(old_text) and not old):
        return None
    doubtful = not (old or _instead)
    return Command(Verb.MOVED, None, new, old or (), later=later, doubtful=doubtful)


def _split_at(name: str, text: str) -> tuple[str, bool, str]:
    """What comes before a phrase of a list; whether it is there; and what comes after it."""
    found = around(name, text)
    return (found[0].strip(" ,"), True, found[1].strip(" ,")) if found else (text, False, "")


def _place(text: str) -> tuple[str, ...] | None:
    """The one place that this is; empty for a street alone, None if it is something else."""
    if is_street(text):
        return ()
    places = places_at(text)
    return places if len(places) == 1 else None


def _lives(text: str) -> Command | None:
    words = plain_words(text)
    if phrases("negations").are_in(words) or not phrases("lives", "hedges").are_in(words):
        return None
    places = places_at(
        without_phrases(text, "lives", "hedges", "around_home", "polite", "greetings")
    )
    is_few = 0 < len(places) <= MOST_OFFERED
    return Command(Verb.OFFER, None, places, doubtful=True) if is_few else None


def _wished(text: str, words: str) -> Command | None:
    is_wish = phrases("sign_up", "wants_to_know").are_in(words)
    is_keyword = next(iter(words.split()), "") in FOLLOW_WORDS
    if not (is_wish or is_keyword) or phrases("negations").are_in(words):
        return None
    places = tuple(dict.fromkeys(_CODE.findall(text))) or (_names(text) if is_wish else ())
    return Command(Verb.OFFER, None, places) if 0 < len(places) <= MOST_OFFERED else None


def _names(text: str) -> tuple[str, ...]:
    """What may be the name of a place, after the last word before one; the longest first."""
    found = list(WORD.finditer(text))
    for at in reversed(range(len(found) - 1)):
        if key_of_word(found[at][0]) not in _BEFORE_NAME:
            continue
        first, *more = found[at + 1 : at + 3]
        if len(first[0]) < SHORTEST_NAME or key_of_word(first[0]) in SENTENCE_WORDS:
            continue
        ends = [word.end() for word in (*reversed(more), first)]
        return tuple(text[first.start() : end] for end in ends)
    return ()
