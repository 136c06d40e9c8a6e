"""The tables of subscribers: what they follow, and what they consented to.

Addresses are stored only in dispatch's ``contact`` table, sealed. A subscriber is an id and a
language; these tables hold neither names nor addresses.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, BigId, UtcDateTime, enum_column, utcnow
from dispatch.models import Channel


class Evidence(StrEnum):
    """What shows that a person gave or withdrew consent."""

    INBOUND_SMS = "inbound_sms"
    WEB_FORM = "web_form"
    UNSUBSCRIBE_LINK = "unsubscribe_link"
    COMPLAINT = "complaint"
    PROVIDER = "provider"


class Subscriber(Base):
    """A citizen who signed up for alerts."""

    __tablename__ = "subscriber"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    language: Mapped[str] = mapped_column(String(2))
    page_links: Mapped[int] = mapped_column(SmallInteger, default=0)
    """Which links open the subscriber's page: those with this number. Others have been revoked."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class SubscriberContact(Base):
    """A phone number or e-mail address of a subscriber; alerts go to confirmed ones only."""

    __tablename__ = "subscriber_contact"

    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), index=True
    )
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Subscription(Base):
    """One area that a subscriber follows."""

    __tablename__ = "subscription"
    # A covering index for "who follows these areas?".
    __table_args__ = (Index("ix_subscription_area_id_subscriber_id", "area_id", "subscriber_id"),)

    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    area_id: Mapped[int] = mapped_column(
        ForeignKey("area.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class Consent(Base):
    """A person's consent to get messages at one contact; kept after they have unsubscribed.

    It belongs to the contact, not to the subscriber, so that it outlives the subscriber and
    still shows why messages were sent.
    """

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    text_version: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(2))
    evidence: Mapped[Evidence] = mapped_column(enum_column(Evidence))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[Evidence | None] = mapped_column(enum_column(Evidence))


class SignUp(Base):
    """A web sign-up in progress. It is deleted after a day, confirmed or not."""

    __tablename__ = "sign_up"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    language: Mapped[str] = mapped_column(String(2))
    text_version: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    resends: Mapped[int] = mapped_column(SmallInteger, default=0)
    """How often its page asked for another code or link."""
    subscriber_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscriber.id", ondelete="SET NULL"), index=True
    )
    """The subscriber that it created: the only one that both its addresses may share."""


class SignUpArea(Base):
    """An area that a sign-up asks for."""

    __tablename__ = "sign_up_area"

    sign_up_id: Mapped[int] = mapped_column(
        ForeignKey("sign_up.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    area_id: Mapped[int] = mapped_column(
        ForeignKey("area.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    local_name: Mapped[str | None] = mapped_column(String(100))
    """The name of a place in it that was typed instead of its own."""


class SignUpContact(Base):
    """An address given in a sign-up, and the hash of the secret that confirms it.

    The secret is a six-digit code for a phone, and a link's token for an e-mail address.
    """

    __tablename__ = "sign_up_contact"

    sign_up_id: Mapped[int] = mapped_column(
        ForeignKey("sign_up.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    secret_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries_left: Mapped[int] = mapped_column(SmallInteger, default=0)
    is_limited: Mapped[bool] = mapped_column(default=False)
    """Whether the last one asked for was one too many, so that nothing was sent."""
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Asked(StrEnum):
    """What a question is about: an area to follow, leave or move, stopping, or being forgotten.

    After ``MOVED_TO`` they are asked whether that place is to replace others. ``NOTHING`` is asked
    any more, but the language of what was is kept.
    """

    FOLLOW = "follow"
    LEAVE = "leave"
    MOVE_TO = "move_to"
    MOVED_TO = "moved_to"
    MOVE_FROM = "move_from"
    STOP = "stop"
    ERASE = "erase"
    NOTHING = "nothing"


class PlaceQuestion(Base):
    """What the last SMS to a sender asked about a place: the areas it offered, in their order.

    ``waiting``: the other places that they wrote and that are asked about in their turn; when they
    are asked what to move from, the place to move to.

    The sender is known only by a keyed hash, and may be somebody who follows nothing yet. With no
    areas, the question was an open one ("Which area?"). Deleted when it is answered, or in a day.
    """

    __tablename__ = "place_question"

    sender_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    about: Mapped[Asked] = mapped_column(enum_column(Asked), default=Asked.FOLLOW)
    area_ids: Mapped[list[int]] = mapped_column(JSON)
    waiting: Mapped[list[str]] = mapped_column(JSON, default=list)
    language: Mapped[str] = mapped_column(String(2))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, index=True)


class AskedSecret(Base):
    """That somebody asked for a code or link to be sent to an address; kept for a day, to limit it.

    Known and unknown addresses are counted alike, so the row names no contact.
    """

    __tablename__ = "asked_secret"
    __table_args__ = (
        Index("ix_asked_secret_address_hash_asked_at", "address_hash", "asked_at"),
        Index("ix_asked_secret_channel_asked_at", "channel", "asked_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, index=True)
    is_within: Mapped[bool] = mapped_column(default=True)
    """Whether its network had asked for few enough, of any addresses."""
    is_sent: Mapped[bool] = mapped_column(default=False)
