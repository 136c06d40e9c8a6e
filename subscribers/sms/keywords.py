"""The keywords of an SMS to the service. Pure functions, no database.

The rules, in order. *Words* are runs of letters and digits; case, accents, punctuation, quotes,
emoji and spaces are ignored; æ/ae, ø/oe and å/aa are the same. The words themselves are data
(``words/``, a file for each language).

1. A phone's reaction to a message is no message. What is quoted, a reply's prefix ("Sv:") and a
   signature are not the sender's words.
   Nor is what a phone answers by itself ("I'm driving").
2. No words at all: ``EMPTY`` (the reply says what can be written), or ``THANKS`` for a thumbs-up.
3. One keyword with only polite words around it is that command: ``STOP``, ``STATUS``, ``HELP``,
   ``LANGUAGE`` (also with postcodes), or ``RESUME`` for START, TRYK, TILMELD. But "help now" and
   "hjælp nu" are cries for help and never a command.
4. Who plainly wants to stop, stops; so do thanks, questions about one's data and the like, if
   nothing else is said (``wishes.py``).
5. Two commands in one message, or one that is taken back, are asked about.
6. TRYK, TILMELD, START, JOIN, SUBSCRIBE followed by nothing but places: ``FOLLOW`` them.
   STOP, AFMELD, UNSUBSCRIBE followed by nothing but places: ``LEAVE`` them. Places are
   postcodes and names of up to four words, separated by commas, "og" or "and"; words typical
   of sentences ("jeg", "en", "the", "saw") are never part of a place. A keyword with a slip of
   one letter counts before postcodes.
   "AFMELD alle undtagen 3400" is ``KEEP_ONLY``, and "TRYK 3600 i stedet for 3400" is ``MOVE``.
   "Fjern 3400" is ``LEAVE`` too, and "skift til 3400" is ``MOVE``, if the places are known. A lone
   AFMELD or LEAVE is ``STOP``, but ``doubtful``: of one who follows several areas it is asked.
7. A stop word with more is asked about and kept: it may be a witness ("Stop den bil!").
8. A wish for alerts in a sentence follows the postcodes in it, and asks about a place's name.
9. A single word that is nearly a keyword is asked about.
10. Postcodes alone ("3400") are ``FOLLOW`` with ``bare``: the answer to "which postcode?", or to
    be asked back. Names alone are read only where the places are known (``following.py``).
11. Where somebody lives or moves to, and wishes that are not plain: ``homes.py``.

All else, and what is longer than 200 characters, is a tip.
"""

from __future__ import annotations

import re

from areas.written import is_street, without_street
from subscribers.sms.commands import STOPS, Command, Verb
from subscribers.sms.homes import (
    around,
    read_home,
    read_language_and_places,
    without_phrases,
)
from subscribers.sms.typed_places import (
    EDGES,
    MAX_NAME_WORDS,
    PLACE_FRAME,
    SENTENCE_WORDS,
    SEPARATOR,
    joined_postcodes,
    parse_places,
    read_place,
)
from subscribers.sms.vocabulary import (
    COURTESY,
    FOLLOW_WORDS,
    LANGUAGE_FRAME,
    LEAVE_WORDS,
    LONE_WORDS,
    OWN_STOP_WORDS,
    STOP_WORDS,
    WORD,
    is_slip,
    key_of_word,
    plain_message,
    words_of,
)
from subscribers.sms.wishes import (
    WORDS,
    is_automatic,
    is_negated,
    is_plain_stop,
    is_question,
    is_regret,
    is_thumbs_up,
    language_of_wish,
    own_part,
    phrases,
    read_language,
    read_stop,
    read_wish,
)
from web.texts.words import SIGNS, Phrases, load_words, plain_words

MAX_LENGTH = 200

_SIGN_UPS = {language: Phrases(load_words(WORDS)[language]["sign_up"]) for language in ("da", "en")}
NEGATIONS = frozenset(map(str.strip, phrases("negations").phrases))
AND = frozenset(phrases("and").phrases)
MAY_MEAN_ONE = frozenset(map(str.strip, phrases("stop_one").phrases))
"""Stop words that our own texts use for one area, too."""
MOST_OPENING_WORDS = 8
DESTINATION = re.compile(
    r"\W*(?:(?:fra\s|from\s)?\s*(?P<instead_of>\S.*?)\s+)??"
    r"(?:(?:over\s)?til|to|med|with)\s+(?P<place>.+)",
    re.IGNORECASE | re.DOTALL,
)
ASKS_HOW = words_of("hvordan hvorledes how")
URGENCY = words_of("nu now")
BEFORE_NUMBER = re.compile(r"\b[A-Z]{1,2}-(?=[0-9]{4}\b)", re.IGNORECASE)
POSTCODE_ALONE = re.compile(r"[0-9]{4}")


