"""The rules on texts as officers write them: what is found, and no false alarm on the good ones."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from time import process_time_ns

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.kinds import AlertKind
from alerts.wording.check import check_wording
from alerts.wording.rules import RULES
from alerts.wording.text import Setting
from tests.alerts.wording.places import is_place

pytestmark = pytest.mark.one_database

FILE = Path(__file__).parent / "texts.tsv"
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


def _read() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8") as rows:
        return list(csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))


TEXTS = _read()
GOOD = [text for text in TEXTS if not text["rules"]]


def setting(language: str, kind: AlertKind, others: tuple[str, ...] = ()) -> Setting:
    """An alert's, at a fixed time and with the bundled gazetteer; ``others`` as the fields have."""
    return Setting(
        language=language,
        kind=kind,
        now=NOW,
        has_case=kind.row.asks_for_tips,
        others=others,
        own_hosts=frozenset({"varsko.example"}),
        is_place=is_place,
    )


@pytest.mark.parametrize("text", TEXTS, ids=[f"{t['rules']}-{t['title']}" for t in TEXTS])
def test_a_text_breaks_exactly_the_rules_it_should(text: dict[str, str]) -> None:
    found = check_wording(
        text["title"], text["body"], setting(text["language"], AlertKind(text["kind"]))
    )
    assert {finding.rule.id for finding in found} == set(filter(None, text["rules"].split(",")))


def test_there_are_enough_texts_and_a_bad_one_for_each_rule_that_needs_no_long_text() -> None:
    assert len(TEXTS) >= 240
    assert len(GOOD) >= 130
    tried = {rule for text in TEXTS for rule in text["rules"].split(",")}
    assert set(RULES) - tried <= {
        "hard-to-read",
        "many-segments",
        "same-in-both",
        "relative-time-scheduled",
    }


PIECES = st.sampled_from(
    [
        "070761-4285", "i aftes", "Jens Nielsen", "http://[", "https://a.b/?utm_=%zz", "@", "GM",
        "ſ", "İ", "ß", "\n", ". ", "!", "ca.", "112", "٠٧٠٧٦١-٤٢٨٥", "\U0001f525", "\x00", "Vej",
        "fru ", "på flugt", "IKKE", "+45 ", "20 30 40 50", "-", "’s", "\ud7ff", "www.", "://",
    ]
)  # fmt: skip
ANY_TEXT = st.one_of(
    st.text(max_size=300),
    st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=40).map("".join),
)


@given(
    title=ANY_TEXT,
    body=ANY_TEXT,
    language=st.sampled_from(["da", "en"]),
    kind=st.sampled_from(AlertKind),
)
def test_any_text_can_be_checked_and_what_is_found_lies_inside_it(
    title: str, body: str, language: str, kind: AlertKind
) -> None:
    for finding in check_wording(title, body, setting(language, kind)):
        place = {"title": title, "body": body}[finding.field]
        assert 0 <= finding.start <= finding.end <= len(place)
        if "\n" not in finding.found and finding.end > finding.start:
            assert finding.found.startswith(place[finding.start : finding.end])
        assert finding.rule.applies_to(language, kind, is_follow_up=False)


REPEATED = ["Jens Nielsen ", "a.", "i aftes ", "070761-", "a", "fru ", "Kim Larsens Plads ", "?a&"]


@pytest.mark.parametrize("piece", REPEATED)
def test_eight_times_the_text_is_about_eight_times_the_work(piece: str) -> None:
    """Sixty-four times would be quadratic. A floor keeps tiny figures from being compared."""
    few, many = (min(_work(piece * (size // len(piece))) for _again in "12") for size in SIZES)
    assert many < 24 * max(few, 10_000_000)


SIZES = (2_000, 16_000)


def _work(text: str) -> int:
    """The processor time of checking a text, in nanoseconds, without other processes."""
    began = process_time_ns()
    check_wording("", text, setting("da", AlertKind.WITNESS_APPEAL))
    return process_time_ns() - began
