"""Trouble that a test can script: limits, failures, resets, undelivered messages."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from simulator import ANYONE, Behaviour, Match, Simulator, SimulatorError
from tests.settings import ACCOUNT_SID, AUTH_TOKEN, SMS_NUMBER
from tests.simulator.conftest import StartSimulator, client_of
from tests.simulator.service import Service

METTE = "+4531234501"
JONAS = "+4531234502"


def send(client: Client, to: str = METTE, body: str = "Hej", **more: object) -> str:
    """Send a message; returns its sid."""
    sid: str = client.messages.create(to=to, from_=SMS_NUMBER, body=body, **more).sid
    return sid


def test_too_many_requests_a_second_are_refused_with_a_time_to_wait(
    start_simulator: StartSimulator,
) -> None:
    # A limit so low that even a slow machine exceeds it.
    simulator = start_simulator(rate_limit=0.001, retry_after=7)
    url = f"{simulator.api_url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    form = {"To": METTE, "From": SMS_NUMBER, "Body": "Hej"}
    with requests.Session() as session:
        session.auth = (ACCOUNT_SID, AUTH_TOKEN)
        answers = [session.post(url, data=form, timeout=60) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [201, 429, 429, 429, 429]
    assert answers[1].headers["Retry-After"] == "7"
    assert answers[1].json()["code"] == 20429
    assert simulator.accepted_total == 1


def test_too_many_requests_at_once_are_refused(start_simulator: StartSimulator) -> None:
    simulator = start_simulator(concurrency_limit=1)
    simulator.behave(METTE, Behaviour.timeout(), times=1)
    client = client_of(simulator, TwilioHttpClient(timeout=60))

    def hang() -> None:
        with pytest.raises(requests.ConnectionError):
            send(client)

    hanging = threading.Thread(target=hang)
    hanging.start()
    simulator.wait_for(lambda: simulator.accepted_total == 1)
    with pytest.raises(TwilioRestException) as caught:
        send(client, JONAS)
    assert caught.value.code == 20429
    simulator.stop()
    hanging.join()


def test_the_next_requests_fail_as_told_and_then_it_works_again(
    simulator: Simulator, twilio: Client
) -> None:
    simulator.behave(ANYONE, Behaviour.http_error(503), times=1)
    with pytest.raises(TwilioRestException) as caught:
        send(twilio)
    assert caught.value.status == 503
    assert send(twilio)
    assert simulator.accepted_total == 1


def test_the_latest_order_comes_first(simulator: Simulator, twilio: Client) -> None:
    simulator.behave(METTE, Behaviour.http_error(500))
    simulator.behave(METTE, Behaviour.too_many_requests(retry_after=3), times=1)
    for status in (429, 500, 500):
        with pytest.raises(TwilioRestException) as caught:
            send(twilio)
        assert caught.value.status == status
    assert send(twilio, JONAS)


def test_orders_can_be_by_prefix_and_text(simulator: Simulator, twilio: Client) -> None:
    match = Match(prefix="+4531", text="STORM")
    simulator.behave(match, Behaviour.refuse(21610))
    assert send(twilio)
    with pytest.raises(TwilioRestException) as caught:
        send(twilio, body="STORM i nat")
    assert caught.value.code == 21610


def test_a_message_can_be_accepted_although_the_connection_is_reset(
    simulator: Simulator, twilio: Client
) -> None:
    simulator.behave(METTE, Behaviour.reset(accepted=True), times=1)
    with pytest.raises(requests.ConnectionError):
        send(twilio)
    assert [message.to for message in simulator.accepted] == [METTE]


def test_a_reset_can_come_before_the_message_is_accepted(
    simulator: Simulator, twilio: Client
) -> None:
    simulator.behave(METTE, Behaviour.reset(accepted=False), times=1)
    with pytest.raises(requests.ConnectionError):
        send(twilio)
    assert simulator.accepted == []


@pytest.mark.parametrize("accepted", [True, False])
def test_a_request_can_hang(simulator: Simulator, accepted: bool) -> None:
    simulator.behave(METTE, Behaviour.timeout(accepted=accepted), times=1)
    with pytest.raises(requests.Timeout):
        send(client_of(simulator, TwilioHttpClient(timeout=2)))
    assert len(simulator.accepted) == accepted


def test_a_server_error_can_hide_an_accepted_message(simulator: Simulator, twilio: Client) -> None:
    simulator.behave(METTE, Behaviour.http_error(500, accepted=True), times=1)
    with pytest.raises(TwilioRestException):
        send(twilio)
    assert simulator.phone(METTE).texts == ["Hej"]


@pytest.mark.parametrize("code", [30003, 30005, 30006, 30007, 30008])
def test_numbers_that_name_an_error_end_undelivered(
    simulator: Simulator, twilio: Client, code: int
) -> None:
    number = f"+45312{code}"
    sid = send(twilio, number)
    message = twilio.messages(sid).fetch()
    assert (message.status, message.error_code) == ("undelivered", code)
    assert message.error_message
    assert simulator.phone(number).received == []


def test_a_failed_message_is_reported(
    simulator: Simulator, twilio: Client, service: Service
) -> None:
    simulator.behave(METTE, Behaviour.failed(30001))
    send(twilio, status_callback=f"{service.url}/status")
    simulator.flush_callbacks()
    assert [post.status for post in service.posts] == ["queued", "failed"]
    assert service.posts[-1].params["ErrorCode"] == "30001"


def test_a_share_of_requests_fails(start_simulator: StartSimulator) -> None:
    client = client_of(start_simulator(error_rate=0.5, seed=4))
    statuses = []
    for _ in range(30):
        try:
            send(client)
            statuses.append(201)
        except TwilioRestException as error:
            statuses.append(error.status)
    assert set(statuses) == {201, 500}


def test_a_reset_simulator_forgets(simulator: Simulator, twilio: Client) -> None:
    simulator.behave(ANYONE, Behaviour.http_error(500))
    simulator.opt_out(METTE)
    simulator.reset()
    assert send(twilio)
    simulator.reset()
    assert simulator.accepted == []
    assert simulator.phone(METTE).messages == []


def test_accepted_messages_can_be_logged_to_a_file(
    start_simulator: StartSimulator, tmp_path: Path
) -> None:
    simulator = start_simulator(accepted_log=tmp_path / "accepted.ndjson", keep=1)
    sids = [send(client_of(simulator)) for _ in range(3)]
    simulator.stop()
    text = (tmp_path / "accepted.ndjson").read_text()
    assert [sid in line for sid, line in zip(sids, text.splitlines(), strict=True)] == [True] * 3


def test_a_port_that_is_taken_is_said_at_once(simulator: Simulator) -> None:
    taken = int(simulator.api_url.rsplit(":", 1)[1])
    with pytest.raises(SimulatorError, match="cannot listen"):
        Simulator(type(simulator.config)(port=taken)).start()


def test_waiting_for_what_never_happens_ends(simulator: Simulator) -> None:
    with pytest.raises(SimulatorError, match="timed out"):
        simulator.wait_for(lambda: simulator.accepted_total == 1, timeout=0.05)
