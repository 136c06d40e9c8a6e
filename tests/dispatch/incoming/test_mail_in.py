"""The LMTP server, as a mail server in front of it sees it."""

from __future__ import annotations

import logging
import smtplib
import threading
from collections.abc import Iterator
from contextvars import Context

import pytest
from sqlalchemy import select

from database import current_database
from dispatch import Dispatcher
from dispatch.incoming.lmtp import LARGEST, MailIn
from dispatch.models import Contact, DeliveryState, SuppressionReason
from simulator import Simulator
from tests.dispatch.factories import (
    MAIL,
    add_contacts,
    broadcast,
    mailbox,
    plug_everyone,
    states,
)
from tests.dispatch.fixtures import MakeApp
from tests.dispatch.incoming.test_bounces import (
    DOMAIN,
    UNKNOWN_USER,
    complaint,
    group,
    notification,
)
from tests.settings import make_config
from web.http.app import VarskoApp

MAILS = 12


@pytest.fixture
def app_with_simulator(make_app: MakeApp) -> Iterator[VarskoApp]:
    """A service with a bounce domain."""
    app = make_app(mail_bounce_domain=DOMAIN)
    plug_everyone(app)
    with app.app_context():
        yield app


@pytest.fixture
def port(app_with_simulator: VarskoApp) -> Iterator[int]:
    """The port of the LMTP server."""
    server = MailIn(app_with_simulator)
    yield server.start("127.0.0.1", 0)
    server.stop()


@pytest.fixture
def bounce_addresses(simulator: Simulator, dispatcher: Dispatcher) -> list[str]:
    """The bounce addresses of the mails of one broadcast."""
    add_contacts(mailbox(i) for i in range(MAILS))
    broadcast([MAIL])
    dispatcher.drain()
    return [simulator.mailbox(mailbox(i)).messages[0].sender for i in range(MAILS)]


def refused(port: int, recipient: str, raw: bytes = UNKNOWN_USER) -> tuple[int, bytes] | None:
    """Deliver a mail with the null sender; returns how it was refused, or None."""
    with smtplib.LMTP("127.0.0.1", port) as client:
        try:
            client.sendmail("", [recipient], raw)
        except smtplib.SMTPRecipientsRefused as error:
            (answer,) = error.recipients.values()
            return answer
        except smtplib.SMTPResponseException as error:
            return error.smtp_code, bytes(error.smtp_error)  # type: ignore[arg-type]
    return None


def test_a_report_counts_when_it_is_taken(port: int, bounce_addresses: list[str]) -> None:
    assert refused(port, bounce_addresses[0]) is None
    assert states(1) == {DeliveryState.SENT: MAILS - 1, DeliveryState.FAILED: 1}


def test_a_relay_that_folds_case_reports_all_the_same(
    port: int, bounce_addresses: list[str]
) -> None:
    assert refused(port, bounce_addresses[0].upper()) is None
    assert states(1)[DeliveryState.FAILED] == 1


@pytest.mark.parametrize(
    "where", ["Original-Mail-From: <{}>\r\n", "Return-Path: <{}>\r\n"], ids=["said", "returned"]
)
def test_a_complaint_to_the_common_address_finds_its_contact(
    port: int, bounce_addresses: list[str], where: str
) -> None:
    said = where.format(bounce_addresses[3])
    raw = complaint(original=said) if where.startswith("Orig") else complaint(returned=said)
    assert refused(port, f"Abuse@{DOMAIN}", raw) is None
    assert states(1) == {DeliveryState.SENT: MAILS - 1, DeliveryState.DELIVERED: 1}
    with current_database().unit_of_work(writes=False) as session:
        reasons = session.scalars(select(Contact.suppressed_reason)).all()
    assert [reason for reason in reasons if reason] == [SuppressionReason.COMPLAINT]


