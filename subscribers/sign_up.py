"""Web sign-up: requested on a form, then confirmed by a code (phone) or a link (e-mail).

Nothing here reveals whether an address is known: known and unknown ones are treated alike, what
differs is done after the response, and only the person who has the phone or the mailbox can go on.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from areas.models import Area
from database import Domain, Unopenable, blind_index, utcnow
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
from subscribers.secret_limits import ask_for_secret, may_send_secret
from subscribers.subscribing import (
    ROW_LOCK,
    find_subscriber,
    followed_areas,
    lock_contact,
    subscribe,
)
from subscribers.written_places import title_from
from web.problems.errors import NotFound

log = structlog.get_logger(__name__)

SIGN_UP_TTL = timedelta(hours=24)
CODE_TTL = timedelta(minutes=30)
TRIES = 5


class SignUpGone(NotFound):
    """The sign-up has expired or never existed."""

    slug = "sign-up-gone"
    title = _l("Tilmeldingen findes ikke længere")
    way_on = ("/tilmeld", _l("Begynd forfra"))

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
    """A submitted sign-up form: at least one normalised address and one area.

    ``local_names``: by area, the name of a place in it that was typed.
    """

    phone: str | None
    email: str | None
    areas: Sequence[Area]
    language: str
    local_names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Started:
    """A sign-up's page, and what is to be sent for it once the response has left."""

    token: str
    to_send: Sequence[AskedFor]


@dataclass(frozen=True)
class AskedFor:
    """A code or link that may be asked for; whether it is sent, nobody is told."""

    sign_up_id: int
    contact_id: int
    asked_id: int


def start_sign_up(session: Session, wanted: SignUpRequest, network: str) -> Started:
    """Store the request, which came from this network, for a day."""
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
    session.add_all(
        SignUpArea(
            sign_up_id=sign_up.id, area_id=area.id, local_name=wanted.local_names.get(area.id)
        )
        for area in wanted.areas
    )
    to_send: list[AskedFor] = []
    for channel, address in ((Channel.SMS, wanted.phone), (Channel.EMAIL, wanted.email)):
        if address is None:
            continue
        contact = ensure_contact(session, channel, address)
        asked = SignUpContact(
            sign_up_id=sign_up.id, contact_id=contact.id, channel=channel, tries_left=0
        )
        session.add(asked)
        session.flush()
        to_send += ask_again(session, asked, address, network)
    log.info("sign_up_started", sign_up=sign_up.id)
    return Started(token, to_send)


def ask_again(
    session: Session, asked: SignUpContact, address: str | Unopenable | None, network: str
) -> list[AskedFor]:
    """Ask for a code or link for an address that is not confirmed yet, if the limit allows it."""
    if asked.confirmed_at is not None or not isinstance(address, str):
        return []
    number = ask_for_secret(session, asked.channel, address, network)
    asked.is_limited = number is None
    return [] if number is None else [AskedFor(asked.sign_up_id, asked.contact_id, number)]


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


def contact_beside(session: Session, sign_up: SignUp, asked: SignUpContact) -> Contact | None:
    """The other address that was given in a sign-up, if there is one."""
    others = (
        contact
        for other, contact in asked_contacts(session, sign_up)
        if other.contact_id != asked.contact_id
    )
    return next(others, None)


