"""The result of each mail, whatever the relay does, with pipelining and without."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from database import utcnow
from dispatch.models import SuppressionReason
from dispatch.providers.base import ResultKind, SendResult
from dispatch.providers.smtp.conversation import Connection, Mail, refusal
from dispatch.providers.smtp.settings import SmtpSecurity, SmtpSettings
from dispatch.providers.smtp.wire import Reply
from simulator import Simulator
from tests.dispatch.factories import mailbox
from tests.dispatch.relay import Relay
from tests.settings import make_config


def relay_settings(**changes: Any) -> SmtpSettings:
    """The settings of a relay, by their full names."""
    return make_config(**changes).of(SmtpSettings)


def mails(*addresses: str, content: bytes = b"Subject: x\r\n\r\nx\r\n") -> list[Mail]:
    return [
        Mail((number, 1), "varsko@varsko.test", address, f"{number}@varsko.test", lambda: content)
        for number, address in enumerate(addresses, 1)
    ]


@pytest.fixture(params=[True, False], ids=["in groups", "one by one"])
def relay(request: pytest.FixtureRequest) -> Iterator[Relay]:
    """A relay with pipelining, and one without."""
    with Relay(request.param) as running:
        yield running


def hand_over(relay: Relay, *sent: Mail) -> tuple[Connection, SendResult | None]:
    """Hand mails over on one connection; returns it, and why it ended early."""
    connection = Connection(relay_settings(smtp_port=relay.port, smtp_timeout_seconds=10))
    trouble = connection.send_all(deque(sent))
    connection.close()
    assert not relay.talked_ahead
    return connection, trouble


def test_letters_go_out_one_after_the_other_on_one_connection(relay: Relay) -> None:
    sent = mails(*(f"to{number}@x.dk" for number in range(20)))
    connection, trouble = hand_over(relay, *sent)
    assert trouble is None
    assert connection.opened == relay.connections == 1
    assert [mail.result for mail in sent] == [SendResult.accepted(mail.reference) for mail in sent]
    assert [recipient for recipient, _content in relay.taken] == [mail.address for mail in sent]


UNKNOWN = SendResult.unknown("no_answer")
BOUNCED = SendResult.permanent("5.1.1", SuppressionReason.HARD_BOUNCE)


@pytest.mark.parametrize(
    ("treatment", "result", "connections"),
    [
        ("unknown", BOUNCED, 1),
        ("busy", SendResult.retry("4.2.1"), 1),
        # The relay asks for the content although it refused the recipient.
        ("eager", SendResult.retry("4.2.1"), 1),
        ("full", SendResult.retry("4.3.1"), 1),
        ("spam", SendResult.permanent("5.7.1"), 1),
        ("wait", SendResult.retry("4.7.0"), 1),
        # The connection is at fault, and nothing had been sent.
        ("cut", SendResult.deferred("no_connection"), 3),
        ("once-cut", None, 2),
        ("closing", SendResult.deferred("421"), 3),
        ("once-closing", None, 2),
        ("exhausted", SendResult.deferred("421"), 2),
        # It had been sent, and no answer came, or none that made sense.
        ("silent", UNKNOWN, 2),
        ("nonsense", UNKNOWN, 2),
        # The relay answered, and then closed the connection.
        ("last", None, 2),
    ],
)
def test_whatever_happens_to_one_the_others_arrive_once(
    relay: Relay, treatment: str, result: SendResult | None, connections: int
) -> None:
    sent = mails("a@x.dk", f"{treatment}@x.dk", "b@x.dk", "c@x.dk")
    _connection, trouble = hand_over(relay, *sent)
    assert trouble is None
    expected = [SendResult.accepted(mail.reference) for mail in sent]
    if result is not None:
        expected[1] = result
    assert [mail.result for mail in sent] == expected
    taken = [recipient for recipient, _content in relay.taken]
    assert taken == [
        mail.address
        for mail in sent
        if mail.result is not None and mail.result.kind is ResultKind.ACCEPTED
    ]
    assert relay.connections == connections


@pytest.mark.parametrize(
    ("sender", "result", "is_over"),
    [
        ("later@varsko.test", SendResult.deferred("451"), False),
        ("refused@varsko.test", SendResult.configuration("550"), True),
    ],
)
def test_a_refused_sender_is_no_recipients_fault(
    relay: Relay, sender: str, result: SendResult, is_over: bool
) -> None:
    sent = mails("a@x.dk", "b@x.dk", "c@x.dk")
    sent[1].sender = sender
    _connection, trouble = hand_over(relay, *sent)
    assert trouble == (result if is_over else None)
    accepted = [SendResult.accepted(mail.reference) for mail in sent]
    assert [mail.result for mail in sent] == (
        [accepted[0], result, None] if is_over else [accepted[0], result, accepted[2]]
    )


def test_the_last_one_refused_leaves_a_connection_that_can_be_used(relay: Relay) -> None:
    connection = Connection(relay_settings(smtp_port=relay.port))
    for treatment in ("busy", "eager", "full", "a"):
        sent = mails(f"{treatment}@x.dk")
        connection.send_all(deque(sent))
    connection.close()
    assert sent[0].result == SendResult.accepted(sent[0].reference)
    assert relay.connections == 1


def test_an_address_that_would_be_a_command_is_not_said(relay: Relay) -> None:
    sent = mails("a@x.dk>\r\nRCPT TO:<b@x.dk", "a b@x.dk", "c@x.dk")
    hand_over(relay, *sent)
    assert [mail.result for mail in sent] == [
        SendResult.permanent("bad_address"),
        SendResult.permanent("bad_address"),
        SendResult.accepted(sent[2].reference),
    ]
    assert [recipient for recipient, _content in relay.taken] == ["c@x.dk"]


@given(treatments=st.lists(st.sampled_from(
    ["", "", "unknown", "busy", "eager", "full", "spam", "wait", "once-cut", "once-closing",
     "exhausted", "last", "silent"]), max_size=8), groups=st.booleans())  # fmt: skip
def test_in_any_order_each_letter_has_its_outcome_and_nobody_gets_two(
    treatments: list[str], groups: bool
) -> None:
    with Relay(groups) as relay:
        sent = mails(*(f"{word}+{number}@x.dk" for number, word in enumerate(treatments)))
        hand_over(relay, *sent)
        taken = [recipient for recipient, _content in relay.taken]
        kinds = [mail.result.kind for mail in sent if mail.result is not None]
        assert len(kinds) == len(sent)
        assert taken == [
            mail.address
            for mail, kind in zip(sent, kinds, strict=True)
            if kind is ResultKind.ACCEPTED
        ]


def test_what_was_held_for_too_long_does_not_leave(relay: Relay) -> None:
    sent = mails("a@x.dk", "b@x.dk")
    sent[0].leave_by = utcnow() - timedelta(seconds=1)
    sent[1].leave_by = utcnow() + timedelta(minutes=1)
    hand_over(relay, *sent)
    assert [mail.result for mail in sent] == [
        SendResult.deferred("too_late"),
        SendResult.accepted(sent[1].reference),
    ]
    assert [recipient for recipient, _content in relay.taken] == ["b@x.dk"]


def test_nobody_is_blamed_for_a_relay_that_is_away() -> None:
    left = deque(mails("a@x.dk", "b@x.dk"))
    connection = Connection(relay_settings(smtp_port=9))
    assert connection.send_all(left) == SendResult.deferred("no_connection")
    assert [mail.result for mail in left] == [None, None]


def test_a_connection_the_relay_has_ended_is_made_anew(simulator: Simulator) -> None:
    connection = Connection(
        relay_settings(smtp_host=simulator.smtp_host, smtp_port=simulator.smtp_port)
    )
    sent = mails(mailbox(1), mailbox(1), content=b"Subject: x\r\n\r\n.\r\n..x\r\nend")
    connection.send_all(deque(sent[:1]))
    # The relay silently closes the connection, as after its idle time.
    assert connection._wire is not None
    connection._wire._socket.shutdown(2)
    connection.send_all(deque(sent[1:]))
    connection.close()
    assert [mail.result for mail in sent] == [
        SendResult.accepted("1@varsko.test"),
        SendResult.accepted("2@varsko.test"),
    ]
    assert connection.opened == 2
    received = simulator.mailbox(mailbox(1)).messages
    assert [mail.raw.replace(b"\r\n", b"\n").rstrip() for mail in received] == [
        b"Subject: x\n\n.\n..x\nend"
    ] * 2


def test_a_relay_that_offers_no_protection_is_not_trusted(simulator: Simulator) -> None:
    settings = relay_settings(
        smtp_host=simulator.smtp_host,
        smtp_port=simulator.smtp_port,
        smtp_security=SmtpSecurity.STARTTLS.value,
    )
    left = deque(mails(mailbox(1)))
    assert Connection(settings).send_all(left) == SendResult.configuration("security")
    assert len(left) == 1


@pytest.mark.parametrize(
    ("code", "words", "kind", "word"),
    [
        (450, b"4.2.1 busy", ResultKind.RETRY, "4.2.1"),
        (452, b"full", ResultKind.RETRY, "452"),
        (421, b"4.3.2 closing", ResultKind.DEFERRED, "421"),
        (550, b"5.1.1 unknown", ResultKind.PERMANENT, "5.1.1"),
        (552, b"too large", ResultKind.PERMANENT, "552"),
        (554, b"\xff\xfe", ResultKind.PERMANENT, "554"),
    ],
)
def test_what_a_relays_answer_means(code: int, words: bytes, kind: ResultKind, word: str) -> None:
    result = refusal(Reply(code, words))
    assert (result.kind, result.code) == (kind, word)
