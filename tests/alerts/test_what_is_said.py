"""What officers are told about a message's length, and readers about who asks and how to answer."""

from __future__ import annotations

import dataclasses
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from alerts.composing.messages import compose, sms_text
from alerts.composing.saving import message_parts
from alerts.composing.senders import MOST_ON_A_CARD, in_words
from alerts.draft import Wording
from alerts.models import Alert, ReleaseKind
from alerts.releasing.publishing import publish_alert
from database import current_database
from dispatch.models import Channel
from dispatch.segments import count_segments
from staff.permissions import Role
from tests.alerts.factories import NORTH, SOUTH, Country, make_draft, make_officer, make_reader
from tests.alerts.test_pages import DESK, TYPED, _hidden, published
from tests.staff.factories import make_staff, sign_in, submit
from web.http.app import VarskoApp
from web.languages.choice import speaking

pytestmark = pytest.mark.one_database


@pytest.fixture
def desk(app: VarskoApp, country: Country) -> FlaskClient:
    """A signed-in officer of the north, with a reader in the area."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("Så du en 🚲 i nat?", "Tegnet “🚲” gør beskeden længere."),
        ("Kør ikke á la sidst, Łukasz", "Tegnene “á”, “Ł” gør beskeden længere."),
        ("Varmt i dag \u2600\ufe0f", "“☀”, U+FE0F VARIATION SELECTOR-16 gør beskeden længere."),
        ("Så du “noget” – i nat…\u200d Prisen er 20 € [ca.]", ""),
        ("Cafe\u0301en er lukket", ""),
    ],
)
def test_what_makes_an_sms_longer_is_named_where_it_is_written_and_checked(
    desk: FlaskClient, written: str, named: str
) -> None:
    typed = {**TYPED, "body_da": written}
    token = dict(_hidden(desk.get(f"{DESK}/new").text))["csrf_token"]
    counted = desk.post(f"{DESK}/count?language=da", data={**typed, "csrf_token": token})
    checked = desk.get(submit(desk, f"{DESK}/new", typed).location)
    for page in (unescape(counted.text), unescape(checked.text)):
        assert ("gør beskeden længere" in page) is bool(named)
        assert named in page


def test_what_makes_an_sms_too_long_is_named_beside_what_to_cut(desk: FlaskClient) -> None:
    answer = submit(desk, f"{DESK}/new", {**TYPED, "body_da": "x" * 300 + "🚲"})
    assert answer.status_code == 422
    assert "Tegnet “🚲” gør beskeden længere." in unescape(answer.text)


def test_what_makes_a_follow_up_longer_is_named(desk: FlaskClient, country: Country) -> None:
    code = published(country)
    checked = submit(
        desk,
        f"{DESK}/{code}/update",
        {"key": "key-12345", "text_da": "En grå 🚲."},
    )
    assert "Tegnet “🚲” gør beskeden længere." in unescape(checked.text)


@pytest.mark.parametrize("step", ["update", "close"])
def test_the_length_of_a_follow_up_is_counted_while_it_is_written(
    desk: FlaskClient, country: Country, step: str
) -> None:
    code = published(country)
    if step == "close":
        assert submit(desk, f"{DESK}/{code}/stop").status_code == 302
    form = desk.get(f"{DESK}/{code}/{step}").text
    assert f"{DESK}/{code}/{step}/count?language=da" in form
    typed = {"text_da": "x" * 150, "csrf_token": dict(_hidden(form))["csrf_token"]}
    counted = unescape(desk.post(f"{DESK}/{code}/{step}/count?language=da", data=typed).text)
    alert_sms = sms_of(code, {"update": "UPDATE", "close": "CLOSURE"}[step], "x" * 150)
    length = count_segments(alert_sms)
    assert f"cirka {length.units} tegn i {length.segments} dele" in counted
    typed["text_da"] = "x" * 900
    counted = desk.post(f"{DESK}/{code}/{step}/count?language=da", data=typed).text
    assert "der må højst være 4" in counted


def sms_of(code: str, release: str, body: str) -> str:
    """The Danish SMS of a follow-up."""
    with current_database().unit_of_work() as session:
        alert = session.scalars(select(Alert).where(Alert.code == code)).one()
        texts = {"da": Wording(alert.text("da").title, body)}
        parts = message_parts(session, alert, ReleaseKind[release], texts)
        with speaking("da"):
            return sms_text(parts, "da", texts["da"])


def test_an_appeal_names_district_area_and_the_anonymous_way_first(
    app: VarskoApp, country: Country
) -> None:
    client = app.test_client()
    code = published(country)
    for prefix, who, *words in [
        ("", "Nordsjællands Politi søger oplysninger.", "Område: 3400 Hillerød", "Giv et tip"),
        ("/en", "Nordsjællands Politi would like", "Area: 3400 Hillerød", "Give a tip"),
    ]:
        page = unescape(client.get(f"{prefix}/varsel/{code}").text)
        before, _number, _after = page.partition('href="sms:')
        start = before.index(who)
        area, form = [before.index(text, start) for text in words]
        assert area < before.index("anonym", start) < form
        assert before.rindex("anonym") > form, "that an SMS is not, is said before the number"


def test_the_messages_of_an_appeal_name_them_too(app: VarskoApp, country: Country) -> None:
    with current_database().unit_of_work() as session:
        appeal = make_draft(session, country, make_officer(session))
        contents = compose(message_parts(session, appeal))
    for content in contents:
        danish = content.language == "da"
        assert content.body.startswith("Nordsjællands Politi")
        assert ("Område: 3400 Hillerød" if danish else "Area: 3400 Hillerød") in content.body
        first, second = ("Tip anonymt: ", "svar her") if danish else ("Tip anon", "reply here")
        if content.channel is Channel.SMS:
            link = content.body.index(f"/varsel/{appeal.code}")
            assert content.body.index(first) < link < content.body.index(second)
        else:
            assert ("med eller uden navn" if danish else "with or without") in content.body
            assert ("Du kan være anonym" if danish else "can be anonymous") in str(content.html)


def test_an_area_that_would_cost_a_segment_is_left_out(app: VarskoApp, country: Country) -> None:
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        lengths = set()
        for more in range(60):
            appeal = make_draft(
                session, country, officer,
                texts={"da": Wording("Røveri", "x" * (100 + more))},
            )  # fmt: skip
            parts = message_parts(session, appeal)
            named = sms_text(parts, "da", parts.wording("da"))
            bare = dataclasses.replace(parts, places={})
            short = sms_text(bare, "da", parts.wording("da"))
            assert count_segments(named).segments == count_segments(short).segments
            lengths.add("Område: 3400 Hillerød" in named)
        assert lengths == {True, False}


def test_a_public_page_names_the_districts_that_it_is_from(
    app: VarskoApp, country: Country
) -> None:
    client = app.test_client()
    with current_database().unit_of_work() as session:
        officer = make_officer(session, [NORTH, SOUTH])
        make_reader(session, country.p3400)
        both = {"area_ids": [country.p3400, country.p4600]}
        alert = make_draft(session, country, officer, target=both)
        publish_alert(session, officer, alert, "key-12345")
        code = alert.code
    for address, words in {
        "": "Midt- og Vestsjællands Politi og Nordsjællands Politi · Vidner søges",
        "/en": "Midt- og Vestsjællands Politi and Nordsjællands Politi · Witness appeal",
    }.items():
        for page in (f"{address}/", f"{address}/varsel/{code}"):
            assert words in unescape(client.get(page).text)


def test_messages_of_several_districts_name_them(app: VarskoApp, country: Country) -> None:
    with current_database().unit_of_work() as session:
        officer = make_officer(session, [NORTH, SOUTH])
        both = {"area_ids": [country.p3400, country.p4600]}
        contents = compose(
            message_parts(session, make_draft(session, country, officer, target=both))
        )
    for content in contents:
        word = "og" if content.language == "da" else "and"
        names = f"Midt- og Vestsjællands Politi {word} Nordsjællands Politi"
        assert content.body.startswith(names)
        assert content.channel is Channel.SMS or names in unescape(str(content.html))


def test_naming_several_districts_never_costs_a_segment(app: VarskoApp, country: Country) -> None:
    with current_database().unit_of_work() as session:
        parts = message_parts(session, make_draft(session, country, make_officer(session)))
    parts = dataclasses.replace(parts, senders=["Fyns Politi", "Østjyllands Politi"], places={})
    begins = set()
    for length in range(1, 170):
        wording = Wording("Røveri", "x" * length)
        text = sms_text(parts, "da", wording)
        police = sms_text(dataclasses.replace(parts, senders=[]), "da", wording)
        assert count_segments(text).segments == count_segments(police).segments
        begins.add(text.partition(":")[0])
    assert begins == {"Fyns Politi og Østjyllands Politi", "Politiet"}


def test_a_page_and_mail_name_all_districts_a_card_at_most_three(
    app: VarskoApp, country: Country
) -> None:
    four = ["A Politi", "B Politi", "C Politi", "D Politi"]
    with speaking("da"):
        assert in_words(four) == "A Politi, B Politi, C Politi og D Politi"
        assert in_words(four, most=MOST_ON_A_CARD) == "Politiet"
        assert in_words(four[:3], most=MOST_ON_A_CARD) == "A Politi, B Politi og C Politi"
        assert in_words([]) == "Politiet"
