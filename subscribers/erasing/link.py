"""The signed link by which somebody is forgotten; it was sent to the number or address itself."""

from __future__ import annotations

import struct
from datetime import timedelta

import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from config import current_config
from database import utcnow
from dispatch.broadcasts import Content, send_to_contact
from dispatch.contacts import find_contact
from dispatch.models import Channel, Contact
from dispatch.signed_links import OpaqueBox
from subscribers.consent import language_of_consent
from subscribers.secret_limits import may_send_secret
from subscribers.subscribing import find_subscriber
from web.languages.choice import DEFAULT_LANGUAGE, speaking
from web.languages.public_addresses import public_page
from web.languages.typed_gettext import _
from web.problems.errors import NotFound

log = structlog.get_logger(__name__)

LINK_FOR = timedelta(hours=24)
_ERASE = "erase"
_CONTENT = struct.Struct(">QQ")
"""Contact, and when it was made, in seconds since 1970."""


class EraseLinkInvalid(NotFound):
    """The link has expired or was altered."""

    slug = "erase-link-invalid"
    title = _l("Linket virker ikke længere")
    way_on = ("/slet", _l("Bed om et nyt link"))

    def __init__(self) -> None:
        super().__init__(_l("Et link til at slette dine oplysninger virker i 24 timer."))


def erase_token(contact: Contact) -> str:
    """The token of the page on which this contact is forgotten: opaque, valid for 24 hours."""
    return _box().seal(_ERASE, _CONTENT.pack(contact.id, int(utcnow().timestamp())))


def erase_url(contact: Contact, language: str) -> str:
    """The address of that page."""
    return public_page("subscribers_erasing.show", language, token=erase_token(contact))


def open_erase_page(session: Session, token: str) -> Contact | None:
    """Whom a token forgets; None for one that is gone. Raises :class:`EraseLinkInvalid`."""
    content = _box().open(_ERASE, token)
    if content is None:
        raise EraseLinkInvalid()
    contact_id, made_at = _CONTENT.unpack(content)
    if utcnow().timestamp() - made_at > LINK_FOR.total_seconds():
        raise EraseLinkInvalid()
    return session.get(Contact, contact_id)


def send_erase_link(session: Session, channel: Channel, address: str, *, asked_id: int) -> None:
    """Send the link if this address is kept, also after STOP. Call it after the response only.

    In the language of its subscriber; else of its consent.
    """
    contact = find_contact(session, channel, address)
    if contact is None or contact.address is None:
        return
    if not may_send_secret(session, contact, asked_id):
        return
    language = _language_of(session, contact)
    url = erase_url(contact, language)
    with speaking(language):
        if contact.channel is Channel.SMS:
            content = Content(
                Channel.SMS,
                language,
                _(
                    "Slet det, Varsko har om dit nummer: %(link)s (virker i 24 timer). Har du ikke "
                    "bedt om det, skal du ikke gøre noget.",
                    link=url,
                ),
            )
        else:
            body = _(
                "Hej\n\n"
                "Nogen, forhåbentlig dig, vil have slettet det, Varsko har om denne e-mail. Åbn "
                "linket, se hvad vi har, og tryk på knappen:\n\n%(link)s\n\n"
                "Linket virker i 24 timer. Var det ikke dig, skal du ikke gøre noget: så slettes "
                "intet.\n\nVarsko",
                link=url,
            )
            content = Content(Channel.EMAIL, language, body, _("Slet det, Varsko har om dig"))
    send_to_contact(
        session,
        contact,
        content,
        "erase-link",
        expires_at=utcnow() + timedelta(hours=1),
        despite_suppression=True,
    )
    log.info("erase_link_sent", contact=contact.id)


def _language_of(session: Session, contact: Contact) -> str:
    subscriber = find_subscriber(session, contact)
    if subscriber is not None:
        return subscriber.language
    return language_of_consent(session, contact) or DEFAULT_LANGUAGE


def _box() -> OpaqueBox:
    return OpaqueBox(current_config().secret_key, "subscribers.erase")
