"""What somebody chooses of what they were offered: "2", "den første", "begge", "neither". Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from subscribers.sms.vocabulary import COURTESY
from subscribers.sms.wishes import WORDS, agrees, phrases
from web.texts.words import Phrases, load_words, plain_words

YES = frozenset({"ja", "jo", "jep", "yes", "yep", "y", "j", "ok", "okay"})
NO = frozenset({"nej", "no", "nope"})
AROUND = COURTESY | frozenset(
    {"nr", "nummer", "svar", "number", "option", "jeg", "mener", "mente", "det", "den", "er"}
    | {"og", "and", "i", "hele"}
)
MOST_DIGITS = 2
"""A number with more is no choice but a postcode."""
MOST_WORDS = 2
"""What is longer, and no place, is an ordinary sentence: a tip."""
LONGEST_ANSWER = 6
"""Words of what may be an answer that we don't understand."""


@dataclass(frozen=True)
class Choice:
    """What was chosen: at most one of these, and none of them if it is no plain choice.

    ``numbers`` count from 1. ``words`` are what says something, without what stands around it.
    ``in_words``: it could also answer an alert that came since.
    """

    words: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    says_yes: bool = False
    says_no: bool = False
    means_all: bool = False
    is_undecided: bool = False
    in_words: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is an answer by itself, and no name of a place."""
        said = (self.says_yes, self.says_no, self.means_all, self.is_undecided)
        return bool(self.numbers) or any(said)


def read_choice(words: Sequence[str], offered: int) -> Choice:
    """What these folded words choose of so many places."""
    said = tuple(word for word in words if word not in AROUND)
    begins = said[0] if said else ""
    if begins in YES and len(said) > 1:
        said = said[1:]
    in_words = any(not word.isdecimal() for word in said) or begins in YES
    is_one = len(said) == 1
    if is_one and said[0] in YES | NO:
        return Choice(said, says_yes=said[0] in YES, says_no=said[0] in NO, in_words=True)
    whole = _line(words)
    if phrases("yes").are_all_of(whole):
        return Choice(said, says_yes=True, in_words=True)
    if is_one and phrases("no").are_all_of(_line(said)):
        return Choice(said, says_no=True, in_words=True)
    line = _line(word for word in words if word not in COURTESY | YES)
    if offered and phrases("undecided").are_all_of(line):
        return Choice(said, is_undecided=True, in_words=True)
    core = phrases("around_answer").without(line)
    denied = _line(word for word in line.split() if word not in NO)
    if phrases("none_of_them").are_all_of(denied):
        return Choice(said, says_no=True, in_words=True)
    if any(map(phrases("all_of_them").are_all_of, (line, core))):
        return Choice(said, means_all=True, in_words=True)
    for each in (core.split(), said):
        numbers = [_number(word, offered) for word in each]
        if numbers and None not in numbers:
            return Choice(
                said, tuple(dict.fromkeys(n for n in numbers if n is not None)), in_words=in_words
            )
    if agrees(_line(words)):
        return Choice(said, says_yes=True, in_words=True)
    return Choice(said, in_words=begins in YES | NO)


def may_be_choice(words: Sequence[str]) -> bool:
    """Whether these words may be an answer to "which one?" that we do not understand."""
    if not words or len(words) > LONGEST_ANSWER or phrases("seen").are_in(_line(words)):
        return False
    if not all(word.isalpha() or len(word) <= MOST_DIGITS for word in words):
        return False  # "AB12345"
    left = phrases("around_answer").without(_line(words)).split()
    return words[0] in YES | NO or len(left) <= MOST_WORDS


def _number(word: str, offered: int) -> int | None:
    """The number that a word says; "the last" of those that were offered."""
    if word.isdecimal():
        return int(word) if len(word) <= MOST_DIGITS else None
    if not offered:
        return None
    if phrases("last").are_all_of(_line([word])):
        return offered
    for lists in load_words(WORDS).values():
        for number, spoken in enumerate(lists.get("ordinals", ()), 1):
            if Phrases([f"(?:{spoken})"]).are_all_of(_line([word])):
                return number
    return None


def _line(words: Iterable[str]) -> str:
    return plain_words(" ".join(words))
