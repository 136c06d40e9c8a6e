"""The places in a message, as they were typed: postcodes, and names of up to four words."""

from __future__ import annotations

import re

from areas.countries import keep_countries
from areas.written import without_street
from subscribers.sms.vocabulary import COURTESY, WORD, key_of_word, words_of
from web.texts.typography import DASHES, DOUBLE_QUOTES, SINGLE_QUOTES

MAX_PLACES = 20
MAX_NAME_WORDS = 4
MAX_STREET_WORDS = 6
"""Words of a street, and of a floor and a country after it."""
MAX_NAME_LENGTH = 40
MOST_ALONE = 3
"""Names in a message that is nothing but places; what lists more is a description."""

PLACE_FRAME = words_of("""
    dk for fra from i in til to mig me at by omraade omraadet omraader area areas varsler alerts
    postnummer postnr zip postcode kun only ogsaa also og and samt
""")
PLACE_END = COURTESY | {"", "for", "mig", "me"}
SOMEBODY = words_of("""
    ham han hende hun him her he she mand manden maend maendene kvinde kvinden fyr fyren tyv tyven
    tyvene man men woman guy thief thieves
""")
SENTENCE_WORDS = SOMEBODY | words_of("""
    hvis naar nogen jeg du han hun vi de dem den det der en et er var har ham hende ikke min mit
    mine som hvor hvad
    saa ser set paa ved med men mod om op ud ind lige kan skal vil blev
    a an the he she they we you it is was are were has have had not my this that there who what
    saw see seen on at with but of and near
""")


QUARTERS = frozenset("KVNØSCMF")
"""The quarters of towns, as people write them after a postcode: "2100 Ø", "8200 N"."""
SEPARATOR = re.compile(r"[,;/&+|\n]|(?<!-)\s(?:og(?!\sLolland)|and|samt)\s", re.IGNORECASE)
BEFORE_POSTCODE = re.compile(r"\s(?=[0-9]{4}\b)")
POSTCODE = re.compile(r"(?:DK ?)?((?:[A-Z]{1,2}-)?[0-9]{3,6})(?:\s+(\D+))?", re.IGNORECASE)
NAME_THEN_POSTCODE = re.compile(r"(\D+?)\s+([0-9]{4})")
NAME_WORD = re.compile(r"[^\W\d_]{1,4}\.|[^\W\d_]+(?:['’-][^\W\d_]+)*-?")
BRACKETS = str.maketrans("()[]<>", "      ")
SPLIT_POSTCODE = re.compile(
    r"(?<![\d.])(?:(\d\d)[ .](\d\d)|(\d)[ .](\d{3})|(\d) (\d) (\d) (\d))(?![\d.]?\d)"
)
EDGES = " \t\r\n.,:;!?\"'()[]<>*_~-…" + DASHES + DOUBLE_QUOTES + SINGLE_QUOTES


def parse_places(text: str) -> tuple[str, ...]:
    """The places in a list such as "3400, 3480 Fredensborg og Nr. Alslev", without duplicates.

    Empty if any part of it cannot be a place, so that a sentence is never half understood.
    """
    places: dict[str, str] = {}
    for piece in map(_stripped, SEPARATOR.split(keep_countries(text))):
        if not piece:
            continue
        whole = NAME_THEN_POSTCODE.fullmatch(piece)
        if whole and key_of_word(whole[1].split()[-1]) in PLACE_FRAME:
            return ()  # "start bilen i 3400"
        parts = [f"{whole[2]} {whole[1]}"] if whole else BEFORE_POSTCODE.split(piece)
        for part in parts:
            place = read_place(_stripped(part))
            if place is None:
                return ()
            places.setdefault(key_of_word(place), place)
    return tuple(places.values()) if len(places) <= MAX_PLACES else ()


def places_at(text: str) -> tuple[str, ...]:
    """The places of a text that may be an address; none if its street is part of a sentence.

    "Slotsgade 14, 3400 Hillerød" is 3400 Hillerød; "der er indbrud på Slotsgade 14, 3400" is none.
    """
    rest = without_street(text)
    left = set(map(key_of_word, WORD.findall(rest)))
    street = [word for word in map(key_of_word, WORD.findall(text)) if word not in left]
    names = [word for word in street if not word[0].isdigit()]
    if len(names) > MAX_STREET_WORDS or not SENTENCE_WORDS.isdisjoint(names):
        return ()
    return parse_places(rest)


def places_alone(text: str) -> tuple[str, ...]:
    """The places of a message that may be nothing but one or a few names of places."""
    places = places_at(joined_postcodes(text))
    return places if len(places) <= MOST_ALONE else ()


def _stripped(part: str) -> str:
    """One item of a list, stripped of "for", "i", "tak" and punctuation."""
    words = part.translate(BRACKETS).split()
    while words and key_of_word(words[0].strip(EDGES)) in PLACE_FRAME | {""}:
        del words[0]
    while words and key_of_word(words[-1].strip(EDGES)) in PLACE_END:
        del words[-1]
    return " ".join(words).strip(EDGES)


def read_place(part: str) -> str | None:
    """A place as typed, or None if it cannot be one."""
    postcode = POSTCODE.fullmatch(part)
    name = (postcode[2] or "").strip() if postcode else part
    if not part or not (_is_name(name) or (postcode and name.upper().rstrip(".") in QUARTERS)):
        return None
    return f"{postcode[1]} {name}".strip() if postcode else part


def _is_name(name: str) -> bool:
    words = name.split()
    return (
        len(words) <= MAX_NAME_WORDS
        and len(name) <= MAX_NAME_LENGTH
        and (not words or len(name) > 1)
        and all(
            NAME_WORD.fullmatch(word) and key_of_word(word) not in SENTENCE_WORDS for word in words
        )
    )


def joined_postcodes(text: str) -> str:
    """Postcodes as they are meant: "34 00" and "3.400" are 3400."""
    return SPLIT_POSTCODE.sub(lambda found: "".join(filter(None, found.groups())), text)
