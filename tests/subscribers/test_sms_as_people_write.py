"""Messages as people write them, posted by the provider's signed webhook: what comes of each."""

from __future__ import annotations

import pytest

from dispatch.segments import Encoding, count_segments
from tests.subscribers.people import People

BOTH = ["3400", "3480"]
STOPS = [
    "STOP", "fjern mig fra listen", "jeg vil ikke have flere beskeder", "nej tak ikke flere sms",
    "Hold op med at skrive til mig", "Meld mig fra", "stop med at skrive til mig",
    "stop med at spamme mig", "ok stop", "Sv: STOP", "AFMELDT", "Stop, jeg bor der ikke mere",
    "STOP spam", "Stop lort", "Stop ok", "STOP!!! I er så irriterende", "Svar STOP for at afmelde",
    "Please remove me from this list", "don't text me again", "СТОП", "Відписатися", "Wypisz mnie",
    "قف", "Stop sending me messages", "jeg ønsker ikke at modtage flere sms", "lad mig være",
    "I don't want any more texts", "Re: stop", "stop\nMvh Jens", "forkert nummer, stop",
    "отписаться", "mesaj göndermeyin", "meld meg av", "abmelden",
    "Stop venligst alle beskeder punktum", "stop punktum", "Forkert nr", "fuck off",
    "afmeld tak, er flyttet til Jylland", "slet mig fra jeres system tak",
    "can you stop texting me please", "could you please remove me from this list",
    "kan I ikke fjerne mig fra listen", "kan i stoppe med at skrive til mig",
]  # fmt: skip
KEPT_AND_ASKED = [
    "Stop den hvide varevogn", "Stop bilen AB12345", "Stop for rødt lys", "stop ved rema 1000",
    "Stop white van", "Afmelding af bil AB12345", "HJÆLP STOP",
    "stop aldrig",
    "hvordan stopper jeg", "Hej, hvordan stopper jeg beskederne?", "hvordan afmelder jeg mig",
    "Kan jeg melde mig fra", "hvordan får jeg slettet mit nummer", "kan i stoppe bilen",
    "How do I unsubscribe", "can I stop these messages?", "Is there a way to stop the alerts",
    "Як відписатися", "Jak się wypisać?", "Wie melde ich mich ab",
]  # fmt: skip
ASKED = [
    "Sotp", "TRYK Vestergade 3", "TRYK (dit postnummer)", "TRYK 3400 nej", "start 3400 stop 3480",
    "TRYK 8000 AFMELD 3400", "Stop 3400 og tilmeld 8000", "afmled", "stpo",
]  # fmt: skip
JOINS = {
    "TRYK Slotsgade 14, 3400 Hillerød": "3400",
    "Tilmeld Nørrebrogade 200, 2200 Kbh N": "2200",
    "TRYK 34 00": "3400",
    "TRYK 3.400": "3400",
    "tryck 3400": "3400",
    "TRYG 3400": "3400",
    "sign me up 2100": "2100",
    "Hej jeg vil gerne have varsler for 3400 tak": "3400",
    "I would like to get alerts for 2100 please": "2100",
    "må jeg få beskeder om 8000": "8000",
    "kan man tilmelde sig for 8000": "8000",
    "tilmled 3400": "3400",
    "Hej jeg hedder Jens, vil gerne have varsler for 3400": "3400",
    "chcę otrzymywać powiadomienia 3400": "3400",
    "хочу отримувати сповіщення 3400": "3400",
}
NAMES_A_PLACE = {
    "hej jeg vil gerne have beskeder om Hillerød": "2: 3400 Hillerød",
    "Jeg bor i Hillerød og vil gerne have varsler": "2: 3400 Hillerød",
    "jeg vil gerne have besked om indbrud i Hillerød": "2: 3400 Hillerød",
    "I'd like to get alerts for Hilerød please": "2: 3400 Hillerød",
    "Hej. jeg ville høre om man kan få beskeder når der sker noget i Hillerød?": "2: 3400",
    "Hvordan får jeg beskeder om Hillerød": "2: 3400 Hillerød",
    "Hi I just moved to Hillerød how do I get these alerts": "2: 3400 Hillerød",
    "sign me up for Aarhus C": "8000 Aarhus C",
    "хочу отримувати сповіщення Hillerød": "2: 3400 Hillerød",
    "Hillerød için uyarı almak istiyorum": "2: 3400 Hillerød",
}
DANGER = [
    "112", "ring 112", "de er inde i huset nu!! skynd jer", "han slår min kone",
    "nogen prøver at bryde ind hos mig nu", "der ligger en livløs mand på fortovet",
    "help he is in my house", "Pomocy, on ma nóż!", "Допоможіть, у нього ніж", "ساعدوني معه سكين",
    "İmdat, evimde biri var",
]  # fmt: skip
TIPS = [
    "Peter",
    "Der ligger en kniv i busken", "så en mand med kniv i går",
    "> Har du set en hvid varevogn? Han har en kniv lige nu\nJa den holdt ved Netto",
    "Jeg bor i 3400 og så en hvid varevogn", "Han skulle have 3400 kr tilbage", "tak jeg så ham",
    "vil gerne give besked om hærværk i Hillerød", "jeg vil følge bilen til Hillerød nu",
    "Jeg vil gerne sende en besked om en mand i 3400", "hvordan stopper jeg bilen",
    "kan i give mig besked om min cykel er fundet", "Jeg vil gerne have besked om Peter",
    "Jeg så politiet", "Stop tyven", "Stop! jeg så en mand ved søen",
    "Bilen holdt ved et stopskilt", "Han råbte “stop” og løb",
]  # fmt: skip
NOT_ANSWERED = [
    "Synes godt om “Røveri mod guldsmed på Slotsgade. Har du set noget?”",
    "Liked “Du får nu varsler for 3400 Hillerød.”",
    "Loved “Han har en kniv”", "Elskede “…”", "👍 til “Har du set en hvid varevogn?”",
    "Reagerede med ❤️ på “Røveri”", "Reacted 👍 to “Robbery”", "Laughed at “STOP”",
    "Fjernede et hjerte fra “Røveri”", "Liked an image",
    "tak", "ok", "Mange tak for info", "thanks", "tusind tak", "👍", "🙏🏽", "дякую", "dziękuję",
    "Ok tak", "super, tak", "Thank you so much",
]  # fmt: skip
ANSWERS = {
    "slet mine data": "Svar JA",
    "hvad har i gemt om mig": "/min-side",
    "What data do you have about me?": "/min-side",
    "MIN SIDE": "/min-side/",
    "my page": "/min-side/",
    "PAUSE 14": "pause endnu",
    "pause 2 uger": "pause endnu",
    "TJEK 7K3F": "koder endnu",
    "check 7K3F": "koder endnu",
    "sttaus": "STATUS",
    "hjælpp": "STATUS",
    "hvordan tilmelder jeg mig?": "3400",
    "How do I sign up?": "3400",
    "hvem er du": "STATUS",
    "Who is this?": "STATUS",
    "hvad kan jeg skrive": "STATUS",
    "er det gratis": "gratis at få",
    "hvilke områder følger jeg": "3480",
    "Which areas do I follow?": "3480",
    "Nej har ikke set noget desværre": "hvad og hvor",
    "Nope, didn't see anything": "hvad og hvor",
    "nej": "hvad og hvor",
    "Nej tak": "svar STOP",
}