def parse_keyword(text: str) -> Command | None:
    """The command in an inbound SMS, or None if it is something else (see the rules above)."""
    besides = own_part(text)
    if besides == "":
        return Command(Verb.REACTION)
    if is_automatic(text):
        return Command(Verb.AUTOMATIC)
    raw = text if besides is None else besides
    text = plain_message(raw)
    said = BEFORE_NUMBER.sub("", text)  # "NO-3400" says nothing but a country.
    words = [key_of_word(word) for word in WORD.findall(said)]
    if not words and raw != raw.translate(SIGNS):
        return None  # "🆘" is a cry for help.
    if not words:
        return Command(Verb.THANKS if is_thumbs_up(raw) else Verb.EMPTY)
    if sum(map(len, words)) + len(words) - 1 > MAX_LENGTH:
        return None
    if len(words) > 1 and all(len(word) == 1 for word in words):
        words = ["".join(words)]  # "S T O P"
        text = said = words[0]
    if is_regret(said):
        return _lone(words) or Command(Verb.REGRET)
    stop = read_stop(said)
    if stop in STOPS:
        return _lone(words) or Command(
            stop, STOP_WORDS.get(words[0]), doubtful=COURTESY.issuperset(set(words) - MAY_MEAN_ONE)
        )
    wish = read_wish(said)
    return (
        _lone(words)
        or _language(said)
        or read_language_and_places(text)
        or (Command(wish, language_of_wish(said)) if wish else None)
        or _all_but(said)
        or _instead(said)
        or _two_things(said, words)
        or _with_places(text)
        or _leaving(text)
        or _moving(text)
        or (Command(stop, doubtful=is_negated(said)) if stop else None)
        or _signing_up(text)
        or _slip(words)
        or _bare(text)
        or read_home(text)
        or (Command(Verb.QUESTION) if is_question(text) else None)
    )


def _lone(words: list[str]) -> Command | None:
    said = [word for word in words if word not in COURTESY]
    if not said:
        return None
    first = said[0]
    if len(set(said)) == 1:
        if first in FOLLOW_WORDS:
            return Command(Verb.RESUME, FOLLOW_WORDS[first])
        if first in LONE_WORDS:
            command = Command(*LONE_WORDS[first])
            is_cry = command.verb is Verb.HELP and not URGENCY.isdisjoint(words)
            return None if is_cry else command
    asked = [word for word in said if word not in LANGUAGE_FRAME]
    if len(asked) == 1 and LONE_WORDS.get(asked[0], (None, None))[0] is Verb.LANGUAGE:
        return Command(*LONE_WORDS[asked[0]])
    return None


def _two_things(text: str, words: list[str]) -> Command | None:
    """Commands for and against alerts in one message: the sender is asked to write one only."""
    said = plain_words(joined_postcodes(text))
    are_for = not FOLLOW_WORDS.keys().isdisjoint(words) or phrases("sign_up", "adds").are_in(said)
    are_against = phrases("leave", "drops").are_in(said) or any(
        is_plain_stop(word) or word in NEGATIONS for word in words
    )
    if not (are_for and are_against and any(map(str.isdecimal, words))):
        return None
    left = phrases("sign_up", "adds", "leave", "drops").without(said)
    left = phrases("beside_sign_up", "polite", "greetings", "wanted", "around").without(left)
    known = COURTESY | PLACE_FRAME | AND | NEGATIONS | FOLLOW_WORDS.keys()
    extra = [
        word
        for word in map(key_of_word, left.split())
        if not (word in known or word.isdecimal() or is_plain_stop(word))
    ]
    is_all = len(extra) <= MAX_NAME_WORDS
    return Command(Verb.TWO_THINGS, doubtful=bool(extra)) if is_all else None


