"""The codes, links and welcome messages that this room sends."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from areas.models import Area
from database import utcnow
from dispatch.broadcasts import Content, send_to_contact
from dispatch.contacts import find_contact
from dispatch.models import Channel, Contact
from subscribers.models import Subscriber, SubscriberContact
from subscribers.my_page_link import masked, page_url
from subscribers.secret_limits import may_send_secret
from subscribers.sms import name_lists, replies, service_replies
from web.languages.choice import speaking
from web.languages.public_addresses import public_page
from web.languages.typed_gettext import _

log = structlog.get_logger(__name__)


def send_code(session: Session, contact: Contact, code: str, language: str, ttl: timedelta) -> None:
    """Send the code that confirms a phone number."""
    with speaking(language):
        body = _(
            "%(code)s er din kode til Varsko. Den gælder i %(minutes)s minutter. "
            "Har du ikke bedt om den, skal du ikke gøre noget.",
            code=code,
            minutes=int(ttl.total_seconds() // 60),
        )
    _send(
        session, contact, Content(Channel.SMS, language, body), "sign-up-code", ttl, opting_in=True
    )


def send_confirmation_link(
    session: Session,
    contact: Contact,
    token: str,
    language: str,
    ttl: timedelta,
    *,
    beside: Contact | None,
) -> None:
    """Send the link that confirms an e-mail address; ``beside`` was given together with it."""
    link = public_page("subscribers.confirm_mail_form", language, token=token)
    with speaking(language):
        subject = _("Bekræft din tilmelding til Varsko")
        also = ""
        if beside is not None:
            told = _(
                "Tilmeldingen gælder også %(address)s. "
                "Kender du det ikke, så tryk ikke på knappen.",
                address=masked(beside),
            )
            also = f"{told}\n\n"
        body = _(
            "Hej\n\n"
            "Nogen, forhåbentlig dig, har tilmeldt denne e-mail til politiets varsler hos Varsko. "
            "Åbn linket, og tryk på knappen for at bekræfte:\n\n"
            "%(link)s\n\n"
            "%(also)s"
            "Linket virker i 24 timer. Var det ikke dig, skal du ikke gøre noget: "
            "så sletter vi tilmeldingen.\n\n"
            "Varsko",
            link=link,
            also=also,
        )
    _send(
        session,
        contact,
        Content(Channel.EMAIL, language, body, subject),
        "sign-up-link",
        ttl,
        opting_in=True,
    )


def send_welcome(
    session: Session, contact: Contact, areas: list[Area], page_url: str, language: str
) -> None:
    """Tell a newly confirmed contact what it will get, and how to unsubscribe."""
    with speaking(language):
        if contact.channel is Channel.SMS:
            content = Content(Channel.SMS, language, replies.following(areas))
        else:
            titles = "\n".join(f"- {title}" for title in name_lists.titles(areas))
            body = _(
                "Hej\n\n"
                "Du får nu varsler på denne e-mail for:\n%(areas)s\n\n"
                "Se og ret dine områder, eller afmeld dig, på din egen side:\n%(link)s\n\n"
                "Linket er personligt og virker i 30 dage. Del det ikke. "
                "Du kan altid få et nyt.\n\n"
                "Varsko",
                areas=titles,
                link=page_url,
            )
            content = Content(Channel.EMAIL, language, body, _("Velkommen til Varsko"))
    _send(session, contact, content, "welcome", timedelta(days=1))


def send_link(session: Session, channel: Channel, address: str, *, asked_id: int) -> None:
    """Send the link if this address is a subscriber's. Call it after the response only."""
    contact = find_contact(session, channel, address)
    link = session.get(SubscriberContact, contact.id) if contact else None
    if contact is None or contact.is_suppressed or link is None or link.confirmed_at is None:
        return
    subscriber = session.get_one(Subscriber, link.subscriber_id)
    if may_send_secret(session, contact, asked_id):
        url = page_url(session, contact, subscriber.language)
        _send_page_link(session, contact, url, subscriber.language)
        log.info("page_link_sent", subscriber=subscriber.id)


def _send_page_link(session: Session, contact: Contact, url: str, language: str) -> None:
    """Send a contact the link to its subscriber's own page."""
    with speaking(language):
        if contact.channel is Channel.SMS:
            content = Content(Channel.SMS, language, service_replies.page_link(url))
        else:
            body = _(
                "Hej\n\n"
                "Her er linket til din side hos Varsko, hvor du kan se og rette dine områder "
                "eller afmelde dig:\n\n%(link)s\n\n"
                "Linket er personligt og virker i 30 dage. Del det ikke.\n\nVarsko",
                link=url,
            )
            content = Content(Channel.EMAIL, language, body, _("Din side hos Varsko"))
    _send(session, contact, content, "page-link", timedelta(hours=1))


def _send(
    session: Session,
    contact: Contact,
    content: Content,
    reference: str,
    ttl: timedelta,
    *,
    opting_in: bool = False,
) -> None:
    """``opting_in``: send even to a suppressed contact, so that signing up after a STOP works."""
    send_to_contact(
        session,
        contact,
        content,
        reference,
        expires_at=utcnow() + ttl,
        despite_suppression=opting_in,
    )