def fits(reply: str) -> bool:
    """Whether a reply is two segments at most, in plain letters."""
    counted = count_segments(reply)
    return counted.encoding is Encoding.GSM7 and counted.segments <= 2


@pytest.mark.one_database
class TestOneMessage:
    """Each table in one test, so that the service starts once for it."""

    def test_who_plainly_wants_to_stop_stops(self, people: People) -> None:
        for text in STOPS:
            outcome = people.subscriber_writes(text)
            assert (outcome.stopped, outcome.tips) == (True, []), text
            assert "afmeldt" in outcome.reply, text

    def test_what_only_has_a_stop_word_is_kept_and_asked_about(self, people: People) -> None:
        for text in KEPT_AND_ASKED:
            outcome = people.subscriber_writes(text)
            assert (outcome.stopped, outcome.follows) == (False, BOTH), text
            assert [kept for kept, _urgent in outcome.tips] == [text]
            assert "Svar STOP" in outcome.reply, text
            assert "112" in outcome.reply, text
            assert fits(outcome.reply), text

    def test_what_is_not_clear_is_asked_about_and_nothing_is_done(self, people: People) -> None:
        for text in ASKED:
            outcome = people.subscriber_writes(text)
            assert outcome.reply, text
            assert (outcome.stopped, outcome.follows, outcome.tips) == (False, BOTH, []), text

    def test_a_sign_up_is_understood_as_it_is_written(self, people: People) -> None:
        for text, code in JOINS.items():
            outcome = people.write(people.phone(), text)
            assert (outcome.follows, outcome.tips) == ([code], []), text
            assert code in outcome.reply

    def test_a_place_named_in_a_sign_up_is_asked_about(self, people: People) -> None:
        for text, offered in NAMES_A_PLACE.items():
            number = people.phone()
            asked = people.write(number, text)
            assert (asked.follows, asked.tips) == ([], []), text
            assert offered in asked.reply, text
            answer = "2" if "2:" in offered else "ja"
            assert len(people.write(number, answer).follows) == 1, text

    def test_danger_is_answered_with_112_and_is_urgent(self, people: People) -> None:
        for text in DANGER:
            outcome = people.write(people.phone(), text)
            assert "112" in outcome.reply[:120], text
            assert outcome.tips == [(text, True)]
            assert count_segments(outcome.reply).segments <= 2, text

    def test_a_tip_is_a_tip_and_not_urgent(self, people: People) -> None:
        for text in TIPS:
            outcome = people.subscriber_writes(text)
            assert outcome.tips == [(text, False)]
            assert "Akut? Ring 112." in outcome.reply, text
            assert (outcome.stopped, outcome.follows) == (False, BOTH), text

    def test_reactions_and_thanks_are_no_tips_and_get_no_answer(self, people: People) -> None:
        for text in NOT_ANSWERED:
            outcome = people.subscriber_writes(text)
            assert (outcome.reply, outcome.tips, outcome.stopped) == ("", [], False), text

    def test_a_question_gets_an_honest_answer_and_is_no_tip(self, people: People) -> None:
        for text, answer in ANSWERS.items():
            outcome = people.subscriber_writes(text)
            assert answer in outcome.reply, text
            assert outcome.tips == [], text
            assert fits(outcome.reply), text

    def test_an_area_is_left_in_english(self, people: People) -> None:
        assert people.subscriber_writes("leave 3400").follows == ["3480"]

    def test_a_reaction_with_words_of_its_own_is_what_they_say(self, people: People) -> None:
        assert people.subscriber_writes("Liked “Har du set noget?” STOP").stopped


