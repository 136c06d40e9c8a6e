"""The tables of subscribers: what they follow, and what they consented to.

Addresses are stored only in dispatch's ``contact`` table, sealed. A subscriber is an id and a
language; these tables hold neither names nor addresses.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String
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


class SignUpArea(Base):
    """An area that a sign-up asks for."""

    __tablename__ = "sign_up_area"

    sign_up_id: Mapped[int] = mapped_column(
        ForeignKey("sign_up.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    area_id: Mapped[int] = mapped_column(
        ForeignKey("area.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


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
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SentSecret(Base):
    """A code or link that was sent to a contact; counted for the rate limits."""

    __tablename__ = "sent_secret"
    __table_args__ = (Index("ix_sent_secret_contact_id_sent_at", "contact_id", "sent_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, index=True)
