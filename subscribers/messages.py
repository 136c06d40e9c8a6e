"""The codes, links and welcome messages that this room sends, and their rate limits.

A stranger can type anybody's number into a form. So a contact gets at most three codes or
links an hour and ten a day, no matter who asks; one that opted out gets one a day, and one
that complained gets none. Over the limit nothing is sent, and the page says the same as usual.

All codes and links together may use a fifth of a channel's rate. Codes have the highest
priority, so a script that enters thousands of numbers would otherwise delay every alert, at
our cost.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from areas.models import Area
from config import current_config
from database import utcnow
from dispatch.broadcasts import Content, send_to_contact
from dispatch.models import Channel, Contact, SuppressionReason
from dispatch.sender_routes import rate_of
from subscribers.models import SentSecret
from subscribers.sms import replies
from subscribers.subscribing import lock_contact
from web.languages.choice import speaking
from web.languages.public_addresses import public_page
from web.languages.typed_gettext import _

log = structlog.get_logger(__name__)

SECRETS_PER_HOUR = 3
SECRETS_PER_DAY = 10
SECRETS_PER_DAY_AFTER_STOP = 1
SHARE_FOR_SECRETS = 0.2
SHARE_WINDOW = timedelta(minutes=10)
FEWEST_IN_WINDOW = 10


def may_send_secret(session: Session, contact: Contact) -> bool:
    """Whether one more code or link may be sent to this contact now; if so, it is counted."""
    lock_contact(session, contact)
    now = utcnow()
    in_hour, in_day = session.execute(
        select(
            func.count().filter(SentSecret.sent_at > now - timedelta(hours=1)),
            func.count(),
        ).where(SentSecret.contact_id == contact.id, SentSecret.sent_at > now - timedelta(days=1))
    ).one()
    per_day = SECRETS_PER_DAY_AFTER_STOP if contact.is_suppressed else SECRETS_PER_DAY
    complained = contact.suppressed_reason is SuppressionReason.COMPLAINT
    if complained or in_hour >= SECRETS_PER_HOUR or in_day >= per_day:
        log.info("secret_withheld", contact=contact.id)
        return False
    if _secrets_in_window(session, contact.channel) >= secrets_at_once(contact.channel):
        log.warning("secret_limit_reached", channel=contact.channel.value)
        return False
    session.add(SentSecret(contact_id=contact.id, sent_at=now))
    session.flush()
    return True


def secrets_at_once(channel: Channel) -> int:
    """How many codes and links may go out on a channel per :data:`SHARE_WINDOW`, to everybody."""
    rate = rate_of(current_config(), channel)
    return max(int(rate * SHARE_FOR_SECRETS * SHARE_WINDOW.total_seconds()), FEWEST_IN_WINDOW)


def _secrets_in_window(session: Session, channel: Channel) -> int:
    sent = (
        select(func.count())
        .select_from(SentSecret)
        .join(Contact, Contact.id == SentSecret.contact_id)
        .where(SentSecret.sent_at > utcnow() - SHARE_WINDOW, Contact.channel == channel)
    )
    return session.scalar(sent) or 0


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
    session: Session, contact: Contact, token: str, language: str, ttl: timedelta
) -> None:
    """Send the link that confirms an e-mail address."""
    link = public_page("subscribers.confirm_mail_form", language, token=token)
    with speaking(language):
        subject = _("Bekræft din tilmelding til Varsko")
        body = _(
            "Hej\n\n"
            "Nogen, forhåbentlig dig, har tilmeldt denne e-mail til politiets varsler hos Varsko. "
            "Åbn linket, og tryk på knappen for at bekræfte:\n\n"
            "%(link)s\n\n"
            "Linket virker i 24 timer. Var det ikke dig, skal du ikke gøre noget: "
            "så sletter vi tilmeldingen.\n\n"
            "Varsko",
            link=link,
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
            titles = "\n".join(f"- {title}" for title in replies.titles(areas))
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


def send_page_link(session: Session, contact: Contact, page_url: str, language: str) -> None:
    """Send a contact the link to its subscriber's own page."""
    with speaking(language):
        if contact.channel is Channel.SMS:
            body = _(
                "Din side hos Varsko: %(link)s (personligt link, virker i 30 dage)", link=page_url
            )
            content = Content(Channel.SMS, language, body)
        else:
            body = _(
                "Hej\n\n"
                "Her er linket til din side hos Varsko, hvor du kan se og rette dine områder "
                "eller afmelde dig:\n\n%(link)s\n\n"
                "Linket er personligt og virker i 30 dage. Del det ikke.\n\nVarsko",
                link=page_url,
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