def test_sign_up_after_stop_says_what_came_back_with_it(people: People) -> None:
    outcome = people.write(people.phone("TRYK 3400, 3480", "STOP"), "TRYK 8000")
    assert outcome.follows == ["3400", "3480", "8000"]
    assert [code for code in outcome.follows if code not in outcome.reply] == []


def test_a_place_that_is_followed_is_left_by_any_name_that_means_only_it(people: People) -> None:
    outcome = people.write(people.phone("TRYK 4800"), "STOP Nykøbing")
    assert (outcome.follows, outcome.stopped) == ([], False)


def test_my_page_is_a_personal_link_and_only_for_who_is_signed_up(people: People) -> None:
    personal, form = "personligt link", "Få et link til Min side"
    stranger = people.write(people.phone(), "MIN SIDE")
    stopped = people.write(people.phone("TRYK 3400", "STOP"), "MIN SIDE")
    assert (form in stranger.reply, stopped.reply) == (True, stranger.reply)
    number = people.phone("TRYK 3400")
    replies = [people.write(number, "MIN SIDE").reply for _ in range(4)]
    assert [personal in reply for reply in replies] == [True, True, True, False]
    assert replies[3] == stranger.reply


def test_a_subscriber_is_answered_in_their_language_whatever_they_write_in(people: People) -> None:
    number = people.phone("JOIN 3400")
    assert people.write(number, "Jeg så en hvid varevogn").reply.startswith("Thank you")
    assert "Do you want to stop" in people.write(number, "Stop den hvide varevogn").reply


def test_messages_in_turn_lead_to_what_was_meant(people: People) -> None:
    for messages, followed in {
        ("tilmeld Nykøbing", "Nykøbing F"): ["4800"],
        ("TRYK 9999", "ja"): [],
        ("TRYK 3400", "TRYK", "8000"): ["3400", "8000"],
        ("TRYK", "Hillerød"): [],
        ("TRYK", "Hillerød", "2"): ["3400"],
        ("TRYK", "hillerød tak", "byen"): ["3400"],
        ("TRYK", "Aarhus C"): ["8000"],
        ("TRYK 3400", "STOP", "TRYK"): ["3400"],
        ("STOP", "TRYK", "3400"): ["3400"],
        ("TRYK 3400", "STOP", "START"): ["3400"],
        ("Sotp", "STOP"): [],
    }.items():
        *before, last = messages
        outcome = people.write(people.phone(*before), last)
        assert outcome.tips == [], messages
        assert outcome.follows == followed, messages
    first = people.write(people.phone("tilmeld Nykøbing"), "1")
    assert (len(first.follows), first.tips) == (1, [])
