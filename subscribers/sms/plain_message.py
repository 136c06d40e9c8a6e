"""What a message says: without emoji, styled letters, quotes and a signature."""

from __future__ import annotations

import re
import unicodedata

from subscribers.sms.vocabulary import key_of_word
from web.texts.folding import compose
from web.texts.quotes import without_quotes, without_signature

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
GLUED_POSTCODE = re.compile(r"(?<=[^\W\d_])(?=[0-9]{4}\b)")
REPLY_PREFIX = re.compile(r"^\s*(?:(?:sv|re|vs|aw|fwd?|svar)\s*:\s*)+", re.IGNORECASE)


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
    return GLUED_POSTCODE.sub(" ", text)  # "TRYK3400"


def _without_emoji(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in ("Cf", "Me"):
        return ""
    return " " if category in ("So", "Sk", "Mn") and ord(letter) > 0x2000 else letter
