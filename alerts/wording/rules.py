"""The rules of the wording check, as ``data/rules`` has them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from alerts.kinds import AlertKind
from web.languages.choice import LANGUAGES

FOLDER = Path(__file__).parent / "data/rules"


class RuleSeverity(StrEnum):
    """How much a finding weighs. A hard one needs a written reason before it is sent."""

    HINT = "hint"
    WARNING = "warning"
    HARD = "hard"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule; ``data/README.md`` says what each field means.

    ``message`` and ``explanation`` are Danish, and keys of the catalogues.
    """

    id: str
    detector: str
    severity: RuleSeverity
    message: str
    explanation: str
    source: str
    languages: frozenset[str] = frozenset(LANGUAGES)
    kinds: frozenset[AlertKind] = frozenset(AlertKind)
    first_message_only: bool = False
    needs: str = ""
    unless: str = ""
    most: int = 0
    wrong: Mapping[str, str]
    right: Mapping[str, str]

    def applies_to(self, language: str, kind: AlertKind, *, is_follow_up: bool) -> bool:
        """Whether a text of this kind is held to the rule."""
        return (
            language in self.languages
            and kind in self.kinds
            and not (is_follow_up and self.first_message_only)
        )


def _read(folder: Path) -> Iterator[Rule]:
    for path in sorted(folder.glob("*.toml")):
        for name, row in tomllib.loads(path.read_text(encoding="utf-8")).items():
            yield _rule(name, row)


def _rule(name: str, row: dict[str, Any]) -> Rule:
    typed: dict[str, Any] = {**row, "severity": RuleSeverity(row["severity"])}
    if "languages" in row:
        typed["languages"] = frozenset(row["languages"])
    if "kinds" in row:
        typed["kinds"] = frozenset(map(AlertKind, row["kinds"]))
    return Rule(id=name, **typed)


RULES: Mapping[str, Rule] = {rule.id: rule for rule in _read(FOLDER)}
