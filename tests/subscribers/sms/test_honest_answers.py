"""What has an answer of its own, and what gets none: none of it is a tip."""

from __future__ import annotations

from tests.subscribers.people import People
from tests.subscribers.test_sms_as_people_write import fits

HOW_TO = [
    "hvordan tilmelder jeg mig", "Hvordan melder jeg mig til?", "how do I sign up",
    "hvordan bliver jeg tilmeldt", "kan man tilmelde sig?", "how can i get alerts?",
    "where do I sign up?", "hvad skal jeg skrive for at få varsler",
]  # fmt: skip
CODES = [
    "kode 123456", "code 123456", "min kode er 123456", "My code is 123456", "123456", "123 456",
    "Koden er 123456", "Kode: 123456.",
]  # fmt: skip
MY_TIP = [
    "slet mit tip", "delete my tip", "jeg fortryder mit tip", "Kan I slette mit tip?",
    "please remove my message", "kan jeg få slettet mit tip", "I want to withdraw my tip",
]  # fmt: skip
AUTOMATIC = [
    "Sent from my iPhone", "Sendt fra min iPhone", "Automatisk svar: Jeg er på ferie",
    "I'm driving with Do Not Disturb While Driving turned on. I'll see your message when I get "
    "where I'm going.",
    "(I'm not receiving notifications. If this is urgent, reply “urgent” to send a notification "
    "through with your original message.)",
    "Anna har slået notifikationer fra. Det er muligt, at den ikke ser din besked",
]  # fmt: skip
NOT_AUTOMATIC = [
    "I'm driving behind the red car", "Jeg kører bag den røde bil", "Jeg kan ikke tale lige nu",
    "Can't talk right now. What's up?", "Kan jeg ringe tilbage senere?", "Jag kör bil",
    "Ich kann gerade nicht sprechen", "Jeg kan ikke snakke akkurat nå",
]  # fmt: skip
TO_ENGLISH = [
    "ENGLISH", "in english please", "English please", "do you speak English?",
    "kan I skrive på engelsk", "jeg forstår ikke dansk", "auf englisch",
]  # fmt: skip
TO_DANISH = ["DANSK", "på dansk", "dansk tak", "jeg vil have det på dansk", "in Danish please"]


def test_who_asks_how_to_sign_up_is_told_and_may_answer(people: People) -> None:
    for text in HOW_TO:
        number = people.phone()
        outcome = people.write(number, text)
        assert "3400" in outcome.reply, text
        assert (outcome.follows, outcome.tips) == ([], []), text
        assert people.write(number, "3400").follows == ["3400"], text
    stopped = people.write(people.phone("TRYK 3400", "STOP"), "hvordan tilmelder jeg mig")
    assert stopped.stopped, "a question resumes nothing"


def test_a_code_is_no_tip_and_is_not_kept(people: People) -> None:
    for text in CODES:
        outcome = people.write(people.phone(), text)
        assert outcome.tips == [], text
        assert "http" in outcome.reply, text
        assert "123456" not in outcome.reply
        assert fits(outcome.reply)


def test_a_tip_that_is_taken_back_gets_an_honest_answer(people: People) -> None:
    for text in MY_TIP:
        outcome = people.write(people.phone("Jeg så en rød varevogn ved søen"), text)
        assert len(outcome.tips) == 1, text
        assert "114" in outcome.reply, text


def test_what_a_phone_writes_by_itself_is_not_answered(people: People) -> None:
    for text in AUTOMATIC:
        outcome = people.subscriber_writes(text)
        assert (outcome.reply, outcome.tips, outcome.stopped) == ("", [], False), text
    for text in NOT_AUTOMATIC:
        assert [kept for kept, _urgent in people.subscriber_writes(text).tips] == [text]


def test_a_language_is_changed_by_asking_for_it(people: People) -> None:
    for text in TO_ENGLISH:
        number = people.phone("TRYK 3400")
        assert "write to you in English" in people.write(number, text).reply, text
        assert people.write(number, "STATUS").reply.startswith("You get alerts"), text
    for text in TO_DANISH:
        number = people.phone("JOIN 3400")
        assert "på dansk" in people.write(number, text).reply, text
        assert people.write(number, "STATUS").reply.startswith("Du får varsler"), text


def test_a_strangers_language_holds_for_the_next_reply(people: People) -> None:
    for first in ("JOIN", "ENGLISH", "how do I sign up"):
        for text in ("HJÆLP", "STATUS", "AB12345", "MIN SIDE"):
            outcome = people.write(people.phone(first), text)
            assert "Svar" not in outcome.reply, (first, text)
            assert "Tak" not in outcome.reply, (first, text)
        assert people.write(people.phone(first), "3400").reply.startswith("You now get alerts")


def test_a_question_is_put_once_more_in_the_language_asked_for(people: People) -> None:
    number = people.phone("TRYK Hillerød")
    assert people.write(number, "in english please").reply.startswith("Did you mean 1:")
    assert people.write(number, "2").reply.startswith("You now get alerts for 3400")


def test_an_unanswered_choice_is_no_sign_up(people: People) -> None:
    for text in ("STATUS", "HJÆLP", "MIN SIDE", "hvordan tilmelder jeg mig"):
        outcome = people.write(people.phone("TRYK Hillerød"), text)
        assert outcome.follows == []
        assert "Du får varsler for" not in outcome.reply, text
