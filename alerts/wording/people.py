"""Detectors of people's names, with care for what is only called after people."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from alerts.wording.phrases import FOLDER, words
from alerts.wording.rules import Rule
from alerts.wording.text import Hit, Span, Text

_ROMAN = re.compile(r"[IVX]+(?:['’]?s)?")
_AFTER_INITIAL = re.compile(r"\.[ \t]{0,3}")
_BETWEEN = re.compile(r"[ \t]{1,3}(?:(?:von|van|de|af|el|al|bin)[ \t-]{1,3})?")
LONGEST_NAME = 5


@cache
def _names(name: str) -> frozenset[str]:
    lists = tomllib.loads((FOLDER / "names.toml").read_text(encoding="utf-8"))
    return frozenset(lists[name].split())


def names_person(text: Text, _rule: Rule) -> Iterator[Hit]:
    """A given name and a surname, any name before a surname in "-sen", or "Mr" and a name."""
    for run in _runs(text):
        found = _person_in(text, run)
        if found is not None:
            yield Hit(found)
    for first, second in pairwise(text.words):
        if _is_in_small_letters(text, first, second):
            yield Hit(Span(first.start(), second.end()))


def _is_in_small_letters(text: Text, first: re.Match[str], second: re.Match[str]) -> bool:
    """Whether two words are a name, typed in a hurry: "jens nielsen"."""
    given = first.group()
    return (
        given.islower()
        and second.group().islower()
        and given in _names("given") - _names("ambiguous")
        and _is_known_sen(second.group())
        and text.whole[first.end() : second.start()] == " "
    )


def names_given_name(text: Text, _rule: Rule) -> Iterator[Hit]:
    """A given name alone, which is nothing else."""
    for run in _runs(text):
        word = _bare(run[0].group())
        is_alone = len(run) == 1 and word in _names("given") and word not in _names("ambiguous")
        if is_alone and not _is_called_so(text, run) and not text.setting.is_place(run[0].group()):
            yield Hit(Span(run[0].start(), run[0].end()))


def _person_in(text: Text, run: Sequence[re.Match[str]]) -> Span | None:
    language, first = text.setting.language, run[0].group().lower()
    is_titled = first in words("person_titles", language) and len(run) > 1
    is_titled = is_titled or _after(text, run[0], "person_titles")
    has_role = first in words("person_roles", language) or _after(text, run[0], "person_roles")
    if is_titled or (has_role and _is_surname(run[-1].group())):
        return None if _holds_place_word(text, run) else Span(run[0].start(), run[-1].end())
    for index in range(len(run) - 1):
        part = run[index : index + LONGEST_NAME]
        if _is_person(text, part):
            return None if _is_called_so(text, run) else Span(part[0].start(), part[-1].end())
    return None


def _is_person(text: Text, part: Sequence[re.Match[str]]) -> bool:
    first = _bare(part[0].group())
    if _is_initial(text, part[0]):
        named = next((match for match in part if not _is_initial(text, match)), None)
        return named is not None and _is_surname(named.group())
    if _ROMAN.fullmatch(part[1].group()):
        return False
    if first in _names("ambiguous"):
        return any(_is_surname(match.group()) for match in part[1:])
    if first in _names("given"):
        return part[1].group().lower() not in words("not_after_preposition", text.setting.language)
    begins = text.begins_sentence(part[0].start())
    return not begins and len(first) > 2 and _is_known_sen(part[1].group())


def _is_surname(word: str) -> bool:
    bare = _bare(word)
    return bare in _names("surnames") or (bare.endswith("sen") and len(bare) > 5)


def _is_known_sen(word: str) -> bool:
    bare = _bare(word)
    return bare.endswith("sen") and bare in _names("surnames")


def _bare(word: str) -> str:
    """A name in lower case, the first of a double one, without the s of the genitive."""
    lower = word.lower().split("-")[0]
    for ending in ("'s", "’s", "s", "'", "’"):
        stem = lower.removesuffix(ending)
        if stem != lower and (stem in _names("given") or stem in _names("surnames")):
            return lower if lower in _names("given") else stem
    return lower


def _runs(text: Text) -> Iterator[list[re.Match[str]]]:
    """The runs of capitalised words, one space (or "von" and the like) between them."""
    run: list[re.Match[str]] = []
    for match in text.words:
        if not match.group()[0].isupper():
            continue
        gap = text.whole[run[-1].end() : match.start()] if run else ""
        between = _AFTER_INITIAL if run and _is_initial(text, run[-1]) else _BETWEEN
        if run and len(gap) < 12 and between.fullmatch(gap):
            run.append(match)
            continue
        if run:
            yield run
        run = [match]
    if run:
        yield run


def _is_initial(text: Text, match: re.Match[str]) -> bool:
    """Whether it is a letter with its full stop: "J. Nielsen"."""
    return len(match.group()) == 1 and text.whole[match.end() : match.end() + 1] == "."


def _is_called_so(text: Text, run: Sequence[re.Match[str]]) -> bool:
    """Whether it is a street, a school, a shop, a storm: something called after a person.

    Also true for the names of those who act in public: "Queen Mary", "Inspector Hansen".
    """
    called = text.whole[run[0].start() : run[-1].end()]
    if _holds_place_word(text, run):
        return True
    places = words("place_words", text.setting.language) - words("homes", text.setting.language)
    following = re.match(r" ([^\W\d_]+)", text.whole[run[-1].end() : run[-1].end() + 40])
    if following and following[1].lower() in places:
        return True
    if any(name in called.lower() for name in words("not_persons", text.setting.language)):
        return True
    if any(match.group().lower() in words("public_titles", text.setting.language) for match in run):
        return True
    return _after(text, run[0], "public_titles") or text.setting.is_place(called)


def _holds_place_word(text: Text, run: Sequence[re.Match[str]]) -> bool:
    """Whether one of the capitalised words makes a place of the others: "Jens Jessens Vej"."""
    places = words("place_words", text.setting.language)
    return any(_is_place_word(m.group(), places) and not _is_initial(text, m) for m in run)


def _is_place_word(word: str, places: frozenset[str]) -> bool:
    lower = word.lower().removesuffix("s") if len(word) > 5 else word.lower()
    endings = tuple(words("place_endings", "any"))
    return lower in places or word.lower() in places or lower.endswith(endings)


def _after(text: Text, match: re.Match[str], name: str) -> bool:
    """Whether a word of a list stands right before: "Mr Hansen", "Dr. Jensen", "Queen Mary"."""
    line = text.whole[max(match.start() - 40, 0) : match.start()]
    before = re.search(r"([^\W\d_]+)\.?[ \t]{1,3}$", line)
    return before is not None and before[1].lower() in words(name, text.setting.language)
