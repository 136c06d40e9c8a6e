"""What people in danger write that names no crime, and a language that one word doesn't decide."""

from __future__ import annotations

import pytest

from tips.intake.danger import call_112, danger_in, is_dangerous

NOW = [
    # Who can be heard, and who waits for somebody to come.
    "han hører mig hvis jeg ringer", "Han opdager os hvis vi larmer",
    "hvis jeg ringer hører han mig",
    "he hears me if I call", "If I call he will hear me", "they will find us if we move",
    "hvornår kommer I??", "Hvornår kommer politiet?", "hvor bliver I af", "er I på vej?",
    "kommer der nogen snart", "when are you coming?", "When will the police be here",
    "are you coming",
    "is help on the way?", "where are you??",
    # Pills.
    "min mand har taget for mange piller", "hun har slugt alle sine sovepiller", "overdosis",
    "my wife took too many pills", "he has swallowed a bottle of painkillers", "she overdosed",
    # At the door.
    "der er en ude foran min dør", "der står nogen ved min hoveddør",
    "en mand står uden for mit vindue",
    "min eks er ude foran mit hus", "there is a man outside my house", "someone is at my door",
    # Who wants to die.
    "jeg vil ikke leve mere", "jeg vil dø", "jeg orker ikke at leve",
    "jeg har ikke lyst til at leve",
    "jeg vil bare gerne være død", "jeg slår mig selv ihjel", "I want to die",
    "i dont want to live",
    "I do not want to live anymore", "I want to end it all", "I'm going to hang myself",
    # 112, and help in Polish.
    "1-1-2", "1 1 2", "ring 1-1-2", "call 1-1-2", "pomoc", "Pomoc!!", "potrzebuję pomocy",
    "brand", "Ild!!", "fire", "politi nu tak", "Police please", "there's a fire", "Hilfe",
    "au secours",
    "der er røg fra huset overfor", "det ryger meget fra naboens vindue", "der er gas i kælderen",
    "jeg er blevet kørt ned", "de slås på torvet", "min dreng er væk", "jeg orker ikke mere",
    "han er her igen", "han er stadig her", "the van is here now", "he's still here",
    # People in a fire.
    "der er folk derinde", "børnene er i skolen, der er stadig børn inde i huset",
    "there are people inside",
]  # fmt: skip
NOT_NOW = [
    "hvornår kommer han ud af fængslet", "kommer I til mødet på torsdag", "where are you from",
    "when are you open", "jeg hører jer ikke hvis jeg ringer på hovednummeret",
    "han solgte piller ved stationen", "he sold pills at the station",
    "min nabo tog for mange piller sidste år", "my neighbour overdosed last year",
    "der stod en mand ude foran min dør i går", "der holder en bil foran mit hus",
    "there was a man outside my house yesterday", "jeg bor ved vores skole", "1 1 3",
    "hvad koster det", "sms koster", "det koster mange penge", "Tryk 3400 når der er brand",
    "can you help me find my dog", "help me sign up please", "jeg orker ikke mere om den sag",
    "jeg blev kørt ned i 2019", "fire kniber", "politiet kom først senere",
    "min nabo fik stjålet en kniv", "jeg fik stjålet min taske med en kniv i",
    "dziękuję za pomoc", "tlf 11 22 33 44", "der var folk derinde", "there were people inside",
]  # fmt: skip
DANISH_OR_ENGLISH = [
    "jeg så en mand med en bombe", "der var en bombe i toget jk 😂", "der lå en bombe",
    "Jeg så en mand med en bombe i toget", "han havde en bombe", "jeg fandt en bombe i skoven",
    "i saw a man with a bomba", "han råbte strzela i går og løb", "there was a pala in the car",
    "bombe i toget i går", "naboen hørte nogen råbe imdat",
]  # fmt: skip
ELSEWHERE = [
    ("pomocy", "pl"), ("pomoc", "pl"), ("on ma nóż i bombę", "pl"), ("on mnie bije", "pl"),
    ("Slotsgade 12 pomocy", "pl"), ("evde biri var", "tr"), ("imdat", "tr"), ("silah var", "tr"),
    ("chcę umrzeć", "pl"), ("ölmek istiyorum", "tr"), ("eve hırsız girdi", "tr"),
    ("хочу померти", "uk"), ("أريد أن أموت", "ar"), ("uratuj mnie", "pl"),
    ("ratujcie", "pl"), ("мене б'ють", "uk"), ("меня бьют", "uk"),
    ("він має бомбу", "uk"), ("النجدة", "ar"),
]  # fmt: skip


@pytest.mark.parametrize("text", NOW)
def test_it_is_danger(text: str) -> None:
    assert is_dangerous(text)


@pytest.mark.parametrize("text", NOT_NOW)
def test_it_is_none(text: str) -> None:
    assert not is_dangerous(text)


@pytest.mark.parametrize("text", DANISH_OR_ENGLISH)
def test_a_foreign_word_does_not_decide_the_language(text: str) -> None:
    assert danger_in(text) in (None, "da", "en")


@pytest.mark.parametrize(("text", "language"), ELSEWHERE)
def test_a_message_in_another_language_is_answered_in_it(text: str, language: str) -> None:
    assert danger_in(text) == language


@pytest.mark.parametrize(
    ("language", "kept"),
    [("pl", "wiadomość została zapisana"), ("tr", "Mesajınız kaydedildi"),
     ("uk", "повідомлення збережено"), ("ar", "تم حفظ رسالتك")],
)  # fmt: skip
def test_the_answer_says_that_the_message_is_kept(language: str, kept: str) -> None:
    answer = call_112(language)
    assert answer is not None
    assert kept in answer
    assert answer.index("112") < answer.index(kept)