def test_nothing_is_believed_without_a_signature(port: int, bounce_addresses: list[str]) -> None:
    forged = complaint(original=f"Original-Mail-From: <bounce+1.1.{'a' * 24}@{DOMAIN}>\r\n")
    said = notification(group("failed", "5.1.1")) + f"Return-Path: {bounce_addresses[0]}".encode()
    for raw in (forged, complaint(), said, b"", b"\xff"):
        assert refused(port, f"abuse@{DOMAIN}", raw) is None
    assert states(1) == {DeliveryState.SENT: MAILS}


@pytest.mark.parametrize(
    "recipient",
    ["varsko@varsko.test", f"postmaster@{DOMAIN}", f"bounce+1.1.{'a' * 24}@{DOMAIN}"],
)
def test_mail_to_anybody_else_is_refused(port: int, recipient: str) -> None:
    assert refused(port, recipient) == (550, b"5.1.1 No such address here")


def test_a_mail_that_reports_nothing_is_taken_and_changes_nothing(
    port: int, bounce_addresses: list[str]
) -> None:
    for raw in (
        b"Subject: Jeg holder ferie\r\n\r\nHej",
        notification(group("delayed", "4.4.1")),
        b"\xff\xfe\x00",
    ):
        assert refused(port, bounce_addresses[0], raw) is None
    assert states(1) == {DeliveryState.SENT: MAILS}


def test_reports_at_once_and_twice_are_each_counted_once(
    port: int, bounce_addresses: list[str]
) -> None:
    answers: list[tuple[int, bytes] | None] = []
    threads = [
        threading.Thread(target=lambda to=address: answers.append(refused(port, to)))
        for address in bounce_addresses * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [None] * (2 * MAILS)
    assert states(1) == {DeliveryState.FAILED: MAILS}


def test_several_recipients_are_taken_one_at_a_time(port: int, bounce_addresses: list[str]) -> None:
    with smtplib.LMTP("127.0.0.1", port) as client:
        left = client.sendmail("", bounce_addresses[:2], UNKNOWN_USER)
    assert left == {bounce_addresses[1]: (452, b"4.5.3 One recipient at a time")}
    assert states(1)[DeliveryState.FAILED] == 1


def test_what_is_too_large_is_refused(port: int, bounce_addresses: list[str]) -> None:
    answer = refused(port, bounce_addresses[0], b"Subject: x\r\n\r\n" + b"x\r\n" * (LARGEST // 3))
    assert answer is not None
    assert answer[0] == 552


def test_while_the_database_is_away_the_mail_server_is_to_try_again(
    make_app: MakeApp, bounce_addresses: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    away = make_app(mail_bounce_domain=DOMAIN, database_url="postgresql://nobody@127.0.0.1:9/x")
    server = MailIn(away)
    port = server.start("127.0.0.1", 0)
    with caplog.at_level(logging.DEBUG):
        assert refused(port, bounce_addresses[0]) == (451, b"4.3.0 Cannot be taken now")
    server.stop()
    assert not any("bounce+" in record.getMessage() for record in caplog.records)

    server = MailIn(make_app(mail_bounce_domain=DOMAIN))
    assert refused(server.start("127.0.0.1", 0), bounce_addresses[0]) is None
    server.stop()
    assert states(1)[DeliveryState.FAILED] == 1


def test_the_command_says_what_is_missing(app: VarskoApp) -> None:
    result = app.test_cli_runner().invoke(args=["dispatch", "mail-in"])
    assert result.exit_code == 1
    assert "VARSKO_MAIL_BOUNCE_DOMAIN is empty" in result.output


def test_the_command_says_that_its_port_is_taken(make_app: MakeApp, port: int) -> None:
    app = make_app(mail_bounce_domain=DOMAIN, mail_in_port=port)
    run = app.test_cli_runner().invoke
    # A command of its own app, not of the one whose context the test is in.
    result = Context().run(run, args=["dispatch", "mail-in"])
    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in result.output
    assert make_config().mail_in_port == 8024
