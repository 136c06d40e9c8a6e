"""The words of a message, and the keywords in the lists of ``words/`` and what is nearly one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from subscribers.sms.commands import Verb
from subscribers.sms.wishes import WORDS
from web.texts.folding import compose, fold
from web.texts.quotes import without_quotes, without_signature
from web.texts.typography import plain
from web.texts.words import load_words

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
GLUED_POSTCODE = re.compile(
    r"(?<=[^\W\d_])(?=[0-9][0-9OoIl]{3}\b)|(?<=\b[0-9]{4})(?=[A-ZÆØÅ][a-zæøå]{2})"
)
REPLY_PREFIX = re.compile(r"^\s*(?:(?:sv|re|vs|aw|fwd?|svar)\s*:\s*)+", re.IGNORECASE)
LOOKALIKE = re.compile(r"(?<![^\W_])(?=\d|[OoIl|]*\d[OoIl|]*\d)[\dOoIl|]{4}(?![^\W_])")
LOOKALIKE_DIGITS = str.maketrans("OoIl|", "00111")
"""Letters that are taken for digits in a postcode: "34OO"."""
SHORT_KEYWORD = 4
"""Letters of a keyword that many other words are nearly like."""


def words_of(text: str) -> frozenset[str]:
    """The words of a text, without order."""
    return frozenset(text.split())


def _of(name: str, languages: Mapping[str, str | None]) -> dict[str, str | None]:
    """The words of a list with their language: None if several have it."""
    found: dict[str, str | None] = {}
    for language, lists in load_words(WORDS).items():
        for word in lists.get(name, ()):
            folded = key_of_word(word)
            known = languages.get(language, "en")
            found[folded] = None if folded in found and found[folded] != known else known
    return found


def key_of_word(word: str) -> str:
    """A word for comparison, with a plain apostrophe."""
    return fold(plain(word))


_SPOKEN: dict[str, str | None] = {"da": "da", "en": "en"}
LEAVE_WORDS = _of("stop", _SPOKEN) | {"stop": None}
"""The stop words that may be followed by places; the others begin too many sentences."""
STOP_WORDS = LEAVE_WORDS | _of("stop_alone", _SPOKEN)
"""On their own they opt out of everything. Includes all of Twilio's own opt-out keywords."""
OWN_STOP_WORDS = frozenset(
    key_of_word(word)
    for language in _SPOKEN
    for name in ("stop", "stop_alone")
    for word in load_words(WORDS)[language].get(name, ())
)
"""Those whose misspellings are asked about: other languages' are one letter from Danish names."""
FOLLOW_WORDS = _of("follow", _SPOKEN) | {"start": None}
LONE_WORDS: dict[str, tuple[Verb, str | None]] = {
    **{word: (Verb.STATUS, language) for word, language in _of("status", _SPOKEN).items()},
    **{word: (Verb.HELP, language) for word, language in _of("help", _SPOKEN).items()},
    "info": (Verb.HELP, None),
    **dict.fromkeys(_of("danish", _SPOKEN), (Verb.LANGUAGE, "da")),
    **dict.fromkeys(_of("english", _SPOKEN), (Verb.LANGUAGE, "en")),
}

COURTESY = words_of("tak venligst please pls plz thanks thank you nu now igen again hej hi")
LANGUAGE_FRAME = words_of("paa in til to skift switch sprog language")
"""What may stand around the name of a language."""
SLIPS = {
    **dict.fromkeys(("tryg", "tryck", "trykk", "truk", "trk", "tyk", "tryl", "trtk"), ("tryk",)),
    **dict.fromkeys(("stob", "stpo", "stp", "stoip", "sto", "stopo", "stup"), ("stop",)),
    **dict.fromkeys(("strat", "sart", "stat", "stsrt"), ("start",)),
}
"""What phones and thumbs make of the short keywords."""


def is_slip(word: str, known: str) -> bool:
    """Whether a word is a keyword with one slip: a letter too many, too few, wrong, or two swapped.

    A short keyword is like many words: only swapped letters and what phones make of it count.
    """
    if word == known or abs(len(word) - len(known)) > 1:
        return False
    if known in SLIPS.get(word, ()):
        return True
    first = next((at for at, (a, b) in enumerate(zip(word, known, strict=False)) if a != b), None)
    if first is None:  # One is the beginning of the other.
        return len(known) > SHORT_KEYWORD
    swapped = word[:first] + word[first : first + 2][::-1] + word[first + 2 :]
    if swapped == known:
        return True
    return len(known) > SHORT_KEYWORD and (
        word[first + 1 :] == known[first + 1 :]
        or word[first:] == known[first + 1 :]
        or word[first + 1 :] == known[first:]
    )


def words_in(text: str) -> list[str]:
    """The folded words of a message, without emoji and signature."""
    return [key_of_word(word) for word in WORD.findall(plain_message(text))]


def plain_message(text: str) -> str:
    """The text with styled letters made plain, and without invisible characters and signature."""
    # Emoji symbols ("ℹ️") would become letters; keycap digits stay digits.
    text = re.sub("[^0-9]\ufe0f", " ", text)
    text = compose(text)
    text = "".join(map(_without_emoji, text))
    text = REPLY_PREFIX.sub("", without_signature(without_quotes(text)))
    text = GLUED_POSTCODE.sub(" ", text)  # "TRYK3400", "3400Hillerød"
    return LOOKALIKE.sub(lambda found: found[0].translate(LOOKALIKE_DIGITS), text)


def _without_emoji(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in ("Cf", "Me"):
        return ""
    return " " if category in ("So", "Sk", "Mn") and ord(letter) > 0x2000 else letter
