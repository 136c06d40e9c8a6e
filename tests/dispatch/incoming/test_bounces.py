"""Delivery status notifications: what they say, and what that changes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from database import current_database
from dispatch import Dispatcher, on_suppressed, progress
from dispatch.contacts import lift_suppression, suppress_contact
from dispatch.incoming.bounces import COMPLAINT, Bounce, read_bounce, take_bounce
from dispatch.models import Contact, Delivery, DeliveryState, SuppressionReason
from dispatch.signed_links import Purpose, Tokens, bounce_address, read_bounce_address
from simulator import MailBehaviour, Simulator
from tests.dispatch.factories import (
    MAIL,
    add_contacts,
    broadcast,
    delivery_to,
    mailbox,
    plug_everyone,
    states,
)
from tests.dispatch.fixtures import MakeApp
from tests.settings import make_config
from web.http.app import VarskoApp

DOMAIN = "retur.varsko.test"
FAILED, DELIVERED = DeliveryState.FAILED, DeliveryState.DELIVERED


def notification(
    *groups: str,
    kind: str = "multipart/report; report-type=delivery-status",
    per_message: str = "Reporting-MTA: dns; mx.eksempel.dk\r\nX-Postfix-Queue-ID: 4Xy",
) -> bytes:
    """A notification as Postfix writes it, with these groups of fields, one per recipient."""
    fields = "\r\n\r\n".join([per_message, *groups])
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.eksempel.dk (Mail Delivery System)\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: {kind}; boundary="X/mx"\r\n\r\n'
        "--X/mx\r\nContent-Description: Notification\r\nContent-Type: text/plain\r\n\r\n"
        "I'm sorry to have to inform you that Action: failed\r\n\r\n"
        f"--X/mx\r\nContent-Type: message/delivery-status\r\n\r\n{fields}\r\n\r\n"
        "--X/mx\r\nContent-Type: message/rfc822\r\n\r\nSubject: Brand\r\n\r\nHej\r\n\r\n"
        "--X/mx--\r\n"
    ).encode()


def group(action: str | None, status: str | None = None, diagnostic: str | None = None) -> str:
    lines = ["Final-Recipient: rfc822; borger@eksempel.dk"]
    lines += [f"Action: {action}"] if action is not None else []
    lines += [f"Status: {status}"] if status is not None else []
    lines += [f"Diagnostic-Code: {diagnostic}"] if diagnostic is not None else []
    return "\r\n".join(lines)


def encoded(fields: str) -> bytes:
    """A notification whose fields are base64, as RFC 6533 allows."""
    plain = f"Reporting-MTA: dns; mx.eksempel.dk\r\n\r\n{fields}\r\n"
    return (
        'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\n'
        "Content-Type: message/global-delivery-status\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
        f"{b64encode(plain.encode()).decode()}\r\n--b--\r\n"
    ).encode()


def complaint(feedback: str = "abuse", original: str = "", returned: str = "") -> bytes:
    """A complaint as mailbox providers send it (RFC 5965)."""
    fields = f"Feedback-Type: {feedback}\r\nUser-Agent: Klagen/1.0\r\nVersion: 1\r\n{original}"
    return (
        "From: feedback@mail.eksempel.dk\r\nSubject: FW: Brand\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n"
        f"--b\r\nContent-Type: message/feedback-report\r\n\r\n{fields}\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{returned}Subject: Brand\r\n\r\nHej\r\n"
        "--b--\r\n"
    ).encode()


UNKNOWN_USER = notification(group("failed", "5.1.1", "smtp; 550 5.1.1 No such user"))


# --- What a mail says --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "report"),
    [
        (UNKNOWN_USER, Bounce(FAILED, "5.1.1")),
        (notification(group("Failed", "5.1.10 (Recipient not found)")), Bounce(FAILED, "5.1.10")),
        (notification(group("failed (gave up)", "4.4.7")), Bounce(FAILED, "4.4.7")),
        # The reporting server gives only the class; the remote one gave a full code.
        (
            notification(group("failed", "5.0.0", "smtp; 550 5.1.1 <x>: unknown")),
            Bounce(FAILED, "5.1.1"),
        ),
        (notification(group("failed", "5.0.0", "smtp; 550 go away")), Bounce(FAILED, "5.0.0")),
        (notification(group("failed", "5.2.2", "smtp; 552 5.1.1 x")), Bounce(FAILED, "5.2.2")),
        (notification(group("failed")), Bounce(FAILED, "bounced")),
        (notification(group("failed", "2.0.0")), Bounce(FAILED, "bounced")),
        (notification(group("failed", "nonsense")), Bounce(FAILED, "bounced")),
        (notification(group("delivered", "2.0.0")), Bounce(DELIVERED)),
        (notification(group("delayed", "4.4.1")), None),
        (notification(group("relayed", "2.0.0")), None),
        (notification(group("expanded", "2.0.0")), None),
        (notification(group("", "5.1.1")), None),
        (notification(group(None, "5.1.1")), None),
        (notification(), None),
        (
            notification(group("failed", "5.0.0", "smtp; 550 blocked 10.5.1.1, see 5.1.1")),
            Bounce(FAILED, "5.0.0"),
        ),
        (notification(group("failed", "10.5.1.1")), Bounce(FAILED, "bounced")),
        (
            notification(group("failed", "5.1.0", "smtp; 550 5.1.1 No such user")),
            Bounce(FAILED, "5.1.1"),
        ),
        (
            notification(group("failed", "5.1.1")).replace(
                b"message/delivery-status", b"message/global-delivery-status"
            ),
            Bounce(FAILED, "5.1.1"),
        ),
        (encoded(group("failed", "5.1.1")), Bounce(FAILED, "5.1.1")),
        (
            b'Content-Type: multipart/mixed; boundary="out"\r\n\r\n--out\r\n'
            + UNKNOWN_USER
            + b"\r\n--out--\r\n",
            Bounce(FAILED, "5.1.1"),
        ),
        # An alias distributed the mail: one delivery is enough, and one failure proves nothing.
        (notification(group("failed", "5.1.1"), group("delivered", "2.0.0")), Bounce(DELIVERED)),
        (notification(group("failed", "5.1.1"), group("relayed", "2.0.0")), None),
        (notification(group("failed", "5.1.1"), group("failed", "5.2.2")), Bounce(FAILED, "5.1.1")),
        # The recipient's fields are among those of the message.
        (notification(per_message=group("failed", "5.1.2")), Bounce(FAILED, "5.1.2")),
        # Complaints: only what a person said.
        (complaint(), COMPLAINT),
        (complaint("Abuse"), COMPLAINT),
        (complaint("fraud"), COMPLAINT),
        (complaint("not-spam"), None),
        (complaint("virus"), None),
        (complaint("auth-failure"), None),
        (b"Content-Type: message/rfc822\r\n\r\n" + complaint(), None),
        (
            complaint().replace(
                b"multipart/report; report-type=feedback-report", b"multipart/mixed"
            ),
            None,
        ),
        # Not notifications: an automatic reply, one that quotes a notification, a broken one.
        (b"Subject: Jeg holder ferie\r\nAuto-Submitted: auto-replied\r\n\r\nAction: failed", None),
        (notification(group("failed", "5.1.1"), kind="multipart/mixed"), None),
        (b"Content-Type: message/rfc822\r\n\r\n" + UNKNOWN_USER, None),
        (b"Content-Type: multipart/report\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n", None),
        (UNKNOWN_USER[:400], None),
        (b"", None),
        (b"\xff\x00\r\n\r\n\xfe", None),
    ],
)
def test_what_a_mail_reports(raw: bytes, report: Bounce | None) -> None:
    assert read_bounce(raw) == report


@given(st.binary(max_size=400))
@example(b"Content-Type: multipart/report; boundary=a\r\n\r\n" + b"--a\r\n" * 50)
def test_whatever_comes_is_read(raw: bytes) -> None:
    read_bounce(raw)
    read_bounce(b"Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\n" + raw)


@given(st.data())
def test_a_damaged_notification_is_read(data: st.DataObject) -> None:
    damaged = bytearray(UNKNOWN_USER)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))
    report = read_bounce(bytes(damaged))
    assert report is None or report.state in {FAILED, DELIVERED}


def test_endless_nesting_is_no_notification() -> None:
    part = b"Content-Type: multipart/report; boundary=%d\r\n\r\n--%d\r\n"
    assert read_bounce(b"".join(part % (depth, depth) for depth in range(3000))) is None


# --- The address it comes to ---------------------------------------------------------------


@given(delivery=st.integers(1, 10**18 - 1), attempt=st.integers(1, 32_767))
def test_a_bounce_address_tells_of_its_delivery_whatever_its_case(
    delivery: int, attempt: int
) -> None:
    config = make_config(mail_bounce_domain=DOMAIN)
    tokens = Tokens(config.secret_key)
    address = bounce_address(config, tokens, delivery, attempt)
    assert len(address.partition("@")[0]) <= 64
    assert address == address.lower()
    assert read_bounce_address(config, tokens, address) == (delivery, attempt)
    assert read_bounce_address(config, tokens, address.upper()) == (delivery, attempt)


def test_nobody_makes_up_a_bounce_address() -> None:
    config = make_config(mail_bounce_domain=DOMAIN)
    tokens = Tokens(config.secret_key)
    address = bounce_address(config, tokens, 12, 1)
    receipt = tokens.make_caseless(Purpose.RECEIPT, 12, 1)
    others = bounce_address(config, Tokens("another app's key"), 12, 1)
    for made_up in (
        address.replace(address[10], "a" if address[10] != "a" else "b", 1),
        address.replace(DOMAIN, "varsko.test"),
        address.replace("bounce+", "bounce-"),
        f"bounce+{receipt}@{DOMAIN}",
        f"bounce+{tokens.make_caseless(Purpose.BOUNCE, 12)}@{DOMAIN}",
        f"x{address}",
        address.partition("@")[0],
        others,
        "",
    ):
        assert read_bounce_address(config, tokens, made_up) is None
    assert read_bounce_address(make_config(), tokens, address.replace(DOMAIN, "")) is None


def test_without_a_domain_reports_go_where_alerts_come_from() -> None:
    config = make_config()
    assert bounce_address(config, Tokens(config.secret_key), 1, 1) == config.mail_from


# --- What it changes -----------------------------------------------------------------------


@pytest.fixture
def app_with_simulator(make_app: MakeApp) -> Iterator[VarskoApp]:
    """A service with a bounce domain."""
    app = make_app(mail_bounce_domain=DOMAIN)
    plug_everyone(app)
    with app.app_context():
        yield app


def send_one(dispatcher: Dispatcher) -> Delivery:
    """Send a mail to one contact; returns its delivery."""
    (contact_id,) = add_contacts([mailbox(1)])
    broadcast([MAIL])
    dispatcher.drain()
    return delivery_to(contact_id)


def report(delivery: Delivery, raw: bytes, *, attempt: int | None = None) -> bool:
    with current_database().unit_of_work() as session:
        return take_bounce(session, delivery.id, attempt or delivery.attempts, raw)


def contact_of(delivery: Delivery) -> Contact:
    with current_database().unit_of_work(writes=False) as session:
        return session.get_one(Contact, delivery.contact_id)


def counted(delivery: Delivery) -> dict[DeliveryState, int]:
    with current_database().unit_of_work(writes=False) as session:
        now = progress(session, delivery.broadcast_id)
    return {state: number for state, number in now.by_state.items() if number}


def test_a_mail_tells_where_its_failure_is_to_be_reported(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    delivery = send_one(dispatcher)
    (mail,) = simulator.mailbox(mailbox(1)).messages
    config = make_config(mail_bounce_domain=DOMAIN)
    about = read_bounce_address(config, Tokens(config.secret_key), mail.sender)
    assert about == (delivery.id, 1)
    assert mail.header("From") == "Politiet via Varsko <varsko@varsko.test>"


def test_an_unknown_mailbox_fails_its_delivery_and_is_written_to_no_more(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    delivery = send_one(dispatcher)
    assert report(delivery, UNKNOWN_USER)

    failed = delivery_to(delivery.contact_id)
    assert (failed.state, failed.error_code) == (DeliveryState.FAILED, "5.1.1")
    assert failed.provider_ref == delivery.provider_ref
    assert failed.settled_at is not None
    assert counted(delivery) == {DeliveryState.FAILED: 1}
    assert contact_of(delivery).suppressed_reason is SuppressionReason.HARD_BOUNCE
    assert states(broadcast([MAIL], reference="test:2").id) == {}
    dispatcher.drain()
    assert len(simulator.mailbox(mailbox(1)).messages) == 1


@pytest.mark.parametrize(
    ("raw", "state", "code"),
    [
        (notification(group("failed", "5.2.2")), DeliveryState.FAILED, "5.2.2"),
        (notification(group("failed", "4.4.7")), DeliveryState.FAILED, "4.4.7"),
        (notification(group("failed")), DeliveryState.FAILED, "bounced"),
        (notification(group("delivered", "2.0.0")), DeliveryState.DELIVERED, None),
        (notification(group("delayed", "4.4.1")), DeliveryState.SENT, None),
        (notification(group("relayed", "2.0.0")), DeliveryState.SENT, None),
        (b"Subject: Jeg holder ferie\r\n\r\nHej", DeliveryState.SENT, None),
    ],
)
def test_what_blames_no_address_suppresses_none(
    dispatcher: Dispatcher, raw: bytes, state: DeliveryState, code: str | None
) -> None:
    delivery = send_one(dispatcher)
    assert report(delivery, raw) is (state is not DeliveryState.SENT)
    after = delivery_to(delivery.contact_id)
    assert (after.state, after.error_code) == (state, code)
    assert counted(delivery) == {state: 1}
    assert not contact_of(delivery).is_suppressed


def test_a_repeated_report_changes_nothing_after_a_new_sign_up(dispatcher: Dispatcher) -> None:
    delivery = send_one(dispatcher)
    assert report(delivery, UNKNOWN_USER)
    with current_database().unit_of_work() as session:
        lift_suppression(session, session.get_one(Contact, delivery.contact_id))
    assert not report(delivery, UNKNOWN_USER)
    assert not contact_of(delivery).is_suppressed
    assert counted(delivery) == {DeliveryState.FAILED: 1}


ARRIVED = notification(group("delivered", "2.0.0"))


@pytest.mark.parametrize("order", sorted({*permutations([ARRIVED, UNKNOWN_USER, UNKNOWN_USER])}))
def test_failure_and_arrival_end_in_one_state_in_any_order(
    dispatcher: Dispatcher, order: tuple[bytes, ...]
) -> None:
    delivery = send_one(dispatcher)
    for raw in order:
        report(delivery, raw)
    assert delivery_to(delivery.contact_id).state is DeliveryState.DELIVERED
    assert counted(delivery) == {DeliveryState.DELIVERED: 1}
    assert not contact_of(delivery).is_suppressed


@pytest.mark.parametrize("order", [*permutations([ARRIVED, UNKNOWN_USER, complaint()])])
def test_a_complaint_ends_it_in_any_order(dispatcher: Dispatcher, order: tuple[bytes, ...]) -> None:
    delivery = send_one(dispatcher)
    for raw in order:
        report(delivery, raw)
    assert counted(delivery) == {DeliveryState.DELIVERED: 1}
    assert contact_of(delivery).suppressed_reason is SuppressionReason.COMPLAINT


def test_an_arrival_takes_no_other_reason_back(dispatcher: Dispatcher) -> None:
    delivery = send_one(dispatcher)
    with current_database().unit_of_work() as session:
        contact = session.get_one(Contact, delivery.contact_id)
        suppress_contact(session, contact, SuppressionReason.UNSUBSCRIBE)
    for raw in (UNKNOWN_USER, ARRIVED):
        assert report(delivery, raw)
    assert contact_of(delivery).suppressed_reason is SuppressionReason.UNSUBSCRIBE


def test_a_complaint_tells_the_other_rooms(
    app_with_simulator: VarskoApp, dispatcher: Dispatcher
) -> None:
    told: list[SuppressionReason] = []
    on_suppressed(app_with_simulator, lambda _session, _who, why: told.append(why))
    delivery = send_one(dispatcher)
    for _ in range(2):
        assert report(delivery, complaint(), attempt=7)
    assert told == [SuppressionReason.COMPLAINT]


def test_a_report_settles_what_the_relay_left_open(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.behave_mail(mailbox(1), MailBehaviour(disconnect=True, at_data=True))
    delivery = send_one(dispatcher)
    assert delivery.state is DeliveryState.UNKNOWN
    assert report(delivery, UNKNOWN_USER)
    assert counted(delivery) == {DeliveryState.FAILED: 1}


def test_an_earlier_attempts_failure_says_nothing_now(dispatcher: Dispatcher) -> None:
    delivery = send_one(dispatcher)
    assert not report(delivery, UNKNOWN_USER, attempt=7)
    assert delivery_to(delivery.contact_id).state is DeliveryState.SENT
    assert report(delivery, notification(group("delivered", "2.0.0")), attempt=7)


@pytest.mark.usefixtures("app_with_simulator")
def test_a_report_on_a_delivery_that_is_gone_changes_nothing() -> None:
    with current_database().unit_of_work() as session:
        assert not take_bounce(session, 999, 1, UNKNOWN_USER)
