"""The keywords of an SMS to the service, Danish and English. Pure functions, no database.

The rules, in order. *Words* are runs of letters and digits; case, accents, punctuation, quotes,
emoji and spaces are ignored; æ/ae, ø/oe and å/aa are the same.

1. No words at all: ``EMPTY`` (the reply says what can be written).
2. A message longer than 200 characters is never a command, and neither is one that the rules
   below don't match: the result is None, and the message is a tip.
3. One keyword with only polite words around it ("please", "tak", "nu") is that command:
   ``STOP``, ``STATUS``, ``HELP``, ``LANGUAGE``, or ``RESUME`` for START, TRYK, TILMELD.
   But "help now" and "hjælp nu" are cries for help and never a command.
   STOP may also name what to stop ("stop alle beskeder", "unsubscribe me please").
4. TRYK, TILMELD, START, JOIN, SUBSCRIBE followed by nothing but places: ``FOLLOW`` them.
   STOP, AFMELD, UNSUBSCRIBE followed by nothing but places: ``LEAVE`` them. Places are
   postcodes and names of up to four words, separated by commas, "og" or "and"; words typical
   of sentences ("jeg", "en", "the", "saw") are never part of a place, so that "Stop! jeg så en
   mand" is a tip.
5. STOP and at most three other words is still ``STOP``: a short message is more likely an
   opt-out, a long one a tip. Unless it names a person to stop ("stop tyven"): then it is a tip.
6. Postcodes alone ("3400") are ``FOLLOW`` with ``bare``: the answer to "which postcode?".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from web.texts.folding import fold
from web.texts.typography import DASHES, DOUBLE_QUOTES, SINGLE_QUOTES, plain

MAX_LENGTH = 200
MAX_STOP_WORDS = 4
MAX_STOP_LENGTH = 40
MAX_PLACES = 20
MAX_NAME_WORDS = 4
MAX_NAME_LENGTH = 40


class Verb(StrEnum):
    """What a message asks for."""

    FOLLOW = "follow"
    LEAVE = "leave"
    RESUME = "resume"
    STOP = "stop"
    STATUS = "status"
    HELP = "help"
    LANGUAGE = "language"
    EMPTY = "empty"


@dataclass(frozen=True)
class Command:
    """A keyword and what came with it.

    ``language`` is the keyword's language, None if it is the same in both. ``places`` are as
    the person typed them. ``doubtful``: if none of the places exist, it was an ordinary
    sentence. ``bare``: postcodes without a keyword.
    """

    verb: Verb
    language: str | None = None
    places: tuple[str, ...] = ()
    doubtful: bool = False
    bare: bool = False


STOP_WORDS = {
    "stop": None,
    "stopp": None,
    "stoppe": "da",
    "afmeld": "da",
    "afmelde": "da",
    "afmelding": "da",
    "frameld": "da",
    "slut": "da",
    "stopall": "en",
    "unsubscribe": "en",
    "unsub": "en",
    "leave": "en",
    "end": "en",
    "quit": "en",
    "cancel": "en",
    "optout": "en",
    "revoke": "en",
}
"""On their own they opt out of everything. Includes all of Twilio's own opt-out keywords."""

LEAVE_WORDS = frozenset(
    {"stop", "stopp", "afmeld", "afmelde", "afmelding", "frameld", "unsubscribe", "unsub", "leave"}
)
"""The stop words that may be followed by places; the others begin too many sentences."""

FOLLOW_WORDS = {
    "tryk": "da",
    "tilmeld": "da",
    "tilmelde": "da",
    "tilmelding": "da",
    "start": None,
    "unstop": "en",
    "subscribe": "en",
    "join": "en",
}

