"""E-mail arrives in mailboxes, or is refused as scripted."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest

from simulator import MailBehaviour, Simulator
from tests.simulator.conftest import StartSimulator

METTE = "mette@example.dk"
JONAS = "jonas@example.dk"


def mail(subject: str = "Varsel: røg i Hillerød", **headers: str) -> EmailMessage:
    """A mail with a text and an HTML part."""
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Varsko <varsko@example.dk>"
    message["To"] = METTE
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Luk vinduer og døre.\nSe https://varsko.example/varsel/AB12.\n")
    message.add_alternative("<p>Luk <b>vinduer</b> og døre.</p>", subtype="html")
    return message


def deliver(simulator: Simulator, *recipients: str, message: EmailMessage | None = None) -> None:
    """Send a mail over SMTP."""
    with smtplib.SMTP(simulator.smtp_host, simulator.smtp_port, timeout=60) as smtp:
        smtp.send_message(message or mail(), "bounces@example.dk", recipients)


def test_a_mail_lands_in_each_recipients_mailbox(simulator: Simulator) -> None:
    deliver(simulator, METTE, JONAS.upper())
    (got,) = simulator.mailbox(METTE).messages
    assert got.subject == "Varsel: røg i Hillerød"
    assert got.sender == "bounces@example.dk"
    assert "Luk vinduer og døre." in got.text
    assert "<b>vinduer</b>" in got.html
    assert got.links == ["https://varsko.example/varsel/AB12"]
    assert len(simulator.mailbox(JONAS).messages) == 1


def test_the_one_click_address_is_found_only_where_it_is_offered(simulator: Simulator) -> None:
    url = "https://varsko.example/afmeld/token"
    header = f"<mailto:stop@example.dk>, <{url}>"
    deliver(simulator, METTE, message=mail(List_Unsubscribe=header))
    one_click = mail(List_Unsubscribe=header, List_Unsubscribe_Post="List-Unsubscribe=One-Click")
    deliver(simulator, METTE, message=one_click)
    assert [got.unsubscribe_url for got in simulator.mailbox(METTE).messages] == ["", url]


@pytest.mark.parametrize("reply", ["450 4.2.1 Mailbox busy", "550 5.1.1 No such user"])
def test_a_recipient_can_be_refused_while_others_get_the_mail(
    simulator: Simulator, reply: str
) -> None:
    simulator.behave_mail(JONAS, MailBehaviour(reply=reply))
    with smtplib.SMTP(simulator.smtp_host, simulator.smtp_port, timeout=60) as smtp:
        refused = smtp.send_message(mail(), "a@example.dk", [METTE, JONAS])
    assert refused == {JONAS: (int(reply[:3]), reply[4:].encode())}
    assert len(simulator.mailbox(METTE).messages) == 1
    assert simulator.mailbox(JONAS).messages == []


def test_the_message_itself_can_be_refused_once(simulator: Simulator) -> None:
    order = MailBehaviour(reply="451 4.3.0 Try again later", at_data=True)
    simulator.behave_mail(METTE, order, times=1)
    with pytest.raises(smtplib.SMTPDataError):
        deliver(simulator, METTE)
    deliver(simulator, METTE)
    assert len(simulator.mailbox(METTE).messages) == 1


@pytest.mark.parametrize("at_data", [False, True])
def test_the_connection_can_be_cut(simulator: Simulator, at_data: bool) -> None:
    simulator.behave_mail(METTE, MailBehaviour(disconnect=True, at_data=at_data))
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        deliver(simulator, METTE)
    assert simulator.mailbox(METTE).messages == []


def test_only_the_latest_mail_is_kept(start_simulator: StartSimulator) -> None:
    simulator = start_simulator(keep_mails=2)
    for number in range(4):
        deliver(simulator, METTE, message=mail(str(number)))
    assert [got.subject for got in simulator.mailbox(METTE).messages] == ["2", "3"]


def test_a_mail_that_is_not_well_formed_is_kept_all_the_same(simulator: Simulator) -> None:
    raw = b"Subject: =?utf-9?q?x?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nH\xe6j\r\n"
    with smtplib.SMTP(simulator.smtp_host, simulator.smtp_port, timeout=60) as smtp:
        smtp.sendmail("a@example.dk", [METTE], raw)
    (got,) = simulator.mailbox(METTE).messages
    assert got.text.startswith("H")
    assert got.raw == raw
