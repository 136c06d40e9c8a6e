"""E-mails: their content, and how they are sent."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from database import current_database
from dispatch import Content, Dispatcher, send_to_contact
from dispatch.models import Channel, Contact, DeliveryState
from dispatch.providers.base import Text
from dispatch.providers.directory import provider_of
from dispatch.providers.smtp.client import SmtpProvider
from dispatch.providers.smtp.mime import UNSUBSCRIBE_URL, Recipient, Template
from simulator import Simulator
from tests.dispatch.factories import (
    MAIL,
    add_contacts,
    broadcast,
    mailbox,
    plug_everyone,
    states,
)
from web.http.app import VarskoApp

LINK = "https://varsko.test/afmeld/12345.abcdefghijklmnopqrst"
NOON = "Fri, 01 May 2026 12:00:00 +0000"
RECIPIENT = Recipient("borger@eksempel.dk", "1.1.abc@varsko.test", LINK)


def text(
    body: str = "Hej", subject: str = "Emne", html: str | None = None, *, is_bulk: bool = True
) -> Text:
    return Text(1, "da", body, subject, html, 1, is_bulk)


def render(content: Text, recipient: Recipient = RECIPIENT) -> EmailMessage:
    raw = Template(content, "varsko@varsko.test").render(recipient, NOON)
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_the_headers_of_an_alert(app: VarskoApp) -> None:
    mail = render(text(subject="Brand på Østergade", html="<p>Hej</p>"))
    assert mail["From"] == "Politiet via Varsko <varsko@varsko.test>"
    assert mail["To"] == "borger@eksempel.dk"
    assert mail["Subject"] == "Brand på Østergade"
    assert mail["Date"] == NOON
    assert mail["Message-ID"] == "<1.1.abc@varsko.test>"
    assert mail["List-Unsubscribe"] == f"<{LINK}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "Varsler fra politiet <varsler.varsko.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"
    assert mail["Content-Language"] == "da"
    assert mail.get_content_type() == "multipart/alternative"


def test_a_code_is_no_bulk_mail(app: VarskoApp) -> None:
    mail = render(text(is_bulk=False))
    assert mail["Precedence"] is None
    assert mail["List-Unsubscribe"] is None
    assert body_of(mail).strip() == "Hej"


def test_every_alert_tells_how_to_leave(app: VarskoApp) -> None:
    html = f'<html><body><a href="{UNSUBSCRIBE_URL}">Farvel</a></body></html>'
    plain = render(text(html="<html><body>Hej</body></html>"))
    placed = render(text(body=f"Hej\nFarvel: {UNSUBSCRIBE_URL}\nBunden", html=html))
    assert "Afmeld e-mails fra Varsko" in body_of(plain)
    assert LINK in body_of(plain)
    assert f'<a href="{LINK}">' in body_of(plain, "html")
    assert body_of(plain, "html").rstrip().endswith("</body></html>")
    assert body_of(placed).splitlines() == ["Hej", f"Farvel: {LINK}", "Bunden"]
    assert body_of(placed, "html").count(LINK) == 1


@given(subject=st.text(max_size=80), body=st.text(min_size=1, max_size=300))
def test_no_text_makes_a_header_or_ends_the_mail(subject: str, body: str) -> None:
    content = text(body=body, subject=f"X{subject}\r\nBcc: en@anden.dk", is_bulk=False)
    raw = Template(content, "varsko@varsko.test").render(RECIPIENT, NOON)
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Bcc"] is None
    assert mail["To"] == "borger@eksempel.dk"
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(body=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])))
def test_the_text_arrives_as_it_was_written(body: str) -> None:
    mail = render(text(body=body, is_bulk=False))
    assert body_of(mail).rstrip("\n") == body


def test_connections_stay_open(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    plug_everyone(app_with_simulator)
    add_contacts(mailbox(i) for i in range(60))
    for _ in range(2):
        broadcast([MAIL])
        dispatcher.drain()
    provider = provider_of("smtp")
    assert isinstance(provider, SmtpProvider)
    assert sum(len(simulator.mailbox(mailbox(i)).messages) for i in range(60)) == 120
    assert provider.connections_opened <= 6


def test_an_international_address_gets_its_mail(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    (contact_id,) = add_contacts(["søren@eksempel.dk"])
    with current_database().unit_of_work() as session:
        made = send_to_contact(
            session,
            session.get_one(Contact, contact_id),
            Content(Channel.EMAIL, "da", "Din kode er 123456", "Din kode"),
            "sign-up",
        )
    dispatcher.drain()
    assert states(made.id) == {DeliveryState.SENT: 1}
    assert simulator.mailbox("søren@eksempel.dk").messages[0].subject == "Din kode"