def send_secret(session: Session, wanted: AskedFor) -> None:
    """Send a new code or link, which replaces the previous one. Call it after the response only.

    If none may be sent to this address, its page goes on as if one had been: with as many tries,
    at the code that was sent before, or else at one that nobody has.
    """
    sign_up = session.get(SignUp, wanted.sign_up_id)
    asked = session.get(
        SignUpContact, (wanted.sign_up_id, wanted.contact_id), with_for_update=ROW_LOCK
    )
    if sign_up is None or asked is None or asked.confirmed_at is not None:
        return
    contact = session.get_one(Contact, asked.contact_id)
    is_sent = may_send_secret(session, contact, wanted.asked_id)
    now = utcnow()
    if asked.channel is Channel.SMS:
        code = f"{secrets.randbelow(1_000_000):06d}" if is_sent else secrets.token_urlsafe(16)
        if is_sent or asked.secret_hash is None:
            asked.secret_hash = _code_hash(sign_up, code)
        asked.secret_expires_at = now + CODE_TTL
        asked.tries_left = TRIES
        if is_sent:
            messages.send_code(session, contact, code, sign_up.language, CODE_TTL)
    elif is_sent:
        token = secrets.token_urlsafe(16)
        asked.secret_hash = _token_hash(token)
        asked.secret_expires_at = sign_up.expires_at
        messages.send_confirmation_link(
            session,
            contact,
            token,
            sign_up.language,
            sign_up.expires_at - now,
            beside=contact_beside(session, sign_up, asked),
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


def unconfirmed_contacts(session: Session, subscriber: Subscriber) -> list[Contact]:
    """The addresses of a subscriber's sign-ups that are still to be confirmed."""
    own = aliased(SignUpContact)
    return list(
        session.scalars(
            select(Contact)
            .join(SignUpContact, SignUpContact.contact_id == Contact.id)
            .join(SignUp, SignUp.id == SignUpContact.sign_up_id)
            .join(own, own.sign_up_id == SignUp.id)
            .join(SubscriberContact, SubscriberContact.contact_id == own.contact_id)
            .where(
                SubscriberContact.subscriber_id == subscriber.id,
                own.confirmed_at.is_not(None),
                SignUpContact.confirmed_at.is_(None),
                SignUp.expires_at > utcnow(),
            )
            .distinct()
        )
    )


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


def asked_titles(session: Session, sign_up: SignUp) -> list[str]:
    """The titles of the areas chosen in a sign-up, each with the name that led to it."""
    rows = session.execute(
        select(SignUpArea.area_id, SignUpArea.local_name).where(SignUpArea.sign_up_id == sign_up.id)
    )
    names = {row.area_id: row.local_name for row in rows}
    return [title_from(area, names.get(area.id)) for area in asked_areas(session, sign_up)]


def _activate(session: Session, sign_up: SignUp, asked: SignUpContact) -> None:
    """Subscribe a newly confirmed contact.

    Two contacts share a subscriber only if this sign-up created it. Whoever followed something
    before keeps a subscriber apart: the other address was typed by somebody who may be a stranger,
    or a relative, and what one of them follows must not be shown to the other.
    """
    # Phone and e-mail confirmed at the same moment must see each other.
    session.refresh(sign_up, with_for_update=ROW_LOCK)
    contact = session.get_one(Contact, asked.contact_id)
    lock_contact(session, contact)
    is_known = find_subscriber(session, contact) is not None
    created = session.get(Subscriber, sign_up.subscriber_id) if sign_up.subscriber_id else None
    subscriber = subscribe(
        session,
        contact,
        asked_areas(session, sign_up),
        language=sign_up.language,
        evidence=Evidence.WEB_FORM,
        to=created,
    )
    if not is_known:
        sign_up.subscriber_id = subscriber.id
    asked.confirmed_at = utcnow()
    asked.secret_hash = asked.secret_hash if asked.channel is Channel.EMAIL else None
    session.flush()
    page = my_page_link.page_url(session, contact, sign_up.language)
    messages.send_welcome(
        session, contact, followed_areas(session, subscriber), page, sign_up.language
    )
    log.info("sign_up_confirmed", sign_up=sign_up.id, channel=asked.channel)


def _token_hash(token: str) -> bytes:
    return blind_index(Domain.SUBSCRIBERS, f"sign-up token:{token}")


def _code_hash(sign_up: SignUp, code: str) -> bytes:
    return blind_index(Domain.SUBSCRIBERS, f"sign-up code:{sign_up.id}:{code}")
