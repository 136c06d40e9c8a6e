"""A text as the detectors see it: its sentences and words, and what is known about its alert."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from alerts.kinds import AlertKind
from alerts.wording.phrases import Phrases, phrases

NEAR = 300
"""Characters before and after a word that may bear on it."""

_SENTENCE = re.compile(r"[^\n.!?]+(?:[.!?](?=\S)[^\n.!?]*)*[.!?]*")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ABBREVIATED = re.compile(
    r"(?:^|[ (])(?:\w|kl|ca|nr|skt|sct|bl|dr|hr|mr|mrs|st|approx|no)\.$", re.I
)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is known about an alert beside its text.

    ``send_at``: when it is sent, if that is not now. ``others``: the texts of the same message in
    other languages, title and body on lines of their own. ``segments``: of the SMS, if they were
    counted. ``own_hosts`` and ``own_numbers`` (eight digits) may stand in a text. ``is_place``
    says whether something is the name of a place.
    """

    language: str
    kind: AlertKind
    now: datetime
    send_at: datetime | None = None
    is_follow_up: bool = False
    has_case: bool = False
    others: Sequence[str] = ()
    segments: int | None = None
    own_hosts: frozenset[str] = frozenset()
    own_numbers: frozenset[str] = frozenset()
    is_place: Callable[[str], bool] = field(default=lambda _name: False, compare=False)


@dataclass(frozen=True)
class Span:
    """A stretch of a text, as the indices of its first character and the one after its last."""

    start: int
    end: int


@dataclass(frozen=True)
class Hit:
    """What a detector found. Without a span it is about the whole text.

    ``facts`` are the values that the rule's message has places for.
    """

    span: Span | None = None
    replacement: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Text:
    """A text in its setting. ``whole`` is title and body, each on lines of its own."""

    whole: str
    setting: Setting

    @cached_property
    def words(self) -> list[re.Match[str]]:
        """Its words: letters and digits, with hyphens and apostrophes inside."""
        return list(_WORD.finditer(self.whole))

    @cached_property
    def sentences(self) -> list[Span]:
        """Its sentences, without the spaces around them; a line ends one."""
        return list(_join_at_abbreviations(self.whole))

    def sentence_at(self, position: int) -> str:
        """The sentence around a position, but no more than is near."""
        index = bisect_right(self.sentences, position, key=lambda span: span.start) - 1
        if index < 0:
            return ""
        start = max(self.sentences[index].start, position - NEAR)
        end = min(self.sentences[index].end, position + NEAR)
        return self.whole[start:end]

    def begins_sentence(self, position: int) -> bool:
        """Whether a sentence begins at a position."""
        return position in self._beginnings

    @cached_property
    def _beginnings(self) -> frozenset[int]:
        return frozenset(span.start for span in self.sentences)

    def listed(self, name: str) -> Phrases:
        """A list of phrases in the language of the text."""
        return phrases(name, self.setting.language)

    def says(self, name: str) -> bool:
        """Whether one of the phrases of a list occurs."""
        return self.listed(name).are_in(self.whole)


def _join_at_abbreviations(text: str) -> Iterator[Span]:
    start: int | None = None
    for match in _SENTENCE.finditer(text):
        piece = match.group()
        begin = match.start() + len(piece) - len(piece.lstrip())
        start = begin if start is None else start
        goes_on = text[match.end() : match.end() + 1] not in ("", "\n")
        if goes_on and _ABBREVIATED.search(piece[-9:]):
            continue
        if start < match.end() and text[start : match.end()].strip():
            yield Span(start, match.end())
        start = None
    if start is not None and text[start:].strip():
        yield Span(start, len(text))