def _with_places(text: str) -> Command | None:
    opening = re.match(r"[\W_]*([^\W_]+)", text)
    while opening and key_of_word(opening[1]) in COURTESY:
        text = text[opening.end() :]
        opening = re.match(r"[\W_]*([^\W_]+)", text)
    if opening is None:
        return None
    rest = joined_postcodes(text[opening.end() :])
    keyword = _keyword(key_of_word(opening[1]), rest)
    if keyword is None:
        return None
    if keyword in LEAVE_WORDS:
        sure, unsure = _sure_or_not(rest)
        places = parse_places(sure) + unsure
        return (
            Command(Verb.LEAVE, STOP_WORDS[keyword], places, in_sentence=bool(unsure))
            if places
            else None
        )
    if phrases("placeholder").are_all_of(plain_words(rest)):
        return Command(Verb.RESUME, FOLLOW_WORDS[keyword])
    sure, unsure = _sure_or_not(rest)
    places = (sure.strip(),) if is_street(sure) else parse_places(without_street(sure))
    if not (places or unsure) or (WORD.search(sure) and not places):
        return None
    wordy = all(len(place.split()) > 1 and not place[0].isdigit() for place in places)
    return Command(
        Verb.FOLLOW,
        FOLLOW_WORDS[keyword],
        places,
        doubtful=wordy and keyword == "start",
        unsure=unsure,
    )


def _sure_or_not(text: str) -> tuple[str, tuple[str, ...]]:
    """A list of places without those that are said with "maybe", and those."""
    pieces = SEPARATOR.split(text)
    hedged = [piece for piece in pieces if phrases("hedges").are_in(plain_words(piece))]
    if not hedged:
        return text, ()
    sure = ", ".join(piece for piece in pieces if piece not in hedged and WORD.search(piece))
    return sure, parse_places(", ".join(without_phrases(piece, "hedges") for piece in hedged))


def _language(text: str) -> Command | None:
    asked = read_language(text)
    return Command(Verb.LANGUAGE, asked) if asked else None


def _leaving(text: str) -> Command | None:
    """ "Fjern 3400": words that also begin ordinary sentences, so only known places count."""
    rest = _after("how_to_leave", text)
    named = rest and phrases("all_areas", "around").without(plain_words(rest)).split()
    if rest and named and (places := parse_places(joined_postcodes(rest))):
        return Command(Verb.LEAVE, None, places, doubtful=True, in_sentence=True)
    rest = _after("leave", text)
    places = parse_places(joined_postcodes(rest)) if rest else ()
    return Command(Verb.LEAVE, None, places, doubtful=True) if places else None


def _moving(text: str) -> Command | None:
    """ "Skift til 3400", "move me from 3400 to 3480"."""
    rest = _after("move", text)
    found = DESTINATION.fullmatch(joined_postcodes(rest)) if rest else None
    if found is None:
        return None
    places = parse_places(found["place"])
    instead_of = parse_places(found["instead_of"] or "")
    if len(places) != 1 or (found["instead_of"] and not instead_of):
        return None
    return Command(Verb.MOVE, None, places, instead_of)


def _all_but(text: str) -> Command | None:
    """ "AFMELD alle undtagen 3400": the places to keep; none if they cannot be read."""
    found = around("except", joined_postcodes(text))
    if found is None:
        return None
    words = plain_words(found[0])
    leaves = phrases("stop", "leave", "wishes")
    left = phrases("polite", "greetings").without(leaves.without(words))
    names_all = phrases("all_areas", "around", "wanted").without(left).split()
    if not leaves.are_in(words) or names_all:
        return None
    return Command(Verb.KEEP_ONLY, None, parse_places(found[1]))


def _instead(text: str) -> Command | None:
    """ "TRYK 3600 i stedet for 3400", "i stedet for 3400 vil jeg have 3600"."""
    text = joined_postcodes(text)
    found = around("instead_of", text)
    if found is None:
        return None
    wishes = phrases("follow", "sign_up", "move", "wanted")
    polite = phrases("beside_sign_up", "polite", "greetings", "wanted")
    words = [plain_words(part) for part in found]
    is_wish = any(map(wishes.are_in, words))
    pieces = [_place_pieces(part, text, wishes, polite) for part in words]
    if [len(part) for part in pieces] == [0, 2]:
        pieces = [pieces[1][1:], pieces[1][:1]]
    if [len(part) for part in pieces] != [1, 1] or None in pieces[0] + pieces[1]:
        return None
    (place,), (instead_of,) = pieces
    are_codes = POSTCODE_ALONE.match(str(place)) and POSTCODE_ALONE.match(str(instead_of))
    if not (is_wish or are_codes):
        return None
    return Command(Verb.MOVE, None, (str(place),), (str(instead_of),), doubtful=not is_wish)


