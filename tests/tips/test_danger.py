"""Danger is heard in six languages, however it is typed, and not inside other words."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dispatch.segments import count_segments
from tips.intake.danger import WORDS, call_112, danger_in, is_dangerous
from web.texts.language import language_of
from web.texts.words import load_words, plain_words

DANGER = [
    "han står her lige nu",
    "LIGE NU!!!",
    "ligenu bag netto",
    "Lige  \n nu",
    "lige, nu",
    "manden har en kniv",
    "Manden med kniven er tilbage",
    "han skyder",
    "De SKYDER på hinanden",
    "hun bløder",
    "hun bloeder meget",
    "hun bloder",
    "det brænder i opgangen",
    "han slår hende",
    "han slaar hende",
    "hun bliver overfaldet",
    "hjælp mig",
    "hjaelp mig",
    "hjælp os nu",
    "hjæææææælp mig",
    "hjæælp mig",
    "hjælp\u200b mig",
    "kom hurtigt",
    "han er bevæbnet",
    "de har vaben",
    "jeg er i fare",
    "han trækker ikke vejret",
    "help now",
    "HELP ME PLEASE",
    "he has a gun",
    "He's got a knife",
    "they are shooting at people",
    "is happening right now",
    "she can't breathe",
    "she can’t breathe",
    "he is attacking her",
    "ｈｅ ｈａｓ ａ ｇｕｎ",
    "112",
    "ring 112",
    "Ring til 112 nu!",
    "call 112",
    "112!!!",
    "🆘",
    "de er inde i huset nu!! skynd jer",
    "der er nogen i mit hus",
    "der er nogen inde hos mig",
    "han slår min kone",
    "min nabo tæver sin datter",
    "nogen prøver at bryde ind hos mig nu",
    "en mand er ved at bryde døren op",
    "der ligger en livløs mand på fortovet",
    "der er en der er faldet om på torvet",
    "han truer folk med en pistol",
    "mand med økse på gaden",
    "help he is in my house",
    "someone is breaking in",
    "there is a lifeless man on the pavement",
    "Pomocy, on ma nóż!",
    "ktoś włamuje się do mieszkania",
    "on bije moją żonę",
    "Допоможіть, у нього ніж",
    "Вони б'ють мою дружину",
    "Помогите, он стреляет",
    "İmdat, bıçağı var!",
    "evimde biri var",
    "karımı dövüyor",
    "معه سكين ساعدوني",
    "هناك رجل يضرب امرأة",
    "النجدة",
]
CALM = [
    "",
    "🚲🚲🚲",
    "jeg så en sort bil i går",
    "en knivskarp hjørnetand",
    "skydedøren stod åben",
    "the match has begun",
    "gunnar stod ved kiosken",
    "Jeg så overfaldet i går aftes",
    "jeg tror jeg hørte om voldtægten",
    "shotgun wedding is a film",
    "I heard the shooting yesterday",
    "han hedder Bomberg",
    "en tip om farvel",
    "en helplinje",
    "alarmed neighbours",
    "de ligner hinanden",
    "i farezonen",
    "lige numre på gaden",
    "så en mand med kniv i går",
    "Der ligger en kniv i busken",
    "jeg har set en mand med en pistol",
    "manden blev stukket med en kniv i lørdags",
    "Jeg hørte skud i går ved 22-tiden",
    "de brød ind hos naboen i nat",
    "der var nogen inde i huset i går",
    "hun har ringet 112",
    "bus 112 mod Hillerød",
    "Varevognen holdt ved Søvej 112",
    "han er inde på stationen",
    "He had a knife yesterday",
    "They broke in last night",
    "Widziałem go wczoraj, miał nóż",
    "Я бачив ножа вчора",
    "Dün bıçaklı bir adam gördüm",
    "رأيت رجلا معه سكين أمس",
]


@pytest.mark.parametrize("text", DANGER)
def test_danger_is_heard(text: str) -> None:
    assert is_dangerous(text)


@pytest.mark.parametrize("text", CALM)
def test_calm_messages_raise_no_alarm(text: str) -> None:
    assert not is_dangerous(text)


ASKED = "Knivoverfald på Torvet. Manden truede med en kniv og skyder måske. Har du set noget?"


@pytest.mark.parametrize(
    ("text", "dangerous"),
    [
        ("Jeg tror kniven er smidt i søen", False),
        ("Det er manden med kniven", False),
        ("Han skyder nok ikke", False),
        ("Manden med kniven er her stadig", True),
        ("Han skyder nu!", True),
        ("Hun bløder", True),
    ],
)
def test_words_of_the_appeal_itself_are_not_danger_unless_it_is_now(
    text: str, dangerous: bool
) -> None:
    assert is_dangerous(text, ASKED) is dangerous


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("han slår min kone", "da"),
        ("he has a knife", "en"),
        ("Pomocy, on ma nóż!", "pl"),
        ("Допоможіть, у нього ніж", "uk"),
        ("İmdat, bıçağı var!", "tr"),
        ("معه سكين ساعدوني", "ar"),
    ],
)
def test_danger_is_heard_in_its_language(text: str, language: str) -> None:
    assert danger_in(text) == language


def test_an_answer_in_a_language_of_its_own_fits_two_segments_and_says_112() -> None:
    answers = {language: call_112(language) for language in load_words(WORDS)}
    assert {language for language, answer in answers.items() if answer is None} == {"da", "en"}
    for answer in filter(None, answers.values()):
        assert "112" in answer
        assert count_segments(answer).segments <= 2


@given(st.text(max_size=300))
@example("AÅ")
@example("a'a'a")
def test_any_text_folds_to_plain_words_with_one_space_between(text: str) -> None:
    folded = plain_words(text)
    assert plain_words(folded) == folded
    assert all(letter.isalnum() or letter == " " for letter in folded)
    assert folded.split() == folded.strip().split(" ") or not folded.strip()


@given(st.text(max_size=100), st.text(max_size=100))
def test_danger_is_heard_between_any_other_words(before: str, after: str) -> None:
    assert is_dangerous(f"{before} \n han skyder \n {after}")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I saw a black car near the station", "en"),
        ("help now he has a gun", "en"),
        ("Jeg så en sort bil ved stationen", "da"),
        ("han løb mod Netto", "da"),
        ("AB12345", "da"),
        ("", "da"),
        ("red car", "en"),
        ("rød bil", "da"),
    ],
)
def test_the_language_of_a_message_is_guessed(text: str, language: str) -> None:
    assert language_of(text) == language
