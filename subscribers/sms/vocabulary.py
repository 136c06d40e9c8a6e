"""The keywords themselves, from the lists in ``words/``, and what is nearly one of them."""

from __future__ import annotations

from collections.abc import Mapping

from subscribers.sms.commands import Verb
from subscribers.sms.wishes import WORDS
from web.texts.folding import fold
from web.texts.typography import plain
from web.texts.words import load_words

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