def _place_pieces(words: str, text: str, *beside: Phrases) -> list[str | None]:
    """What may be places between the phrases that are beside them, as they were typed."""
    pieces = [words]
    for known in beside:
        pieces = [run for piece in pieces for run in known.split(piece) if run.strip()]
        pieces = [piece for piece in pieces if not known.are_all_of(piece)]
    typed = {plain_words(word).strip(): word.strip(EDGES) for word in text.split()}
    return [
        read_place(" ".join(typed.get(word, word) for word in piece.split())) for piece in pieces
    ]


def _after(name: str, text: str) -> str | None:
    """What follows the longest phrase of a list with which the text begins; None if none does."""
    polite = phrases("polite", "greetings")
    for found in reversed(list(WORD.finditer(text))[:MOST_OPENING_WORDS]):
        if phrases(name).are_all_of(polite.without(plain_words(text[: found.end()]))):
            return text[found.end() :]
    return None


def _keyword(word: str, rest: str) -> str | None:
    """The keyword that a word is; before postcodes also one with a slip, or autocorrected."""
    if is_plain_stop(word):
        return word if word in LEAVE_WORDS else "stop"
    if word in FOLLOW_WORDS:
        return word
    numbers = parse_places(rest)
    if numbers and all(place[:4].isdecimal() for place in numbers):
        near = [known for known in (*LEAVE_WORDS, *FOLLOW_WORDS) if is_slip(word, known)]
        verbs = {known in FOLLOW_WORDS for known in near}
        return near[0] if len(verbs) == 1 else None
    return None


def _signing_up(text: str) -> Command | None:
    """A sign-up in a sentence, whose places are meant if nothing else is said."""
    text = joined_postcodes(text)
    words = plain_words(text)
    runs = phrases("sign_up").split(words)
    if runs == [words] or phrases("negations", "gives_notice").are_in(words):
        return None
    beside = phrases("beside_sign_up", "polite", "greetings")
    pieces = [piece.split() for run in runs for piece in beside.split(run)]
    said = [word for piece in pieces for word in piece]
    has_code = any(POSTCODE_ALONE.fullmatch(word) for word in said)
    names = [word for word in said if not POSTCODE_ALONE.fullmatch(word)]
    if len(names) > MAX_NAME_WORDS or not SENTENCE_WORDS.isdisjoint(names):
        return None
    typed = {plain_words(word).strip(): word.strip(EDGES) for word in text.split()}
    places = [read_place(" ".join(typed.get(word, word) for word in piece)) for piece in pieces]
    if None in places and not has_code:
        return None
    language = next((known for known, said in _SIGN_UPS.items() if said.are_in(words)), None)
    is_foreign = language is None
    if not places:
        return Command(Verb.RESUME, language, is_foreign=is_foreign)
    meant = tuple(place for place in places if place)
    if has_code and not ASKS_HOW.isdisjoint(words.split()[:1]):
        return Command(Verb.FOLLOW, language, meant, bare=True)
    return Command(
        Verb.FOLLOW,
        language,
        meant,
        doubtful=not has_code,
        in_sentence=True,
        is_foreign=is_foreign,
    )


def _slip(words: list[str]) -> Command | None:
    """A single word that is nearly a keyword: nothing is done, the sender is asked."""
    if len(words) != 1:
        return None
    (word,) = words
    if any(is_slip(word, known) for known in OWN_STOP_WORDS):
        return Command(Verb.ASK_ABOUT_STOP, bare=True)
    if any(is_slip(word, known) for known in (*FOLLOW_WORDS, *LONE_WORDS)):
        return Command(Verb.HELP, bare=True)
    return None


def _bare(text: str) -> Command | None:
    text = joined_postcodes(text)
    *before, last = WORD.finditer(text)
    keyword = key_of_word(last[0])
    if before and keyword in FOLLOW_WORDS and (places := _postcodes(text[: last.start()])):
        return Command(Verb.FOLLOW, FOLLOW_WORDS[keyword], places)
    places = _postcodes(text)
    return Command(Verb.FOLLOW, None, places, bare=True) if places else None


def _postcodes(text: str) -> tuple[str, ...]:
    """The places of a text that is nothing but postcodes."""
    places = parse_places(text)
    return places if all(map(POSTCODE_ALONE.fullmatch, places)) else ()
