"""A citizen's own page, opened by a signed link that was sent to them: no password, no cookie."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import timedelta

import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from config import current_config
from database import utcnow
from dispatch.models import Channel, Contact
from dispatch.signed_links import OpaqueBox
from subscribers.models import Subscriber, SubscriberContact
from subscribers.secret_limits import ask_for_secret, may_send_secret
from web.languages.public_addresses import public_page
from web.languages.typed_gettext import _
from web.problems.errors import NotFound

log = structlog.get_logger(__name__)

LINK_FOR = timedelta(days=30)
_PAGE = "my-page"
_CONTENT = struct.Struct(">QQIQ")
"""Subscriber, contact, number of the links, and when it was made, in seconds since 1970."""


class PageLinkInvalid(NotFound):
    """The link has expired or was altered, or its subscriber has unsubscribed."""

    slug = "page-link-invalid"
    title = _l("Linket virker ikke længere")
    way_on = ("/min-side", _l("Bed om et nyt link"))

    def __init__(self) -> None:
        super().__init__(
            _l(
                "Et link virker i 30 dage, og kun til du melder dig fra eller lukker dine links. "
                "Bed om et nyt på Min side."
            )
        )


@dataclass(frozen=True)
class Owner:
    """Whose page it is, and the contact that the link was sent to."""

    subscriber: Subscriber
    contact: Contact


def page_token(subscriber: Subscriber, contact: Contact) -> str:
    """The token of a subscriber's page: opaque, valid for 30 days."""
    now = int(utcnow().timestamp())
    return _box().seal(_PAGE, _CONTENT.pack(subscriber.id, contact.id, subscriber.page_links, now))


def token_for(session: Session, contact: Contact) -> str:
    """The token of the page of this contact's subscriber."""
    link = session.get_one(SubscriberContact, contact.id)
    return page_token(session.get_one(Subscriber, link.subscriber_id), contact)


def page_url(session: Session, contact: Contact, language: str) -> str:
    """The address of the page of this contact's subscriber."""
    return public_page("subscribers_my_page.show", language, token=token_for(session, contact))


def open_page(session: Session, token: str) -> Owner:
    """The owner of the page that a token opens; raises :class:`PageLinkInvalid`.

    The contact must still belong to that subscriber, and the link must not have been revoked.
    """
    content = _box().open(_PAGE, token)
    if content is None:
        raise PageLinkInvalid()
    subscriber_id, contact_id, number, made_at = _CONTENT.unpack(content)
    if utcnow().timestamp() - made_at > LINK_FOR.total_seconds():
        raise PageLinkInvalid()
    link = session.get(SubscriberContact, contact_id)
    if link is None or link.subscriber_id != subscriber_id or link.confirmed_at is None:
        raise PageLinkInvalid()
    subscriber = session.get_one(Subscriber, subscriber_id)
    if subscriber.page_links != number:
        raise PageLinkInvalid()
    return Owner(subscriber, session.get_one(Contact, contact_id))


def revoke_links(session: Session, subscriber: Subscriber) -> None:
    """Let no link that was sent so far open this subscriber's page any more."""
    subscriber.page_links += 1
    session.flush()
    log.info("page_links_revoked", subscriber=subscriber.id)


def url_in_reply(session: Session, subscriber: Subscriber, contact: Contact) -> str | None:
    """The address of their page, for the reply to a contact that has asked by SMS.

    None if it has opted out, or has asked too often: links in replies count as those that are sent.
    """
    asked_id = ask_for_secret(
        session, contact.channel, str(contact.address), network=contact.channel
    )
    if asked_id is None or contact.is_suppressed:
        return None
    if not may_send_secret(session, contact, asked_id):
        return None
    log.info("page_link_sent", subscriber=subscriber.id)
    return page_url(session, contact, subscriber.language)


def masked(contact: Contact) -> str:
    """An address that only its owner recognises: a phone's last digits, or ``a•••@x.dk``."""
    if not isinstance(contact.address, str):
        return str(contact.address)
    if contact.channel is Channel.SMS:
        return _("nummeret, der ender på %(digits)s", digits=contact.address[-2:])
    local, _at, domain = contact.address.partition("@")
    return f"{local[:1]}•••@{domain}"


def _box() -> OpaqueBox:
    return OpaqueBox(current_config().secret_key, "subscribers.my-page")
