"""The check itself: which rules a text breaks, and where."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from alerts.wording.detectors import DETECTORS
from alerts.wording.rules import RULES, Rule, RuleSeverity
from alerts.wording.text import Hit, Setting, Text

OTHER_LANGUAGE, LACKING = "is_in_other_language", "lacks_"
_WEIGHTS = list(reversed(RuleSeverity))


@dataclass(frozen=True)
class Finding:
    """Something in a text that a rule is about.

    ``field``: "title" or "body"; ``start`` and ``end`` are indices into it, equal if the finding is
    about the whole text. ``replacement``: what to write instead, if anything can be said.
    """

    rule: Rule
    language: str
    field: str
    start: int
    end: int
    found: str = ""
    replacement: str = ""
    facts: Mapping[str, str | int] = dataclasses.field(default_factory=dict)

    @property
    def message(self) -> str:
        """What was found, in the reader's language."""
        return str(_(self.rule.message, found=self.found, **self.facts))

    @property
    def explanation(self) -> str:
        """Why it matters, in the reader's language."""
        return str(_(self.rule.explanation))

    @property
    def is_hard(self) -> bool:
        """Whether a written reason is needed before it is sent."""
        return self.rule.severity is RuleSeverity.HARD


def check_wording(title: str, body: str, setting: Setting) -> list[Finding]:
    """Everything that the rules say about a text: the gravest first, then in its order.

    Pure apart from ``setting.is_place``, and linear in the length of the text.
    """
    text = Text(f"{title}\n{body}", setting)
    found = [
        _placed(rule, hit, text, title)
        for rule in RULES.values()
        if rule.applies_to(setting.language, setting.kind, is_follow_up=setting.is_follow_up)
        for hit in _hits(rule, text)
    ]
    if any(finding.rule.detector == OTHER_LANGUAGE for finding in found):
        # What a text lacks cannot be told by words of a language that it isn't in.
        found = [each for each in found if not each.rule.detector.startswith(LACKING)]
    found.sort(key=lambda finding: (_WEIGHTS.index(finding.rule.severity), _place(finding)))
    return found


def _hits(rule: Rule, text: Text) -> Iterator[Hit]:
    if text.whole.strip():
        yield from DETECTORS[rule.detector](text, rule)


def _place(finding: Finding) -> tuple[bool, int, str]:
    return (finding.field == "body", finding.start, finding.rule.id)


def _placed(rule: Rule, hit: Hit, text: Text, title: str) -> Finding:
    language = text.setting.language
    if hit.span is None:
        return Finding(rule, language, "body", 0, 0, facts=hit.facts)
    start, end = hit.span.start, hit.span.end
    found = text.whole[start:end]
    if start < len(title):
        place = ("title", start, min(end, len(title)))
    else:
        offset = len(title) + 1
        place = ("body", max(start - offset, 0), max(end - offset, 0))
    return Finding(rule, language, *place, found, hit.replacement, hit.facts)
