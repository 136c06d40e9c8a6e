"""The form on an alert's page: anonymous, without cookies or JavaScript."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from alerts.kinds import AlertKind
from alerts.models import AlertStatus
from database import current_database, utcnow
from tests.apps import close_app
from tests.settings import make_config
from tests.tips.conftest import everything_logged
from tests.tips.factories import NORTH, ROBBERY, all_tips, make_appeal
from tips.models import Placement, Tip, TipChannel
from web.http.app import VarskoApp
from web.http.rate_limits import limiter
from wsgi import create_app

pytestmark = pytest.mark.one_database

FORM = "/varsel/RBBRY2/tip"
ADDRESS = "203.0.113.77"


@pytest.fixture(autouse=True)
def _appeal(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        make_appeal(session, english_title="Robbery in Hillerød")


def stored() -> list[Tip]:
    """Every tip that was committed."""
    with current_database().unit_of_work(writes=False) as session:
        return all_tips(session)


def test_a_tip_from_the_form_lies_on_the_alert_s_case(client: FlaskClient) -> None:
    answer = client.post(
        FORM, data={"text": "Jeg så en varevogn", "seen": "Søvej kl. 3", "contact": "Anna 20123456"}
    )
    assert answer.status_code == 303
    assert answer.location.startswith("/varsel/RBBRY2/tip/tak?")
    page = client.get(answer.location).text
    assert "Tak for dit tip" in page
    assert "Akut? Ring 112." in page
    with current_database().unit_of_work(writes=False) as session:
        tip = session.scalars(select(Tip)).one()
        assert tip.case is not None
        assert tip.case.reference == ROBBERY
        assert (tip.channel, tip.placement, tip.urgent) == (TipChannel.WEB, Placement.FORM, False)
        assert (tip.text, tip.seen, tip.contact_details) == (
            "Jeg så en varevogn",
            "Søvej kl. 3",
            "Anna 20123456",
        )
        assert (tip.sender, tip.sender_hash) == (None, None)


def test_danger_in_the_form_puts_112_first_on_the_next_page(client: FlaskClient) -> None:
    answer = client.post(FORM, data={"text": "Han er her lige nu med en kniv"})
    page = client.get(answer.location).text
    assert "tip-danger" in page
    assert 'href="tel:112"' in page
    assert stored()[0].urgent


def test_nobody_is_thanked_for_a_tip_that_was_not_sent(client: FlaskClient) -> None:
    with current_database().unit_of_work() as session:
        make_appeal(session, "THRWY3", None)
    with time_machine.travel("2026-03-01 12:10+00:00", tick=False) as clock:
        kept = client.post(FORM, data={"text": "Han er her lige nu med en kniv"}).location
        elsewhere = kept.replace("RBBRY2", "THRWY3")
        made_up = [FORM + "/tak", FORM + "/tak?fare=1", FORM + "/tak?kvittering=urgent"]
        assert "Tak for dit tip" in client.get(kept).text
        for address in (*made_up, elsewhere, kept):
            if address == kept:
                clock.shift(timedelta(hours=2))
            page = client.get(address).text
            assert "Tak for dit tip" not in page
            assert "modtaget" not in page
            assert "data-received" not in page, "what is typed stays in the browser"
            assert "Har du sendt et tip?" in page
            assert "Ring 112" in page
    assert len(stored()) == 1


def test_receipts_tell_no_two_tips_of_an_hour_apart(client: FlaskClient) -> None:
    with time_machine.travel("2026-03-01 12:10+00:00", tick=False) as clock:
        first = client.post(FORM, data={"text": "En blå bil"}).location
        clock.shift(timedelta(minutes=40))
        assert client.post(FORM, data={"text": "En rød bil"}).location == first


def test_the_form_speaks_english(client: FlaskClient) -> None:
    page = client.get("/en" + FORM).text
    assert "Give a tip" in page
    assert "Robbery in Hillerød" in page
    answer = client.post("/en" + FORM, data={"text": "I saw a van"})
    assert answer.location.startswith("/en/varsel/RBBRY2/tip/tak?")
    assert "Thank you for your tip" in client.get(answer.location).text
    assert stored()[0].language == "en"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n\u200b\t "}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "Jeg så en bil", "seen": "x" * 501}, "seen"),
        ({"text": "Jeg så en bil", "contact": "x" * 201}, "contact"),
        ({"text": "Buy now", "website": "https://spam.example"}, "website"),
    ],
)
def test_bad_input_is_shown_again_with_what_to_do(
    client: FlaskClient, fields: dict[str, str], field: str
) -> None:
    answer = client.post(FORM, data=fields)
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert f'id="field-{field}"' in answer.text
    if len(fields.get("text", "").strip()) > 1:
        assert fields["text"][:100].strip() in answer.text
    assert not stored()


def test_the_limit_is_spelt_in_the_reader_s_language(client: FlaskClient) -> None:
    for prefix, spelt in (("", "10.000"), ("/en", "10,000")):
        answer = client.post(prefix + FORM, data={"text": "x" * 10_001})
        assert f" {spelt} " in answer.text


@pytest.mark.parametrize("words", ["🚲🔨", "x" * 10_000, "<script>alert(1)</script>", "لقد رأيت"])
def test_odd_tips_are_kept_as_they_were_written(client: FlaskClient, words: str) -> None:
    assert client.post(FORM, data={"text": words}).status_code == 303
    assert [tip.text for tip in stored()] == [words]


def test_line_breaks_count_once_and_are_kept(client: FlaskClient) -> None:
    client.post(FORM, data={"text": "Første linje\r\nanden linje"})
    assert stored()[0].text == "Første linje\nanden linje"


def test_a_closed_alert_still_takes_tips_and_says_so(client: FlaskClient, app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        make_appeal(session, "CLSD99", None, status=AlertStatus.CLOSED, kind=AlertKind.AREA_ALERT)
    assert "Varslet er afsluttet" in client.get("/varsel/CLSD99/tip").text
    assert "Varslet er afsluttet" not in client.get(FORM).text
    client.post("/varsel/CLSD99/tip", data={"text": "Jeg så en bil"})
    [tip] = stored()
    assert (tip.case_id, tip.alert_code) == (None, "CLSD99")
    assert [district.code for district in tip.districts] == [NORTH]


def test_a_withdrawn_alert_takes_tips_and_says_nothing_of_what_it_said(
    client: FlaskClient, app: VarskoApp
) -> None:
    with current_database().unit_of_work() as session:
        make_appeal(session, "WTHDR9", title="Røveri på Slotsgade", status=AlertStatus.WITHDRAWN)
    form = client.get("/varsel/WTHDR9/tip").text
    assert "Varslet er trukket tilbage" in form
    assert "Trukket tilbage: Vidner søges" in form
    sent = client.post("/varsel/WTHDR9/tip", data={"text": "Jeg så en bil"})
    thanks = client.get(sent.location).text
    assert "Tak for dit tip" in thanks
    assert "Slotsgade" not in form + thanks + client.get("/en/varsel/WTHDR9/tip").text
    with current_database().unit_of_work() as session:
        [tip] = session.scalars(select(Tip)).all()
        assert tip.case is not None
        assert tip.case.reference == ROBBERY


def test_an_alert_whose_time_has_just_come_is_open(client: FlaskClient, app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        alert = make_appeal(session, "SNRT88", None, status=AlertStatus.SCHEDULED)
        alert.send_at = utcnow()
    assert "Varslet er afsluttet" not in client.get("/varsel/SNRT88/tip").text


@pytest.mark.parametrize("status", [AlertStatus.DRAFT, AlertStatus.CANCELLED])
def test_an_alert_that_is_not_public_has_no_form(
    client: FlaskClient, app: VarskoApp, status: AlertStatus
) -> None:
    with current_database().unit_of_work() as session:
        make_appeal(session, "SECRT7", None, status=status)
    assert client.get("/varsel/SECRT7/tip").status_code == 404
    assert client.post("/varsel/SECRT7/tip", data={"text": "Hej"}).status_code == 404
    assert client.get("/varsel/SECRT7/tip/tak").status_code == 404
    assert not stored()


def test_a_code_typed_in_small_letters_is_found(client: FlaskClient) -> None:
    assert client.get("/varsel/rbbry2/tip").status_code == 200


def test_no_page_of_the_form_sets_a_cookie_or_asks_a_third_party(client: FlaskClient) -> None:
    pages = [
        client.get(FORM),
        client.post(FORM, data={"text": ""}),
        (sent := client.post(FORM, data={"text": "Jeg så en bil"})),
        client.get(sent.location),
        client.get(FORM + "/tak"),
        client.get("/en" + FORM + "/tak?kvittering=1"),
        client.get("/varsel/NOSUCH/tip"),
    ]
    for page in pages:
        assert "Set-Cookie" not in page.headers
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert 'src="http' not in page.text
        assert 'src="//' not in page.text
        assert "csrf" not in page.text


def test_neither_the_log_nor_the_database_learns_the_address_or_the_words(
    client: FlaskClient, app: VarskoApp
) -> None:
    with everything_logged() as events:
        client.post(
            FORM,
            data={"text": "Jeg så en varevogn", "contact": "Anna"},
            environ_overrides={"REMOTE_ADDR": ADDRESS},
            headers={"User-Agent": "Tipsternet/1.0", "X-Forwarded-For": ADDRESS},
        )
    assert any(event["event"] == "tip_received" for event in events)
    for event in events:
        for secret in (ADDRESS, "varevogn", "Anna", "Tipsternet", "RBBRY2"):
            assert secret not in repr(event)
    with current_database().unit_of_work(writes=False) as session:
        row: Any = session.connection().exec_driver_sql("SELECT * FROM tip").one()
        held = [bytes(v) if isinstance(v, memoryview | bytes) else str(v).encode() for v in row]
        for secret in (ADDRESS, "varevogn", "Anna", "Tipsternet"):
            assert not any(secret.encode() in value for value in held)


def test_one_caller_cannot_flood_the_form_and_the_limiter_keeps_no_address(
    app: VarskoApp, database_url: str
) -> None:
    app = create_app(make_config(database_url=database_url, testing="false", forms_per_minute=20))
    try:
        limiter.reset()
        client = app.test_client()
        first = {"environ_overrides": {"REMOTE_ADDR": ADDRESS}}
        codes = [
            client.post(FORM, data={"text": f"Tip {n}"}, **first).status_code for n in range(21)
        ]
        assert codes == [303] * 20 + [429]
        other = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.78"}}
        assert client.post(FORM, data={"text": "Tip"}, **other).status_code == 303
        assert client.get(FORM, **first).status_code == 200
        assert ADDRESS not in repr(vars(limiter.storage))
    finally:
        limiter.reset()
        limiter.enabled = False
        close_app(app)
