"""How many codes and links are sent, to whom, and at whose request.

A stranger can type anybody's number into a form, so two questions are asked apart:

- *May one be asked for?* Three an hour and ten a day for an address, whoever asks, whether we
  know it or not. The answer may be shown: it is the same for everybody.
- *Is one really sent?* The answer is never shown, for it depends on the address: one that opted
  out gets one a day, one that complained gets none. It is given after the response has left.

All together may use a fifth of a channel's rate: codes have the highest priority, so a script
that enters thousands of numbers would otherwise delay every alert, at our cost. Of that fifth a
part is kept for addresses that are signed up, and one network can use only little of it for
those that are not.

What strangers can see of these limits, by a warning or by a code that does not come to a phone of
their own, moves with every request, for whichever address. If it moved with new addresses only, the
last code that is left would tell whether an address is new.
"""

from __future__ import annotations

import re
from datetime import timedelta

import structlog
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from config import current_config
from database import Domain, blind_index, lock_key, utcnow
from dispatch.models import Channel, Contact, SuppressionReason
from dispatch.sender_routes import rate_of
from subscribers.models import AskedSecret, Consent, SubscriberContact
from subscribers.subscribing import lock_contact
from web.http.rate_limits import is_left, take

log = structlog.get_logger(__name__)

SECRETS_PER_HOUR = 3
SECRETS_PER_DAY = 10
SECRETS_PER_DAY_AFTER_STOP = 1
SHARE_FOR_SECRETS = 0.2
SHARE_FOR_NEW = 0.75
"""Of all codes and links, the part that may go to addresses that are not signed up."""
SHARE_WINDOW = timedelta(minutes=10)
FEWEST_IN_WINDOW = 10
NETWORK_LIMIT = "secrets-of-a-network"
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def ask_for_secret(
    session: Session, channel: Channel, address: str, network: str, *, forgets: bool = False
) -> int | None:
    """Count that a code or link was asked for; its id, or None if the limit is reached.

    ``network`` is where the request came from. ``forgets``: it is a link by which to be forgotten.
    It does the same whether the address is known or not.
    """
    lock_key(session, _counted_as(channel, address))
    if not may_ask_for_secret(session, channel, address):
        log.info("secret_withheld", channel=channel.value)
        return None
    asked = AskedSecret(
        address_hash=_counted_as(channel, address, forgets=forgets),
        channel=channel,
        asked_at=utcnow(),
        is_within=take(_per_network(), NETWORK_LIMIT, network),
    )
    session.add(asked)
    session.flush()
    return asked.id


def may_ask_for_secret(session: Session, channel: Channel, address: str) -> bool:
    """Whether one may be asked for now; the same whether the address is known or not."""
    now = utcnow()
    keys = [_counted_as(channel, address, forgets=forgets) for forgets in (False, True)]
    in_hour, in_day = session.execute(
        select(
            func.count().filter(AskedSecret.asked_at > now - timedelta(hours=1)),
            func.count(),
        ).where(AskedSecret.address_hash.in_(keys), AskedSecret.asked_at > now - timedelta(days=1))
    ).one()
    return in_hour < SECRETS_PER_HOUR and in_day < SECRETS_PER_DAY


def may_send_secret(session: Session, contact: Contact, asked_id: int) -> bool:
    """Whether what was asked for is really sent to this contact; if so, it is counted.

    Call it after the response only.
    """
    lock_contact(session, contact)
    asked = session.get(AskedSecret, asked_id)
    if asked is None or contact.suppressed_reason is SuppressionReason.COMPLAINT:
        return False
    if contact.is_suppressed and _sent_today(session, asked) >= SECRETS_PER_DAY_AFTER_STOP:
        return False
    if not (_is_known(session, contact) or _may_go_to_new(session, asked)):
        return False
    if _sent_in_window(session, contact.channel) >= _at_once(contact.channel):
        log.error("secret_limit_reached", channel=contact.channel.value)
        return False
    asked.is_sent = True
    session.flush()
    return True


def _may_go_to_new(session: Session, asked: AskedSecret) -> bool:
    """Whether what was asked for may go to an address that is not signed up."""
    if not asked.is_within:
        log.error("new_addresses_withheld", channel=asked.channel.value)
        return False
    if _asked_in_window(session, asked.channel, up_to=asked.id) > _at_once_for_new(asked.channel):
        log.error("secret_limit_reached", channel=asked.channel.value, is_new=True)
        return False
    return True


def is_scarce(session: Session, channel: Channel, network: str) -> bool:
    """Whether an address that is not signed up would get no code now, asked for from here.

    It may be shown: each request moves it, for whichever address.
    """
    is_full = _asked_in_window(session, channel) >= _at_once_for_new(channel)
    return is_full or not is_left(_per_network(), NETWORK_LIMIT, network)


def _counted_as(channel: Channel, address: str, *, forgets: bool = False) -> bytes:
    """The keyed hash of the mailbox or phone behind an address: jens+1@ and jens+2@ are one."""
    counted = address.casefold()
    if channel is Channel.EMAIL:
        local, _at, domain = counted.rpartition("@")
        local = re.sub(r"(?<=.)\+.*", "", local)
        counted = f"{local.replace('.', '') if domain in _DOTLESS else local}@{domain}"
    purpose = "forgetting" if forgets else "secrets"
    return blind_index(Domain.SUBSCRIBERS, f"{purpose}:{channel}:{counted}")


def _is_known(session: Session, contact: Contact) -> bool:
    """Whether this contact is signed up, or was."""
    links = exists().where(SubscriberContact.contact_id == contact.id)
    consents = exists().where(Consent.contact_id == contact.id)
    return bool(session.scalar(select(links | consents)))


def _sent_today(session: Session, asked: AskedSecret) -> int:
    """How many were sent for the same purpose."""
    sent = select(func.count()).where(
        AskedSecret.address_hash == asked.address_hash,
        AskedSecret.asked_at > utcnow() - timedelta(days=1),
        AskedSecret.is_sent,
    )
    return session.scalar(sent) or 0


def _at_once(channel: Channel) -> int:
    """How many codes and links may go out on a channel per :data:`SHARE_WINDOW`."""
    rate = rate_of(current_config(), channel)
    return max(int(rate * SHARE_FOR_SECRETS * SHARE_WINDOW.total_seconds()), FEWEST_IN_WINDOW)


def _at_once_for_new(channel: Channel) -> int:
    return int(_at_once(channel) * SHARE_FOR_NEW)


def _sent_in_window(session: Session, channel: Channel) -> int:
    sent = select(func.count()).where(
        AskedSecret.asked_at > utcnow() - SHARE_WINDOW,
        AskedSecret.channel == channel,
        AskedSecret.is_sent,
    )
    return session.scalar(sent) or 0


def _asked_in_window(session: Session, channel: Channel, up_to: int | None = None) -> int:
    """How many were asked for, up to this one, by networks within their limit."""
    asked = select(func.count()).where(
        AskedSecret.asked_at > utcnow() - SHARE_WINDOW,
        AskedSecret.channel == channel,
        AskedSecret.is_within,
    )
    if up_to is not None:
        asked = asked.where(AskedSecret.id <= up_to)
    return session.scalar(asked) or 0


def _per_network() -> str:
    return f"{current_config().new_addresses_per_hour} per hour"
