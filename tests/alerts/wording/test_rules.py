"""Each rule is whole, and does what its own examples say."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from alerts.kinds import AlertKind
from alerts.wording.check import Finding, check_wording
from alerts.wording.detectors import DETECTORS
from alerts.wording.phrases import FOLDER, phrases
from alerts.wording.rules import RULES, Rule
from alerts.wording.text import Setting
from dispatch.segments import count_segments
from web.languages.choice import LANGUAGES

pytestmark = pytest.mark.one_database

EXAMPLES = [
    pytest.param(rule, language, id=f"{rule.id}-{language}")
    for rule in RULES.values()
    for language in sorted(rule.languages)
]

SAID_IN_DANISH = "Police at Slotsgade, Hillerød."
"""The same text in the other language, for the rule about that."""


def findings(rule: Rule, language: str, text: str) -> list[Finding]:
    """What one rule says about a text of the first kind that it is for."""
    setting = Setting(
        language=language,
        kind=next(kind for kind in AlertKind if kind in rule.kinds),
        now=datetime(2026, 11, 27, 9, tzinfo=UTC),
        send_at=datetime(2026, 12, 3, 9, tzinfo=UTC) if "scheduled" in rule.id else None,
        segments=count_segments(text).segments,
        others=[f"\n{SAID_IN_DANISH}"],
    )
    return [found for found in check_wording("", text, setting) if found.rule is rule]


@pytest.mark.parametrize(("rule", "language"), EXAMPLES)
def test_a_rule_finds_its_wrong_example(rule: Rule, language: str) -> None:
    assert findings(rule, language, rule.wrong[language])


@pytest.mark.parametrize(("rule", "language"), EXAMPLES)
def test_a_rule_lets_its_right_example_pass(rule: Rule, language: str) -> None:
    assert not findings(rule, language, rule.right[language])


@pytest.mark.parametrize(
    ("written", "is_number"),
    [("CPR 0101901235", True), ("cpr-nr. 010190 1234", True), ("CPR: 01.01.90-1234", True),
     ("CPR-nummer 311299-4321", True), ("personnummer (010190–1234)", True),
     ("Civil registration number 311299 4321", True), ("cprnr 0101901234", True),
     ("cpr nr står i sag 0900-10161-00018-24", False), ("CPR kender vi ikke. Ring 114", False)],
)  # fmt: skip
def test_what_is_called_an_identity_number_is_one_however_it_is_written(
    written: str, is_number: bool
) -> None:
    assert bool(findings(RULES["identity-number"], "da", f"Manden har {written}.")) is is_number
    assert not findings(RULES["identity-number-misspelt"], "da", f"Manden har {written}.")


@pytest.mark.parametrize(
    ("written", "is_number"),
    [(f"070761{sep}4285", True) for sep in ("-", "–", "—", "‑", "−", " - ", " ", "", "_", ".", "/")]
    + [("07.07.61-4285", True), ("07 07 61-4285", True), ("07-07-61-4285", True),
       ("07/07/61-4285", True), ("07.07.1961-4285", True), ("07/07 1961", False),
       ("070761/4286", False), ("070761.4286", False), ("07.07.61-4286", False),
       ("28.11.26 3400 Hillerød", False), ("010126/1200", False),
       ("07.07.61-08.07.61", False), ("0900-10161-00018-24", False), ("28/11/26 - 1400", False)],
)  # fmt: skip
def test_an_identity_number_is_found_by_its_date_and_check_digit(
    written: str, is_number: bool
) -> None:
    text = f"Manden har {written} på Nygade."
    assert bool(findings(RULES["identity-number"], "da", text)) is is_number


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_whole(rule: Rule) -> None:
    assert rule.source
    assert rule.detector in DETECTORS
    assert rule.languages <= set(LANGUAGES)
    for name in filter(None, (rule.needs, rule.unless)):
        for language in rule.languages:
            assert phrases(name, language).are_in is not None
            assert f"\n{name} = [" in _words(language) or f"\n[{name}]" in _words(language)
    assert set(re.findall(r"%\((\w+)\)", rule.explanation)) == set()


def _words(language: str) -> str:
    return (FOLDER / f"{language}.toml").read_text(encoding="utf-8")


def test_every_detector_serves_a_rule() -> None:
    assert {rule.detector for rule in RULES.values()} == set(DETECTORS)
