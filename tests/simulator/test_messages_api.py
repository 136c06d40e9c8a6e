"""The official `twilio` package works with the simulator as with Twilio."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from simulator import CallbackPlan, Simulator
from tests.settings import ACCOUNT_SID, AUTH_TOKEN, SMS_NUMBER
from tests.simulator.conftest import StartSimulator, client_of

METTE = "+4531234501"
JONAS = "+4531234502"
MAGIC = "+15005550006"


def refusal(client: Client, **message: object) -> tuple[int, int]:
    """HTTP status and code that a message is refused with."""
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(**{"to": METTE, "from_": SMS_NUMBER, "body": "Hej", **message})
    return caught.value.status, caught.value.code


def test_a_message_is_created_with_the_fields_twilio_gives(twilio: Client) -> None:
    message = twilio.messages.create(to=METTE, from_=SMS_NUMBER, body="Røg ved Torvet. Luk vinduer")
    assert message.sid.startswith("SM")
    assert len(message.sid) == 34
    assert message.status == "queued"
    assert (message.to, message.from_) == (METTE, SMS_NUMBER)
    assert message.num_segments == "1"
    assert message.direction == "outbound-api"
    assert message.account_sid == ACCOUNT_SID
    assert message.uri == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{message.sid}.json"
    assert message.error_code is None
    assert abs(message.date_created - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_fetched_message_has_moved_on(twilio: Client) -> None:
    sid = twilio.messages.create(to=METTE, from_=SMS_NUMBER, body="Hej").sid
    message = twilio.messages(sid).fetch()
    assert (message.status, message.body) == ("delivered", "Hej")
    assert message.date_sent is not None


def test_the_phone_shows_the_message(simulator: Simulator, twilio: Client) -> None:
    twilio.messages.create(to="+45 31 23 45 01", from_=SMS_NUMBER, body="Hej")
    assert simulator.phone(METTE).texts == ["Hej"]


def test_messages_are_listed_by_recipient_newest_first(twilio: Client) -> None:
    for to, body in [(METTE, "et"), (JONAS, "to"), (METTE, "tre")]:
        twilio.messages.create(to=to, from_=SMS_NUMBER, body=body)
    assert [m.body for m in twilio.messages.list(to=METTE)] == ["tre", "et"]
    assert [m.body for m in twilio.messages.list()] == ["tre", "to", "et"]
    assert [m.body for m in twilio.messages.list(from_="+4512345678")] == []


def test_what_phones_have_sent_is_listed_by_our_number(
    simulator: Simulator, twilio: Client
) -> None:
    twilio.messages.create(to=METTE, from_=SMS_NUMBER, body="ud")
    for sender, body in ((METTE, "et"), (JONAS, "to")):
        simulator.receive_sms(sender, body)
    since = datetime.now(UTC) - timedelta(hours=1)
    listed = twilio.messages.list(to=SMS_NUMBER, date_sent_after=since, page_size=1)
    assert [(m.body, m.direction, m.status) for m in listed] == [
        ("to", "inbound", "received"),
        ("et", "inbound", "received"),
    ]
    assert listed[0].from_ == JONAS
    assert listed[0].date_sent >= since


def test_lists_have_pages(simulator: Simulator, twilio: Client) -> None:
    for number in range(7):
        twilio.messages.create(to=METTE, from_=SMS_NUMBER, body=str(number))
    listed = twilio.messages.list(to=METTE, page_size=3)
    assert [m.body for m in listed] == list("6543210")
    page = twilio.messages.page(to=METTE, page_size=3)
    assert page.next_page_url.startswith(simulator.api_url)
    assert [m.body for m in page.next_page().next_page()] == ["0"]


def test_messages_are_listed_by_the_date_they_were_sent(twilio: Client) -> None:
    twilio.messages.create(to=METTE, from_=SMS_NUMBER, body="Hej")
    now = datetime.now(UTC)
    today, hour = now.date(), timedelta(hours=1)

    def count(**dates: date) -> int:
        return len(twilio.messages.list(to=METTE, **dates))

    assert count(date_sent=today) == 1
    assert count(date_sent=today - timedelta(days=1)) == 0
    assert count(date_sent_after=now - hour, date_sent_before=now + hour) == 1
    assert count(date_sent_after=now + hour) == 0
    assert count(date_sent_before=now - hour) == 0


def test_a_message_not_yet_sent_has_no_date_to_be_listed_by(
    start_simulator: StartSimulator,
) -> None:
    client = client_of(start_simulator(callbacks=CallbackPlan(delay=60)))
    client.messages.create(to=METTE, from_=SMS_NUMBER, body="Hej")
    assert client.messages.list(to=METTE, date_sent=datetime.now(UTC).date()) == []
    assert len(client.messages.list(to=METTE)) == 1


def test_a_body_can_be_redacted_and_a_message_deleted(twilio: Client) -> None:
    message = twilio.messages.create(to=METTE, from_=SMS_NUMBER, body="Hej")
    assert message.update(body="").body == ""
    assert message.delete()
    with pytest.raises(TwilioRestException) as caught:
        message.fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)


def test_only_what_was_not_sent_can_be_canceled(start_simulator: StartSimulator) -> None:
    simulator = start_simulator()
    client = client_of(simulator)
    scheduled = client.messages.create(
        to=METTE,
        messaging_service_sid=simulator.config.messaging_service_sid,
        body="Senere",
        schedule_type="fixed",
        send_at=datetime.now(UTC) + timedelta(hours=1),
    )
    assert scheduled.status == "scheduled"
    assert scheduled.update(status="canceled").status == "canceled"
    assert simulator.phone(METTE).received == []
    sent = client.messages.create(to=METTE, from_=SMS_NUMBER, body="Hej")
    with pytest.raises(TwilioRestException) as caught:
        sent.update(status="canceled")
    assert caught.value.code == 30409


def test_a_messaging_service_sends_from_our_number(simulator: Simulator, twilio: Client) -> None:
    service = simulator.config.messaging_service_sid
    message = twilio.messages.create(to=METTE, messaging_service_sid=service, body="Hej")
    assert (message.status, message.from_) == ("accepted", None)
    assert message.fetch().from_ == SMS_NUMBER
    assert refusal(twilio, from_=None, messaging_service_sid="MG" + "f" * 32) == (404, 21701)


def test_the_account_can_be_fetched(twilio: Client) -> None:
    assert twilio.api.accounts(ACCOUNT_SID).fetch().status == "active"


# Twilio's client gives aiohttp its credentials in a way that aiohttp now advises against.
@pytest.mark.filterwarnings("ignore:.*encode_basic_auth:DeprecationWarning")
def test_the_async_client_works(simulator: Simulator) -> None:
    async def send() -> tuple[str, str, list[str], int | None]:
        async with AsyncTwilioHttpClient(timeout=60) as http:
            client = client_of(simulator, http)
            message = await client.messages.create_async(to=METTE, from_=SMS_NUMBER, body="Hej")
            fetched = await client.messages(message.sid).fetch_async()
            listed = await client.messages.list_async(to=METTE)
            try:
                await client.messages.create_async(to="12", from_=SMS_NUMBER, body="Hej")
            except TwilioRestException as error:
                return message.status, fetched.status, [m.body for m in listed], error.code
        return message.status, fetched.status, [], None

    assert asyncio.run(send()) == ("queued", "delivered", ["Hej"], 21211)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+15005550001", (400, 21211)),
        ("+15005550002", (400, 21612)),
        ("+15005550003", (403, 21408)),
        ("+15005550004", (400, 21610)),
        ("+15005550009", (400, 21614)),
    ],
)
def test_magic_recipients(twilio: Client, number: str, expected: tuple[int, int]) -> None:
    assert refusal(twilio, to=number, from_=MAGIC) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+15005550001", (400, 21212)),
        ("+15005550007", (400, 21606)),
        ("+15005550008", (429, 21611)),
    ],
)
def test_magic_senders(twilio: Client, number: str, expected: tuple[int, int]) -> None:
    assert refusal(twilio, from_=number) == expected


def test_the_magic_sender_that_passes(twilio: Client) -> None:
    assert twilio.messages.create(to=METTE, from_=MAGIC, body="Hej").from_ == MAGIC


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"to": ""}, (400, 21604)),
        ({"to": "31234501"}, (400, 21211)),
        ({"to": "+45312345"}, (400, 21211)),
        ({"to": SMS_NUMBER}, (400, 21612)),
        ({"body": ""}, (400, 21602)),
        ({"body": "x" * 1601}, (400, 21617)),
        ({"from_": "+4512345678"}, (400, 21606)),
        ({"from_": ""}, (400, 21603)),
        ({"status_callback": "not an address"}, (400, 21609)),
        ({"status_callback": "http://under_score.example/x"}, (400, 21609)),
        ({"validity_period": 0}, (400, 21624)),
        ({"validity_period": 36_001}, (400, 21624)),
        ({"media_url": ["ftp://example.com/x"]}, (400, 21620)),
        ({"to": "+4531221610"}, (400, 21610)),
        ({"to": "+4531221614"}, (400, 21614)),
    ],
)
def test_refusals(twilio: Client, message: dict[str, object], expected: tuple[int, int]) -> None:
    assert refusal(twilio, **message) == expected


def test_1600_characters_and_a_sender_name_are_accepted(twilio: Client) -> None:
    message = twilio.messages.create(to=METTE, from_="Varsko", body="x" * 1600)
    assert (message.from_, message.num_segments) == ("Varsko", "11")


def test_countries_without_permission_are_refused(start_simulator: StartSimulator) -> None:
    client = client_of(start_simulator(permitted_prefixes=("+45",)))
    assert refusal(client, to="+46701234567") == (403, 21408)


def test_wrong_credentials_are_refused(simulator: Simulator) -> None:
    client = Client(ACCOUNT_SID, "wrong")
    client.api.base_url = simulator.api_url
    assert refusal(client) == (401, 20003)
    other = Client("AC" + "f" * 32, AUTH_TOKEN)
    other.api.base_url = simulator.api_url
    assert refusal(other) == (401, 20003)


def test_an_error_has_the_body_twilio_gives(simulator: Simulator) -> None:
    response = requests.post(
        f"{simulator.api_url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json",
        json={"To": METTE},
        auth=(ACCOUNT_SID, AUTH_TOKEN),
        timeout=60,
    )
    assert response.status_code == 400
    assert response.json() == {
        "code": 21604,
        "message": "A 'To' phone number is required.",
        "more_info": "https://www.twilio.com/docs/errors/21604",
        "status": 400,
    }


def test_only_the_latest_messages_are_kept(start_simulator: StartSimulator) -> None:
    simulator = start_simulator(keep=3)
    client = client_of(simulator)
    for number in range(5):
        client.messages.create(to=f"+453123460{number}", from_=SMS_NUMBER, body=str(number))
    assert [message.body for message in simulator.accepted] == ["2", "3", "4"]
    assert simulator.accepted_total == 5
    assert "+4531234600" not in simulator.network.phones


def test_another_process_can_read_what_was_accepted(simulator: Simulator, twilio: Client) -> None:
    sids = [twilio.messages.create(to=METTE, from_=SMS_NUMBER, body="Hej").sid for _ in range(3)]
    lines = requests.get(f"{simulator.api_url}/accepted.ndjson", timeout=60).text.splitlines()
    assert [line.split('"')[3] for line in lines] == sids
