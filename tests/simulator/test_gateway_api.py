"""The simulated GatewayAPI: sending, look-ups, delivery reports, messages from phones."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import (
    Behaviour,
    CallbackPlan,
    DeliveryResult,
    Match,
    Signature,
    Simulator,
    Status,
)
from simulator.http.signatures import sign_claims
from tests.settings import GATEWAYAPI_NUMBER, GATEWAYAPI_SECRET, GATEWAYAPI_TOKEN, SMS_NUMBER
from tests.simulator.conftest import StartSimulator, client_of
from tests.simulator.service import Service

METTE, JONAS, SVEN = 4531234501, 4531234502, 46701234567
SENDER = GATEWAYAPI_NUMBER.removeprefix("+")


def order(*recipients: int, **changes: Any) -> dict[str, Any]:
    """A message as clients send it."""
    return {
        "sender": SENDER,
        "message": "Hej",
        "recipients": [{"msisdn": recipient} for recipient in recipients or (METTE,)],
        **changes,
    }


def post(simulator: Simulator, body: Any, token: str = GATEWAYAPI_TOKEN) -> requests.Response:
    """Request that messages be sent."""
    return requests.post(f"{simulator.api_url}/rest/mtsms", json=body, auth=(token, ""), timeout=60)


def fetch(simulator: Simulator, message_id: int) -> requests.Response:
    """Look a message up."""
    return requests.get(
        f"{simulator.api_url}/rest/mtsms/{message_id}", auth=(GATEWAYAPI_TOKEN, ""), timeout=5
    )


def claims_of(service: Service) -> list[dict[str, Any]]:
    """The claims in the tokens that the service was sent, which must all be genuine."""
    return [
        jwt.decode(post.headers["X-Gwapi-Signature"], GATEWAYAPI_SECRET, algorithms=["HS256"])
        for post in service.posts
    ]


def test_a_list_of_messages_gets_an_id_for_each(simulator: Simulator) -> None:
    answer = post(simulator, [order(METTE), order(JONAS, message="Hej " * 50)])
    assert answer.status_code == 200
    said = answer.json()
    assert [str(message_id) for message_id in said["ids"]] == [m.sid for m in simulator.accepted]
    assert said["usage"] == {"countries": {"DK": 3}, "currency": "DKK", "total_cost": 1.08}
    assert "details" not in said
    assert [(m.provider, m.from_, m.to) for m in simulator.accepted] == [
        ("gatewayapi", GATEWAYAPI_NUMBER, f"+{METTE}"),
        ("gatewayapi", GATEWAYAPI_NUMBER, f"+{JONAS}"),
    ]


def test_one_message_can_have_several_recipients(simulator: Simulator) -> None:
    answer = post(simulator, order(METTE, JONAS, extra_details="recipients_usage"))
    (message_id,) = answer.json()["ids"]
    (details,) = answer.json()["details"]["messages"]
    assert details["id"] == message_id
    assert [(r["msisdn"], r["parts"]) for r in details["recipients"]] == [(METTE, 1), (JONAS, 1)]
    assert simulator.phone(f"+{JONAS}").texts == ["Hej"]
    (found,) = fetch(simulator, message_id).json()
    assert [r["msisdn"] for r in found["recipients"]] == [METTE, JONAS]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Token {GATEWAYAPI_TOKEN}"},
        {"Authorization": requests.auth._basic_auth_str(GATEWAYAPI_TOKEN, "")},
    ],
    ids=["token", "basic"],
)
def test_a_token_opens_the_api_in_either_form(
    simulator: Simulator, headers: dict[str, str]
) -> None:
    url = f"{simulator.api_url}/rest/mtsms"
    assert requests.post(url, json=order(), headers=headers, timeout=60).status_code == 200


def test_a_wrong_token_is_refused(simulator: Simulator) -> None:
    answer = post(simulator, order(), token="wrong")
    assert (answer.status_code, answer.json()["code"]) == (401, "0x0210")
    assert simulator.accepted == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([], 422, "0x0222"),
        ("hej", 422, None),
        (order(message=""), 422, "0x0222"),
        (order(recipients=[]), 422, "0x0222"),
        (order(recipients=[{"msisdn": "mor"}]), 422, "0x0308"),
        (order(recipients=[{"msisdn": 4512}]), 422, "0x0308"),
        (order(recipients=[{"msisdn": 1} for _ in range(10_001)]), 422, "0x0308"),
        (order(METTE, METTE), 422, "0x0310"),
        (order(sender="A name far too long"), 422, "0x0308"),
        (order(encoding="MORSE"), 422, "0x0308"),
        (order(priority="URGENT"), 422, "0x0311"),
        (order(callback_url="no address"), 422, "0x0308"),
        (order(validity_period=-1), 422, "0x0308"),
        (order(**{"class": "gold"}), 422, "0x0218"),
        ([order(), order(**{"class": "premium"})], 422, "0x0218"),
        (order(4531200533), 403, "0x0215"),
    ],
)
def test_refusals(simulator: Simulator, body: object, status: int, code: str | None) -> None:
    answer = post(simulator, body)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert answer.json()["incident_uuid"]
    assert simulator.accepted == []


def test_one_bad_recipient_refuses_the_whole_request(simulator: Simulator) -> None:
    simulator.opt_out(f"+{JONAS}", GATEWAYAPI_NUMBER)
    answer = post(simulator, [order(METTE), order(JONAS), order(SVEN)])
    assert answer.status_code == 403
    assert (answer.json()["code"], answer.json()["variables"]) == ("0x0215", [str(JONAS)])
    assert simulator.accepted == []
    assert post(simulator, [order(METTE), order(SVEN)]).status_code == 200


def test_a_country_that_is_not_enabled_is_refused(start_simulator: StartSimulator) -> None:
    simulator = start_simulator(permitted_prefixes=("+45",))
    answer = post(simulator, order(SVEN))
    assert (answer.status_code, answer.json()["variables"]) == (403, ["SE"])


def test_what_is_not_in_the_alphabet_is_lost_unless_it_is_sent_as_ucs2(
    simulator: Simulator,
) -> None:
    post(simulator, [order(message="Brand 🚒 på Torvet"), order(message="🚒", encoding="UCS2")])
    assert simulator.phone(f"+{METTE}").texts == ["Brand ? på Torvet", "🚒"]


def test_limits_and_failures(start_simulator: StartSimulator) -> None:
    simulator = start_simulator(rate_limit=1, retry_after=7)
    answers = [post(simulator, order()) for _ in range(4)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].headers["Retry-After"] == "7"
    assert post(start_simulator(error_rate=1.0), order()).status_code == 500


def test_what_befalls_one_befalls_the_request(simulator: Simulator) -> None:
    simulator.behave(f"+{JONAS}", Behaviour.http_error(503, accepted=True), times=1)
    assert post(simulator, [order(METTE), order(JONAS)]).status_code == 503
    assert len(simulator.accepted) == 2
    simulator.behave(f"+{JONAS}", Behaviour.reset(accepted=False), times=1)
    with pytest.raises(requests.ConnectionError):
        post(simulator, [order(METTE), order(JONAS)])
    assert len(simulator.accepted) == 2


def test_orders_can_be_for_one_of_our_senders(simulator: Simulator) -> None:
    simulator.behave(Match(sender=GATEWAYAPI_NUMBER), Behaviour.refuse(0x0216))
    client_of(simulator).messages.create(to=f"+{METTE}", from_=SMS_NUMBER, body="Hej")
    assert post(simulator, order()).json()["code"] == "0x0216"


def test_the_two_apis_do_not_see_each_others_messages(simulator: Simulator) -> None:
    (message_id,) = post(simulator, order()).json()["ids"]
    twilio = client_of(simulator)
    sid = twilio.messages.create(to=f"+{METTE}", from_=SMS_NUMBER, body="Hej").sid
    assert [message.sid for message in twilio.messages.list()] == [sid]
    assert fetch(simulator, message_id).status_code == 200
    assert fetch(simulator, 1).status_code == 404
    assert simulator.phone(f"+{METTE}").texts == ["Hej", "Hej"]


def test_a_message_is_found_only_once_it_has_left_the_queue(
    start_simulator: StartSimulator,
) -> None:
    simulator = start_simulator(callbacks=CallbackPlan(delay=60))
    (message_id,) = post(simulator, order()).json()["ids"]
    assert fetch(simulator, message_id).status_code == 404


def test_every_state_is_reported_with_a_genuine_token(
    simulator: Simulator, service: Service
) -> None:
    callback = f"{service.url}/status/1.2.abc"
    answer = post(simulator, order(callback_url=callback, userref="1.2.abc"))
    simulator.flush_callbacks()
    said = claims_of(service)
    assert [claims["status"] for claims in said] == ["BUFFERED", "ENROUTE", "DELIVERED"]
    assert {(c["id"], c["msisdn"], c["userref"], c["callback_url"], c["code"]) for c in said} == {
        (answer.json()["ids"][0], METTE, "1.2.abc", callback, None)
    }
    assert {post.headers["Content-Type"] for post in service.posts} == {"application/json"}


@pytest.mark.parametrize(
    ("result", "state", "code"),
    [
        (DeliveryResult(Status.UNDELIVERED, 0x1010), "UNDELIVERABLE", "0x1010"),
        (DeliveryResult(Status.FAILED, 0x1034), "REJECTED", "0x1034"),
        (DeliveryResult(Status.EXPIRED), "EXPIRED", None),
        (DeliveryResult(Status.CANCELED), "DELETED", None),
        (DeliveryResult(Status.SKIPPED), "SKIPPED", None),
    ],
)
def test_every_end_is_reported_and_can_be_looked_up(
    simulator: Simulator, service: Service, result: DeliveryResult, state: str, code: str | None
) -> None:
    simulator.behave(f"+{METTE}", Behaviour(result=result))
    (message_id,) = post(simulator, order(callback_url=f"{service.url}/status")).json()["ids"]
    simulator.flush_callbacks()
    last = claims_of(service)[-1]
    assert (last["status"], last["code"]) == (state, code)
    (found,) = fetch(simulator, message_id).json()
    (recipient,) = found["recipients"]
    assert (recipient["dsnstatus"], recipient["dsnerrorcode"]) == (state, code)
    assert simulator.phone(f"+{METTE}").received == []


def test_a_number_that_names_an_error_ends_with_it(simulator: Simulator, service: Service) -> None:
    post(simulator, order(4531204112, callback_url=f"{service.url}/status"))
    simulator.flush_callbacks()
    assert claims_of(service)[-1]["code"] == "0x1010"
    page = requests.get(f"{simulator.page_url}phones/+4531204112", timeout=60).text
    assert "Ikke leveret: 0x1010 Unknown subscriber" in page


def test_a_report_that_is_not_answered_well_comes_again(
    start_simulator: StartSimulator, service: Service
) -> None:
    plan = CallbackPlan(steps=())
    simulator = start_simulator(gatewayapi_retries=(0.01, 0.01), callbacks=plan)
    service.answer = (503, "text/plain", "")
    post(simulator, order(callback_url=f"{service.url}/status"))
    simulator.wait_for(lambda: len(service.posts) == 1)
    deadline = 200
    while len(service.posts) < 3 and deadline:
        simulator.network.wait_for(lambda: False, 0.05)
        deadline -= 1
    assert [claims["status"] for claims in claims_of(service)] == ["DELIVERED"] * 3


def test_a_text_to_the_number_there_is_told_with_a_genuine_token(
    simulator: Simulator, service: Service
) -> None:
    simulator.connect(f"{service.url}/twilio", f"{service.url}/gatewayapi")
    service.answer = (200, "text/plain", "")
    result = simulator.receive_sms(f"+{METTE}", "TRYK 3400 æøå 🚲", to=GATEWAYAPI_NUMBER)
    assert (result.status, result.replies, result.problem) == (200, (), "")
    assert service.posts[0].url.endswith("/gatewayapi")
    (claims,) = claims_of(service)
    assert (claims["msisdn"], claims["receiver"]) == (METTE, int(SENDER))
    assert claims["message"] == "TRYK 3400 æøå 🚲"
    assert str(claims["id"]) == result.sid


def test_forged_and_missing_tokens_can_be_ordered(simulator: Simulator, service: Service) -> None:
    simulator.connect("", f"{service.url}/gatewayapi")
    simulator.receive_sms(f"+{METTE}", "Hej", to=GATEWAYAPI_NUMBER, signature=Signature.FORGED)
    simulator.receive_sms(f"+{METTE}", "Hej", to=GATEWAYAPI_NUMBER, signature=Signature.MISSING)
    with pytest.raises(jwt.InvalidSignatureError):
        claims_of(service)
    assert "X-Gwapi-Signature" not in service.posts[1].headers


def test_a_phone_answers_whoever_wrote_last(simulator: Simulator, service: Service) -> None:
    simulator.connect(f"{service.url}/twilio", f"{service.url}/gatewayapi")
    service.answer = (200, "text/plain", "")
    url = f"{simulator.page_url}phones/+{METTE}/messages"
    post(simulator, order())
    requests.post(url, data={"text": "til GatewayAPI"}, timeout=60)
    client_of(simulator).messages.create(to=f"+{METTE}", from_=SMS_NUMBER, body="Hej")
    requests.post(url, data={"text": "til Twilio"}, timeout=60)
    assert [p.url.rpartition("/")[2] for p in service.posts] == ["gatewayapi", "twilio"]


def test_accepted_messages_name_their_provider(simulator: Simulator) -> None:
    post(simulator, order())
    client_of(simulator).messages.create(to=f"+{METTE}", from_=SMS_NUMBER, body="Hej")
    lines = requests.get(f"{simulator.api_url}/accepted.ndjson", timeout=60).text.splitlines()
    assert [json.loads(line)["provider"] for line in lines] == ["gatewayapi", "twilio"]
    assert {json.loads(line)["to"] for line in lines} == {f"+{METTE}"}


@given(claims=st.dictionaries(st.text(max_size=8), st.text() | st.integers(), max_size=5))
@settings(max_examples=60)
def test_any_library_accepts_every_token(claims: dict[str, Any]) -> None:
    claims = {f"x{name}": value for name, value in claims.items()}  # no standard claim
    token = sign_claims(GATEWAYAPI_SECRET, claims)
    assert jwt.decode(token, GATEWAYAPI_SECRET, algorithms=["HS256"]) == claims
