"""Words beside a postcode that are no place's name: not quoted as one, and a language is heard."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from subscribers.sms.name_lists import quoted
from tests.subscribers.people import People
from tests.subscribers.test_sms_as_people_write import fits
from web.languages.choice import speaking

NO_NAMES = ["3400 moved to", "3400 flyttet til", "3400 kayıt", "3400 Peter", "3400 Hillerod"]
IN_ENGLISH = [
    "ENGLISH 3400",
    "3400 english",
    "English 3400 please",
    "in english, 34 00",
    "engelsk 3400",
]


@pytest.mark.one_database
def test_only_the_postcode_is_quoted(people: People) -> None:
    for text in NO_NAMES:
        reply = people.write(people.phone(), text).reply
        assert "Vil du følge 3400 Hillerød? Svar JA" in reply, text
        assert "hører til" not in reply, text
        assert fits(reply), text
    for text in ("9998 moved to", "9998 kayıt"):
        assert "moved" not in (reply := people.write(people.phone(), f"TRYK {text}").reply)
        assert "Vi kender ikke 9998" in reply, text


@pytest.mark.one_database
def test_another_place_beside_a_postcode_is_asked_about(people: People) -> None:
    reply = people.write(people.phone(), "3400 Fredensborg").reply
    assert "3400 Hillerød" in reply
    assert "3480 Fredensborg" in reply


@pytest.mark.one_database
def test_a_language_beside_a_postcode_is_that_of_the_question(people: People) -> None:
    for text in IN_ENGLISH:
        number = people.phone()
        reply = people.write(number, text).reply
        assert reply.startswith("Do you want to follow 3400 Hillerød? Reply YES"), text
        joined = people.write(number, "yes")
        assert joined.follows == ["3400"], text
        assert "You now get alerts" in joined.reply, text
    reply = people.write(people.phone("hello"), "dansk 3400").reply
    assert reply.startswith("Vil du følge 3400 Hillerød?")


@pytest.mark.one_database
def test_a_subscriber_s_language_changes_with_it(people: People) -> None:
    number = people.phone("TRYK 3400")
    assert "Do you want to follow 3480" in people.write(number, "English 3480").reply
    assert people.write(number, "STATUS").reply.startswith("You get alerts for 3400")


@pytest.mark.one_database
def test_a_quote_has_plain_letters_and_no_question_marks(session: Session) -> None:
    quotes = {
        "Kayıt Şişli": "Kayit Sisli",
        "Łódź": "Lodz",
        "Ølstykke": "Ølstykke",
        "Хиллерёд": "det sted",
        "مدينة": "det sted",
        "Søvej 🚗": "Søvej",
        "": "",
    }
    with speaking("da"):
        assert {written: quoted(written) for written in quotes} == quotes
