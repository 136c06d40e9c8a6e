"""Web sign-up: requested on a form, then confirmed by a code (phone) or a link (e-mail).

Nothing here reveals whether an address is known: known and unknown ones are treated alike, and
only the person who has the phone or the mailbox can go on.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from areas.models import Area
from database import Domain, blind_index, utcnow
from dispatch.contacts import ensure_contact
from dispatch.models import Channel, Contact
from subscribers import messages, my_page_link
from subscribers.consent import CURRENT_VERSION
from subscribers.models import (
    Evidence,
    SignUp,
    SignUpArea,
    SignUpContact,
    Subscriber,
    SubscriberContact,
)
from subscribers.subscribing import (
    ROW_LOCK,
    find_subscriber,
    follow_areas,
    followed_areas,
    forget_subscribers,
    lock_contact,
    subscribe,
)
from web.problems.errors import NotFound

log = structlog.get_logger(__name__)

SIGN_UP_TTL = timedelta(hours=24)
CODE_TTL = timedelta(minutes=30)
TRIES = 5


class SignUpGone(NotFound):
    """The sign-up has expired or never existed."""

    slug = "sign-up-gone"
    title = _l("Tilmeldingen findes ikke længere")

    def __init__(self) -> None:
        super().__init__(
            _l(
                "Den kan være udløbet: en tilmelding skal bekræftes inden for 24 timer. "
                "Begynd forfra."
            )
        )


class CodeResult(StrEnum):
    """The result of checking a code."""

    CONFIRMED = "confirmed"
    WRONG = "wrong"
    EXPIRED = "expired"
    USED_UP = "used_up"


@dataclass(frozen=True)
class SignUpRequest:
    """A submitted sign-up form: at least one normalised address and one area."""

    phone: str | None
    email: str | None
    areas: Sequence[Area]
    language: str


def start_sign_up(session: Session, wanted: SignUpRequest) -> str:
    """Store the request for a day and send the code and the link; returns the page's token."""
    token = secrets.token_urlsafe(16)
    now = utcnow()
    sign_up = SignUp(
        token_hash=_token_hash(token),
        language=wanted.language,
        text_version=CURRENT_VERSION,
        created_at=now,
        expires_at=now + SIGN_UP_TTL,
    )
    session.add(sign_up)
    session.flush()
    session.add_all(SignUpArea(sign_up_id=sign_up.id, area_id=area.id) for area in wanted.areas)
    for channel, address in ((Channel.SMS, wanted.phone), (Channel.EMAIL, wanted.email)):
        if address is None:
            continue
        contact = ensure_contact(session, channel, address)
        asked = SignUpContact(
            sign_up_id=sign_up.id, contact_id=contact.id, channel=channel, tries_left=0
        )
        session.add(asked)
        session.flush()
        send_secret(session, sign_up, asked)
    log.info("sign_up_started", sign_up=sign_up.id)
    return token


def find_sign_up(session: Session, token: str) -> SignUp:
    """The sign-up whose page has this token; raises :class:`SignUpGone`."""
    found = session.scalars(
        select(SignUp).where(SignUp.token_hash == _token_hash(token), SignUp.expires_at > utcnow())
    ).one_or_none()
    if found is None:
        raise SignUpGone()
    return found


def asked_contacts(session: Session, sign_up: SignUp) -> list[tuple[SignUpContact, Contact]]:
    """The addresses given in a sign-up, phone first."""
    rows = session.execute(
        select(SignUpContact, Contact)
        .join(Contact, Contact.id == SignUpContact.contact_id)
        .where(SignUpContact.sign_up_id == sign_up.id)
        .order_by(SignUpContact.channel.desc())
    )
    return [(asked, contact) for asked, contact in rows]


def send_secret(session: Session, sign_up: SignUp, asked: SignUpContact) -> None:
    """Send a new code or link, if the rate limits allow; it replaces the previous one."""
    contact = session.get_one(Contact, asked.contact_id)
    if asked.confirmed_at is not None or not messages.may_send_secret(session, contact):
        return
    now = utcnow()
    if asked.channel is Channel.SMS:
        code = f"{secrets.randbelow(1_000_000):06d}"
        asked.secret_hash = _code_hash(sign_up, code)
        asked.secret_expires_at = now + CODE_TTL
        asked.tries_left = TRIES
        messages.send_code(session, contact, code, sign_up.language, CODE_TTL)
    else:
        token = secrets.token_urlsafe(16)
        asked.secret_hash = _token_hash(token)
        asked.secret_expires_at = sign_up.expires_at
        messages.send_confirmation_link(
            session, contact, token, sign_up.language, sign_up.expires_at - now
        )
    session.flush()