LONE_WORDS: dict[str, tuple[Verb, str | None]] = {
    "status": (Verb.STATUS, None),
    "hjaelp": (Verb.HELP, "da"),
    "hjelp": (Verb.HELP, "da"),
    "help": (Verb.HELP, "en"),
    "info": (Verb.HELP, None),
    "dansk": (Verb.LANGUAGE, "da"),
    "danish": (Verb.LANGUAGE, "da"),
    "english": (Verb.LANGUAGE, "en"),
    "engelsk": (Verb.LANGUAGE, "en"),
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COURTESY = _words("tak venligst please pls plz thanks thank you nu now igen again hej hi")
STOPPED_THINGS = _words("""
    alt alle all everything varsler varsel beskeder besked sms smser sms'er messages message texts
    alerts me mig det it this dem them fra from varsko med at sende skrive sending to
""")
LANGUAGE_FRAME = _words("paa in til to skift switch sprog language")
PLACE_FRAME = _words("""
    dk for fra from i in til to mig me at by omraade omraadet omraader area areas varsler alerts
    postnummer postnr zip postcode kun only ogsaa also
""")
PLACE_END = COURTESY | {"", "for", "mig", "me"}
URGENCY = _words("nu now")
SOMEBODY = _words("""
    ham han hende hun him her he she mand manden maend maendene kvinde kvinden fyr fyren tyv tyven
    tyvene man men woman guy thief thieves
""")
SENTENCE_WORDS = SOMEBODY | _words("""
    jeg du han hun vi de dem den det der en et er var har ham hende ikke min mit mine som hvor hvad
    saa ser set paa ved med men mod om op ud ind lige kan skal vil blev
    a an the he she they we you it is was are were has have had not my this that there who what
    saw see seen on at with but of and near
""")

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
STRETCHED_STOP = re.compile(r"s+t+o+p+")
SIGNATURE = re.compile(
    r"\n[ \t]*(?:--|sendt fra|sent from|mvh\b|vh\b|(?:med )?venlig hilsen|hilsen|best regards)",
    re.IGNORECASE,
)
SEPARATOR = re.compile(r"[,;/&+|\n]|(?<!-)\s(?:og(?!\sLolland)|and|samt)\s", re.IGNORECASE)
BEFORE_POSTCODE = re.compile(r"\s(?=[0-9]{4}\b)")
POSTCODE = re.compile(r"(?:DK[- ]?)?([0-9]{3,6})(?:\s+(\D+))?", re.IGNORECASE)
NAME_THEN_POSTCODE = re.compile(r"(\D+?)\s+([0-9]{4})")
NAME_WORD = re.compile(r"[^\W\d_]{1,4}\.|[^\W\d_]+(?:['’-][^\W\d_]+)*-?")
BRACKETS = str.maketrans("()[]<>", "      ")
GLUED_POSTCODE = re.compile(r"(?<=[^\W\d_])(?=[0-9]{4}\b)")
EDGES = " \t\r\n.,:;!?\"'()[]<>*_~-…" + DASHES + DOUBLE_QUOTES + SINGLE_QUOTES


def parse_keyword(text: str) -> Command | None:
    """The command in an inbound SMS, or None if it is something else (see the rules above)."""
    text = _plain(text)
    words = [_key(word) for word in WORD.findall(text)]
    if not words:
        return Command(Verb.EMPTY)
    if sum(map(len, words)) + len(words) - 1 > MAX_LENGTH:
        return None
    if len(words) > 1 and all(len(word) == 1 for word in words):
        words = ["".join(words)]  # "S T O P"
    return _lone(words) or _with_places(text) or _short_stop(words) or _bare(text)


def _key(word: str) -> str:
    """A word for comparison, with a plain apostrophe."""
    return fold(plain(word))


def _plain(text: str) -> str:
    """The text with styled letters made plain, and without invisible characters and signature."""
    # Emoji symbols ("ℹ️") would become letters; keycap digits stay digits.
    text = re.sub("[^0-9]\ufe0f", " ", text)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(map(_without_emoji, text))
    signature = SIGNATURE.search(text)
    text = text[: signature.start()] if signature else text
    return GLUED_POSTCODE.sub(" ", text)  # "TRYK3400"


def _without_emoji(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in ("Cf", "Me"):
        return ""
    return " " if category in ("So", "Sk", "Mn") and ord(letter) > 0x2000 else letter


def _is_stop(word: str) -> bool:
    return word in STOP_WORDS or STRETCHED_STOP.fullmatch(word) is not None


def _is_plain_stop(word: str) -> bool:
    return word in LEAVE_WORDS or STRETCHED_STOP.fullmatch(word) is not None


def _lone(words: list[str]) -> Command | None:
    said = [word for word in words if word not in COURTESY]
    if not said:
        return None
    first = said[0]
    if all(map(_is_stop, said)):
        return Command(Verb.STOP, STOP_WORDS.get(first))
    # "End it all" is not an opt-out: only unambiguous stop words may name what they stop.
    stops = [word for word in said if _is_plain_stop(word)]
    if stops and all(word in stops or word in STOPPED_THINGS for word in said):
        return Command(Verb.STOP, STOP_WORDS.get(stops[0]))
    if said == ["opt", "out"]:
        return Command(Verb.STOP, "en")
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


def _with_places(text: str) -> Command | None:
    opening = re.match(r"[\W_]*([^\W_]+)", text)
    while opening and _key(opening[1]) in COURTESY:
        text = text[opening.end() :]
        opening = re.match(r"[\W_]*([^\W_]+)", text)
    if opening is None:
        return None
    keyword = "stop" if STRETCHED_STOP.fullmatch(_key(opening[1])) else _key(opening[1])
    if keyword not in LEAVE_WORDS and keyword not in FOLLOW_WORDS:
        return None
    places = parse_places(text[opening.end() :])
    if not places:
        return None
    if keyword in LEAVE_WORDS:
        return Command(Verb.LEAVE, STOP_WORDS[keyword], places, doubtful=True)
    wordy = all(len(place.split()) > 1 and not place[0].isdigit() for place in places)
    return Command(
        Verb.FOLLOW, FOLLOW_WORDS[keyword], places, doubtful=wordy and keyword != "tilmeld"
    )


def _short_stop(words: list[str]) -> Command | None:
    short = len(words) <= MAX_STOP_WORDS and len(" ".join(words)) <= MAX_STOP_LENGTH
    if short and _is_plain_stop(words[0]) and SOMEBODY.isdisjoint(words):
        return Command(Verb.STOP, STOP_WORDS.get(words[0]))
    return None


def _bare(text: str) -> Command | None:
    places = parse_places(text)
    if places and all(re.fullmatch(r"[0-9]{4}", place) for place in places):
        return Command(Verb.FOLLOW, None, places, bare=True)
    return None


def parse_places(text: str) -> tuple[str, ...]:
    """The places in a list such as "3400, 3480 Fredensborg og Nr. Alslev", without duplicates.

    Empty if any part of it cannot be a place, so that a sentence is never half understood.
    """
    places: dict[str, str] = {}
    for piece in map(_stripped, SEPARATOR.split(text)):
        if not piece:
            continue
        whole = NAME_THEN_POSTCODE.fullmatch(piece)
        parts = [f"{whole[2]} {whole[1]}"] if whole else BEFORE_POSTCODE.split(piece)
        for part in parts:
            place = _place(_stripped(part))
            if place is None:
                return ()
            places.setdefault(_key(place), place)
    return tuple(places.values()) if len(places) <= MAX_PLACES else ()


def _stripped(part: str) -> str:
    """One item of a list, stripped of "for", "i", "tak" and punctuation."""
    words = part.translate(BRACKETS).split()
    while words and _key(words[0].strip(EDGES)) in PLACE_FRAME | {""}:
        del words[0]
    while words and _key(words[-1].strip(EDGES)) in PLACE_END:
        del words[-1]
    return " ".join(words).strip(EDGES)


def _place(part: str) -> str | None:
    """A place as typed, or None if it cannot be one."""
    postcode = POSTCODE.fullmatch(part)
    name = (postcode[2] or "").strip() if postcode else part
    if not part or not _is_name(name):
        return None
    return f"{postcode[1]} {name}".strip() if postcode else part


def _is_name(name: str) -> bool:
    words = name.split()
    return (
        len(words) <= MAX_NAME_WORDS
        and len(name) <= MAX_NAME_LENGTH
        and (not words or len(name) > 1)
        and all(NAME_WORD.fullmatch(word) and _key(word) not in SENTENCE_WORDS for word in words)
    )
