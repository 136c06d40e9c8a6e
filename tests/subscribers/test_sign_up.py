"""Signing up on the web: the form, the code, the link."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from areas.importing.official import load_official
from dispatch.models import Broadcast, Channel
from subscribers.models import Consent, Evidence, SignUp, SignUpContact, Subscriber
from tests.subscribers.factories import (
    MAIL,
    PHONE,
    area,
    code_in,
    follows,
    path_in,
    say,
    subscribed,
    subscriber_of,
)
from tests.subscribers.web_form import Work, confirm, count, fill_in, last_sent
from web.http.app import VarskoApp


@pytest.fixture
def client(town: VarskoApp) -> FlaskClient:
    return town.test_client()


class TestByPhone:
    def test_the_code_makes_a_subscriber(self, client: FlaskClient, work: Work) -> None:
        answer = fill_in(client, places="3400, Allerød Kommune")
        assert answer.status_code == 303
        assert answer.location.startswith("/tilmeld/bekraeft/")
        with work() as session:
            assert count(session, Subscriber) == 0
        code = code_in(last_sent(work, PHONE))
        done = confirm(client, answer, code)
        assert done.status_code == 303
        assert done.location.startswith("/min-side/")
        assert "Du er tilmeldt" in client.get(done.location).text
        with work() as session:
            assert follows(session, PHONE) == ["0201", "3400"]
            consent = session.scalars(select(Consent)).one()
            assert (consent.evidence, consent.channel) == (Evidence.WEB_FORM, Channel.SMS)
        assert last_sent(work, PHONE).startswith("Du får nu varsler for")

    def test_the_code_may_be_typed_with_spaces(self, client: FlaskClient, work: Work) -> None:
        answer = fill_in(client)
        code = code_in(last_sent(work, PHONE))
        assert confirm(client, answer, f" {code[:3]} {code[3:]} ").status_code == 303

    def test_five_wrong_codes_end_it(self, client: FlaskClient, work: Work) -> None:
        answer = fill_in(client)
        code = code_in(last_sent(work, PHONE))
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        for left in (4, 3, 2, 1):
            page = confirm(client, answer, wrong)
            assert page.status_code == 422
            assert f"Du har {left} forsøg tilbage" in page.text
        assert "brugt alle forsøg" in confirm(client, answer, wrong).text
        assert "brugt alle forsøg" in confirm(client, answer, code).text
        with work() as session:
            assert count(session, Subscriber) == 0

    def test_a_new_code_voids_the_old_one_and_gives_new_tries(
        self, client: FlaskClient, work: Work
    ) -> None:
        answer = fill_in(client)
        old = code_in(last_sent(work, PHONE))
        assert client.post(answer.location + "/ny").status_code == 303
        new = code_in(last_sent(work, PHONE))
        if old != new:
            assert confirm(client, answer, old).status_code == 422
        assert confirm(client, answer, new).status_code == 303

    def test_a_code_is_good_for_half_an_hour(self, client: FlaskClient, work: Work) -> None:
        with time_machine.travel("2026-03-01 12:00+00:00", tick=False) as clock:
            answer = fill_in(client)
            code = code_in(last_sent(work, PHONE))
            clock.shift(dt.timedelta(minutes=31))
            assert "gælder ikke længere" in confirm(client, answer, code).text
            client.post(answer.location + "/ny")
            assert confirm(client, answer, code_in(last_sent(work, PHONE))).status_code == 303

    def test_the_code_is_nowhere_but_in_the_message(self, client: FlaskClient, work: Work) -> None:
        answer = fill_in(client)
        code = code_in(last_sent(work, PHONE))
        token = answer.location.rsplit("/", 1)[1]
        with work() as session:
            asked = session.scalars(select(SignUpContact)).one()
            assert code.encode() not in (asked.secret_hash or b"")
            assert token.encode() not in session.scalars(select(SignUp)).one().token_hash
            broadcast = session.scalars(select(Broadcast)).one()
            assert broadcast.reference == "sign-up-code"

    def test_confirming_again_changes_nothing(self, client: FlaskClient, work: Work) -> None:
        answer = fill_in(client)
        code = code_in(last_sent(work, PHONE))
        confirm(client, answer, code)
        assert confirm(client, answer, code).status_code == 303
        with work() as session:
            assert count(session, Consent) == count(session, Subscriber) == 1

    def test_an_empty_code_is_asked_for(self, client: FlaskClient, work: Work) -> None:
        page = confirm(client, fill_in(client), "")
        assert page.status_code == 422
        assert "seks cifre" in page.text


class TestByMail:
    def test_only_the_button_confirms(self, client: FlaskClient, work: Work) -> None:
        answer = fill_in(client, phone=None, email="Jens@Example.DK", language="en")
        assert answer.status_code == 303
        mail = last_sent(work, MAIL)
        assert mail.startswith("Hello")
        path = path_in(mail)
        assert path.startswith("/en/tilmeld/mail/")
        for _scanner in range(3):
            assert client.get(path).status_code == 200
        with work() as session:
            assert count(session, Subscriber) == 0
        done = client.post(path)
        assert done.status_code == 303
        assert "You are signed up" in client.get(done.location).text
        with work() as session:
            assert follows(session, MAIL) == ["3400"]
        assert path_in(last_sent(work, MAIL)).startswith("/en/min-side/")

    def test_the_link_shows_it_is_done(self, client: FlaskClient, work: Work) -> None:
        fill_in(client, phone=None, email=MAIL)
        path = path_in(last_sent(work, MAIL))
        client.post(path)
        assert "Din e-mail er bekræftet" in client.get(path).text
        assert client.post(path).status_code == 303
        with work() as session:
            assert count(session, Subscriber) == 1

    def test_a_made_up_link_opens_nothing(self, client: FlaskClient) -> None:
        assert client.get("/tilmeld/mail/abcdef").status_code == 404
        assert client.post("/tilmeld/mail/abcdef").status_code == 404
        assert client.get("/tilmeld/bekraeft/abcdef").status_code == 404


class TestBoth:
    @pytest.mark.parametrize("first", ["phone", "mail"])
    def test_phone_and_mail_are_one_subscriber(
        self, client: FlaskClient, work: Work, first: str
    ) -> None:
        answer = fill_in(client, email=MAIL)
        code, path = code_in(last_sent(work, PHONE)), path_in(last_sent(work, MAIL))
        if first == "phone":
            answers = [confirm(client, answer, code), client.post(path)]
        else:
            answers = [client.post(path), confirm(client, answer, code)]
        assert [given.status_code for given in answers] == [303, 303]
        with work() as session:
            phone, mail = subscriber_of(session, PHONE), subscriber_of(session, MAIL)
            assert phone is not None
            assert phone is mail
            assert count(session, Consent) == 2

    def test_one_confirmed_channel_is_enough_for_that_channel(
        self, client: FlaskClient, work: Work
    ) -> None:
        answer = fill_in(client, email=MAIL)
        confirm(client, answer, code_in(last_sent(work, PHONE)))
        with work() as session:
            assert follows(session, PHONE) == ["3400"]
            assert subscriber_of(session, MAIL) is None

    def test_a_known_phone_gets_the_new_areas_and_the_new_mail_a_page_of_its_own(
        self, client: FlaskClient, work: Work
    ) -> None:
        say("TRYK 3480")
        answer = fill_in(client, email=MAIL)
        client.post(path_in(last_sent(work, MAIL)))
        confirm(client, answer, code_in(last_sent(work, PHONE)))
        with work() as session:
            assert follows(session, PHONE) == ["3400", "3480"]
            assert follows(session, MAIL) == ["3400"]

    def test_two_with_a_life_of_their_own_stay_two(self, client: FlaskClient, work: Work) -> None:
        with time_machine.travel("2026-03-01 12:00+00:00", tick=True), work() as session:
            subscribed(session, PHONE, ("3480",))
            subscribed(session, MAIL, ("3450",))
        answer = fill_in(client, email=MAIL)
        code, path = code_in(last_sent(work, PHONE)), path_in(last_sent(work, MAIL))
        confirm(client, answer, code)
        client.post(path)
        with work() as session:
            assert follows(session, PHONE) == ["3400", "3480"]
            assert follows(session, MAIL) == ["3400", "3450"]


@pytest.mark.one_database
class TestTheForm:
    def test_it_says_what_is_missing(self, client: FlaskClient) -> None:
        page = client.post("/tilmeld", data={})
        assert page.status_code == 422
        for text in (
            "Skriv dit telefonnummer her eller din e-mail i feltet nedenunder.",
            "Skriv mindst ét postnummer",
            "Sæt kryds, hvis du vil have varsler.",
        ):
            assert text in page.text

    def test_neither_address_is_called_optional_and_an_error_names_its_field(
        self, client: FlaskClient
    ) -> None:
        page = client.post("/tilmeld", data={"email": "hej", "phone": "12"}).text
        assert "Udfyld mindst ét af de to felter." in page
        assert "(valgfrit)" not in page
        assert 'href="#field-phone">Telefonnummer: Nummeret er for kort' in page
        assert 'href="#field-email">E-mail: Det er ikke en e-mailadresse' in page

    def test_it_speaks_english(self, client: FlaskClient) -> None:
        page = client.post("/en/tilmeld", data={})
        assert (
            "Enter your phone number here, or your e-mail address in the field below." in page.text
        )
        assert "Yes, the police may send me alerts" in page.text

    @pytest.mark.parametrize(
        "number",
        ["+46 70 123 45 67", "90 12 34 56", "112", "1234", "hej", "2" * 300],
        ids=["foreign", "premium", "emergency", "short", "a word", "long"],
    )
    def test_a_number_we_cannot_send_to_is_refused(
        self, client: FlaskClient, work: Work, number: str
    ) -> None:
        page = fill_in(client, phone=number)
        assert page.status_code == 422
        assert "field-phone-error" in page.text
        with work() as session:
            assert count(session, SignUp) == 0

    @pytest.mark.parametrize("address", ["jens", "jens@", "@example.dk", "a b@example.dk"])
    def test_an_impossible_mail_address_is_refused(self, client: FlaskClient, address: str) -> None:
        page = fill_in(client, email=address)
        assert page.status_code == 422
        assert "field-email-error" in page.text

    def test_what_was_typed_comes_back(self, client: FlaskClient) -> None:
        page = fill_in(client, phone="112", email=MAIL)
        assert f'value="{MAIL}"' in page.text
        assert 'value="112"' in page.text

    def test_an_ambiguous_place_comes_back_to_tick(self, client: FlaskClient, work: Work) -> None:
        page = fill_in(client, places="Nykøbing, 3400")
        assert page.status_code == 422
        assert "Hvilket sted mente du med Nykøbing?" in page.text
        with work() as session:
            ids = {code: area(session, code).id for code in ("3400", "7900")}
        assert f'value="{ids["3400"]}" checked' in page.text
        assert f'value="{ids["7900"]}"' in page.text
        chosen = [str(number) for number in ids.values()]
        answer = fill_in(client, places=None, area=chosen)
        assert answer.status_code == 303
        confirm(client, answer, code_in(last_sent(work, PHONE)))
        with work() as session:
            assert follows(session, PHONE) == ["3400", "7900"]

    @pytest.mark.parametrize(
        ("places", "offered"),
        [("Hilerød", ["0219", "3400"]), ("Hillerød", ["0219", "3400"]), ("Fredensbrg", ["3480"])],
    )
    def test_a_place_is_chosen_and_what_was_typed_is_kept(
        self, client: FlaskClient, work: Work, places: str, offered: list[str]
    ) -> None:
        page = fill_in(client, places=places, email=MAIL)
        assert page.status_code == 422
        with work() as session:
            ids = [area(session, code).id for code in offered]
        assert all(f'value="{number}"' in page.text for number in ids)
        assert f'value="{ids[0]}" checked' not in page.text
        for typed in (places, MAIL, "22 33 44 55"):
            assert f'value="{typed}"' in page.text
        again = fill_in(client, places=places, email=MAIL)
        assert again.status_code == 422, "nothing was chosen"
        answer = fill_in(client, places=places, area=[str(ids[-1])])
        assert answer.status_code == 303
        confirm(client, answer, code_in(last_sent(work, PHONE)))
        with work() as session:
            assert follows(session, PHONE) == [offered[-1]]

    @pytest.mark.parametrize(
        "places", ["Slotsgade 14, 3400 Hillerød", "3480, Slotsgade 14, st. th., 3400 Hillerød"]
    )
    def test_an_address_is_its_postcode(self, client: FlaskClient, places: str) -> None:
        assert fill_in(client, places=places).status_code == 303

    def test_a_street_that_is_nowhere_is_asked_back(self, client: FlaskClient) -> None:
        page = fill_in(client, places="3400, Vestergade 3")
        assert page.status_code == 422
        assert "Vestergade 3" in page.text

    def test_the_local_name_that_led_to_an_area_is_shown(
        self, client: FlaskClient, work: Work
    ) -> None:
        with work() as session:
            load_official(session)
        answer = fill_in(client, places="Nørrebro, 3400")
        page = client.get(answer.location).text
        assert "2200 København N (fra “Nørrebro”)" in page
        assert "3400 Hillerød<" in page
        asked = fill_in(client, places="Ordrup")
        assert "Et sted her hedder Ordrup" in asked.text
        assert (
            "There is a place here called Ordrup"
            in client.post("/en/tilmeld", data={"places": "Ordrup"}).text
        )

    def test_an_unknown_place_stays_to_be_corrected(self, client: FlaskClient) -> None:
        page = fill_in(client, places="3400, Xyzzy")
        assert "Vi kender ikke Xyzzy" in page.text
        assert 'value="Xyzzy"' in page.text

    @pytest.mark.parametrize("chosen", ["-1", "x", "9" * 30, "99999"])
    def test_a_made_up_area_is_no_area(self, client: FlaskClient, chosen: str) -> None:
        assert fill_in(client, places=None, area=chosen).status_code == 422

    def test_a_mistyped_number_is_corrected_without_filling_in_the_rest_again(
        self, client: FlaskClient, work: Work
    ) -> None:
        page = fill_in(client, phone="22334466", email=MAIL, places="3400, 3480", language="en")
        link = f"{page.location}/ret"
        assert f'href="{link}"' in client.get(page.location).text
        form = client.get(link).text
        with work() as session:
            ids = [str(area(session, code).id) for code in ("3400", "3480")]
        assert all(f'value="{number}" checked' in form for number in ids)
        for kept in (
            r'name="phone"[^>]*22334466',
            rf'name="email"[^>]*{MAIL}',
            r'"en"[^>]*checked',
        ):
            assert re.search(kept, form), kept
        assert re.search(r'name="consent"[^>]*checked', form)
        again = fill_in(client, email=MAIL, places=None, area=ids, language="en")
        confirm(client, again, code_in(last_sent(work, PHONE)))
        with work() as session:
            assert follows(session, PHONE) == ["3400", "3480"]
        assert client.get("/tilmeld/bekraeft/made-up/ret").status_code == 404

    def test_a_place_can_be_filled_in_by_the_address(self, client: FlaskClient) -> None:
        assert 'value="3400"' in client.get("/tilmeld?sted=3400").text
