"""A text in the wrong language's field is noticed; names, short and foreign words are no alarm."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.kinds import AlertKind
from alerts.wording.check import check_wording
from alerts.wording.phrases import words
from tests.alerts.wording.test_texts import GOOD, setting

pytestmark = pytest.mark.one_database

RULE = {"da": "written-in-english", "en": "written-in-danish"}
OTHER = {"da": "en", "en": "da"}
LONG = [text for text in GOOD if len(text["body"].split()) >= 8]


def rules(title: str, body: str, language: str, others: tuple[str, ...] = ()) -> set[str]:
    """The rules about languages that a text breaks in a field."""
    where = setting(language, AlertKind.AREA_ALERT, others)
    found = {finding.rule.id for finding in check_wording(title, body, where)}
    return found & {*RULE.values(), "same-in-both"}


@pytest.mark.parametrize("text", LONG, ids=[text["title"] for text in LONG])
def test_a_text_in_the_other_field_is_noticed_and_said_to_lack_nothing(
    text: dict[str, str],
) -> None:
    assert len(LONG) >= 80
    field = OTHER[text["language"]]
    assert rules(text["title"], text["body"], field) == {RULE[field]}
    where = setting(field, AlertKind(text["kind"]))
    said = {f.rule.detector for f in check_wording(text["title"], text["body"], where)}
    assert not any(detector.startswith("lacks_") for detector in said)


@pytest.mark.parametrize("text", GOOD, ids=[text["title"] for text in GOOD])
def test_a_text_in_its_own_field_is_left_in_peace(text: dict[str, str]) -> None:
    assert not rules(text["title"], text["body"], text["language"])
    assert not rules("", text["title"], text["language"])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("da", "Brand"), ("da", "Fire"), ("da", "Stop"), ("da", "OK"), ("da", ""),
        ("da", "Black Friday i Fields"), ("da", "Hit and run i Køge"), ("da", "Copenhagen Pride"),
        ("da", "Race på The Wall"), ("da", "Royal Run i Aarhus mandag"),
        ("da", "Koncert: The Minds of 99 i Parken"),
        ("da", "Manden råbte »Give me the money« og løb mod stationen"),
        ("da", "En mand i trøje med teksten »New York« og »The Best Of All«"),
        ("da", "Tyveri fra Power og Elgiganten"), ("da", "Street Food på havnen er lukket"),
        ("da", "Mail fra Police Department om »missing person« er svindel"),
        ("da", "En e-mail med emnet »Your account has been closed« er falsk. Slet den."),
        ("da", "Link Up Festival, Open Air og Street Party er aflyst"),
        ("da", "Se politi.dk"), ("da", "Kirsten Holm, 78, Helsingør"), ("da", "Hillerød 3400"),
        ("da", "Fodgænger ramt af Tesla Model Y ved Fisketorvet Copenhagen Mall"),
        ("en", "Fire"), ("en", "Brand"), ("en", "Police"), ("en", ""), ("en", "OK"),
        ("en", "Nørrebrogade, Nørre Allé and Søndre Boulevard are closed"),
        ("en", "Call 114"), ("en", "Politiet"), ("en", "Rådhuspladsen"),
        ("en", "Kim Larsens Plads"),
        ("en", "Fire at Hotel Havnen, Ved Havnen 14, Rønne"),
        ("en", "The play »Der var engang« at Det Kongelige Teater is cancelled"),
        ("en", "Meet the police at Kulturhuset Islands Brygge on Monday"),
        ("en", "A sign says »Vejen er spærret«: the road is closed"),
        ("en", "Midt- og Vestsjællands Politi ask you to stay inside"),
        ("en", "He shouted »hjælp« and ran to the station"),
        ("en", "Read more at politi.dk"), ("en", "Kirsten Holm, 78, Helsingør"),
        ("en", "Foreningen Danske Beredskaber and Nordsjællands Politi train at Hillerød Havn"),
        ("en", "Jeg er bange is the name of the song"),
    ],
)  # fmt: skip
def test_short_texts_names_and_foreign_words_are_no_alarm(language: str, text: str) -> None:
    assert not rules("", text, language)
    assert not rules(text, "", language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("da", "Stay inside. Close your windows."),
        ("da", "Have you seen this man?"),
        ("da", "Burglary in Hillerød. Did you see anything?"),
        ("en", "Bliv inde. Luk vinduerne."),
        ("en", "Har du set denne mand?"),
        ("en", "Indbrud i Hillerød. Så du noget?"),
    ],
)
def test_a_few_words_are_enough(language: str, text: str) -> None:
    assert rules("", text, language) == {RULE[language]}


def test_a_field_that_is_half_in_the_other_language_is_noticed_nearly_always() -> None:
    """Every third pair of texts of about one length, one after the other in a field."""
    noticed = [
        rules("", f"{one['body']}\n{two['body']}", one["language"]) == {RULE[one["language"]]}
        for one, two in list(itertools.product(LONG, LONG))[::3]
        if one["language"] != two["language"]
        and 0.8 < len(one["body"].split()) / len(two["body"].split()) < 1.25
    ]
    assert len(noticed) > 500
    assert sum(noticed) >= 0.9 * len(noticed)


@given(st.lists(st.sampled_from(LONG), min_size=1, max_size=4))
def test_any_texts_of_the_right_language_together_are_no_alarm(texts: list[dict[str, str]]) -> None:
    language = texts[0]["language"]
    bodies = [text["body"] for text in texts if text["language"] == language]
    assert not rules(texts[0]["title"], "\n".join(bodies), language)


def test_the_same_text_in_both_fields_is_said_once() -> None:
    text = "Politi, Slotsgade, Hillerød: 114"
    assert rules("Politi", text, "en", (f"Politi\n{text}",)) == {"same-in-both"}
    assert rules("Politi", text, "en", (f"Politi \r\n {text}\n",)) == {"same-in-both"}
    assert not rules("Politi", text, "da", (f"Politi\n{text}",))
    assert not rules("Politi", text, "en", (f"Politi\n{text}.",))
    assert not rules("", "", "en", ("\n",))


def test_no_word_tells_of_both_languages() -> None:
    assert not words("common_words", "da") & words("common_words", "en")
