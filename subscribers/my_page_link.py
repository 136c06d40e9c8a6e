"""A citizen's own page, opened by a signed link that was sent to them: no password, no cookie."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import current_app
from flask_babel import lazy_gettext as _l
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from database import Unopenable
from dispatch.contacts import find_contact
from dispatch.models import Channel, Contact
from subscribers import messages
from subscribers.models import Subscriber, SubscriberContact
from web.languages.public_addresses import public_page
from web.languages.typed_gettext import _
from web.problems.errors import NotFound

log = structlog.get_logger(__name__)

LINK_DAYS = 30


class PageLinkInvalid(NotFound):
    """The link has expired or was altered, or its subscriber has unsubscribed."""

    slug = "page-link-invalid"
    title = _l("Linket virker ikke længere")

    def __init__(self) -> None:
        super().__init__(
            _l("Et link virker i 30 dage, og kun til du melder dig fra. Bed om et nyt på Min side.")
        )


@dataclass(frozen=True)
class Owner:
    """Whose page it is, and the contact that the link was sent to."""

    subscriber: Subscriber
    contact: Contact


def page_token(subscriber: Subscriber, contact: Contact) -> str:
    """The token of a subscriber's page: signed, valid for 30 days."""
    return _serializer().dumps([subscriber.id, contact.id])


def token_for(session: Session, contact: Contact) -> str:
    """The token of the page of this contact's subscriber."""
    link = session.get_one(SubscriberContact, contact.id)
    return page_token(session.get_one(Subscriber, link.subscriber_id), contact)


def page_url(session: Session, contact: Contact, language: str) -> str:
    """The address of the page of this contact's subscriber."""
    return public_page("subscribers_my_page.show", language, token=token_for(session, contact))


def open_page(session: Session, token: str) -> Owner:
    """The owner of the page that a token opens; raises :class:`PageLinkInvalid`.

    The contact must still belong to that subscriber.
    """
    try:
        subscriber_id, contact_id = _serializer().loads(token, max_age=LINK_DAYS * 86_400)
    except (BadData, ValueError, TypeError) as error:
        raise PageLinkInvalid() from error
    link = session.get(SubscriberContact, contact_id)
    if link is None or link.subscriber_id != subscriber_id or link.confirmed_at is None:
        raise PageLinkInvalid()
    return Owner(session.get_one(Subscriber, subscriber_id), session.get_one(Contact, contact_id))


def send_link(session: Session, channel: Channel, address: str) -> None:
    """Send the link if this address is a subscriber's; the caller cannot tell whether it was."""
    contact = find_contact(session, channel, address)
    link = session.get(SubscriberContact, contact.id) if contact else None
    if contact is None or contact.is_suppressed or link is None or link.confirmed_at is None:
        return
    subscriber = session.get_one(Subscriber, link.subscriber_id)
    if messages.may_send_secret(session, contact):
        url = page_url(session, contact, subscriber.language)
        messages.send_page_link(session, contact, url, subscriber.language)
        log.info("page_link_sent", subscriber=subscriber.id)


def masked(contact: Contact) -> str:
    """An address that only its owner recognises: a phone's last digits, or ``a•••@x.dk``."""
    if isinstance(contact.address, Unopenable):
        return str(contact.address)
    if contact.channel is Channel.SMS:
        return _("nummeret, der ender på %(digits)s", digits=contact.address[-2:])
    local, _at, domain = contact.address.partition("@")
    return f"{local[:1]}•••@{domain}"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="subscribers.my-page")