def confirm_code(session: Session, sign_up: SignUp, code: str) -> CodeResult:
    """Check a code for the phone of a sign-up: five attempts per code, valid for thirty minutes.

    A wrong code is a result, not an error, so that the attempt is committed.
    """
    asked = session.scalars(
        select(SignUpContact)
        .where(SignUpContact.sign_up_id == sign_up.id, SignUpContact.channel == Channel.SMS)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if asked is None:
        raise SignUpGone()
    if asked.confirmed_at is not None:
        return CodeResult.CONFIRMED
    if asked.tries_left <= 0 and asked.secret_hash is not None:
        return CodeResult.USED_UP
    if asked.secret_hash is None or (asked.secret_expires_at or utcnow()) <= utcnow():
        return CodeResult.EXPIRED
    asked.tries_left -= 1
    if not hmac.compare_digest(asked.secret_hash, _code_hash(sign_up, code)):
        log.info("sign_up_code_wrong", sign_up=sign_up.id, tries_left=asked.tries_left)
        return CodeResult.WRONG if asked.tries_left else CodeResult.USED_UP
    _activate(session, sign_up, asked)
    return CodeResult.CONFIRMED


def find_link(session: Session, token: str) -> tuple[SignUp, SignUpContact]:
    """The sign-up and the address that a link confirms; raises SignUpGone once it has expired."""
    found = session.execute(
        select(SignUp, SignUpContact)
        .join(SignUpContact, SignUpContact.sign_up_id == SignUp.id)
        .where(
            SignUpContact.secret_hash == _token_hash(token),
            SignUpContact.channel == Channel.EMAIL,
            SignUp.expires_at > utcnow(),
        )
    ).one_or_none()
    if found is None:
        raise SignUpGone()
    return found[0], found[1]


def confirm_link(session: Session, token: str) -> SignUp:
    """Confirm the e-mail address that this link was sent to. Idempotent."""
    sign_up, asked = find_link(session, token)
    session.refresh(asked, with_for_update=ROW_LOCK)
    if asked.confirmed_at is None:
        _activate(session, sign_up, asked)
    return sign_up


def confirmed_contact(session: Session, sign_up: SignUp, channel: Channel) -> Contact | None:
    """The sign-up's contact on this channel, if it is confirmed."""
    return session.scalars(
        select(Contact)
        .join(SignUpContact, SignUpContact.contact_id == Contact.id)
        .where(
            SignUpContact.sign_up_id == sign_up.id,
            SignUpContact.channel == channel,
            SignUpContact.confirmed_at.is_not(None),
        )
    ).one_or_none()


def asked_areas(session: Session, sign_up: SignUp) -> list[Area]:
    """The areas chosen in a sign-up."""
    return list(
        session.scalars(
            select(Area)
            .join(SignUpArea, SignUpArea.area_id == Area.id)
            .where(SignUpArea.sign_up_id == sign_up.id)
            .order_by(Area.kind, Area.code)
        )
    )


def _activate(session: Session, sign_up: SignUp, asked: SignUpContact) -> None:
    """Subscribe a newly confirmed contact; both contacts of a sign-up share a subscriber."""
    # Phone and e-mail confirmed at the same moment must see each other.
    session.refresh(sign_up, with_for_update=ROW_LOCK)
    contact = session.get_one(Contact, asked.contact_id)
    earlier = _earlier_subscriber(session, sign_up)
    areas = asked_areas(session, sign_up)
    subscriber = subscribe(
        session,
        contact,
        areas,
        language=sign_up.language,
        evidence=Evidence.WEB_FORM,
        to=earlier,
    )
    if earlier is not None and earlier.id != subscriber.id:
        _merge_if_new(session, sign_up, earlier, into=subscriber)
    asked.confirmed_at = utcnow()
    asked.secret_hash = asked.secret_hash if asked.channel is Channel.EMAIL else None
    session.flush()
    page = my_page_link.page_url(session, contact, sign_up.language)
    messages.send_welcome(
        session, contact, followed_areas(session, subscriber), page, sign_up.language
    )
    log.info("sign_up_confirmed", sign_up=sign_up.id, channel=asked.channel)


def _earlier_subscriber(session: Session, sign_up: SignUp) -> Subscriber | None:
    for channel in Channel:
        contact = confirmed_contact(session, sign_up, channel)
        if contact is not None:
            return find_subscriber(session, contact)
    return None


def _merge_if_new(
    session: Session, sign_up: SignUp, earlier: Subscriber, *, into: Subscriber
) -> None:
    """Merge two subscribers if the earlier one was created by this sign-up.

    Two that both existed before stay separate: the mailbox may be shared by a family, and what
    one of them follows must not be shown to the other. Each still follows the new areas.
    """
    contacts = session.scalar(
        select(func.count())
        .select_from(SubscriberContact)
        .where(SubscriberContact.subscriber_id == earlier.id)
    )
    if contacts != 1 or earlier.created_at < sign_up.created_at:
        return
    link = session.scalars(
        select(SubscriberContact).where(SubscriberContact.subscriber_id == earlier.id)
    ).one()
    lock_contact(session, session.get_one(Contact, link.contact_id))
    follow_areas(session, into, [area.id for area in followed_areas(session, earlier)])
    link.subscriber_id = into.id
    session.flush()
    forget_subscribers(session, [earlier.id])


def _token_hash(token: str) -> bytes:
    return blind_index(Domain.SUBSCRIBERS, f"sign-up token:{token}")


def _code_hash(sign_up: SignUp, code: str) -> bytes:
    return blind_index(Domain.SUBSCRIBERS, f"sign-up code:{sign_up.id}:{code}")
