"""What people consent to, in which words, and when they withdrew it.

A text that has been shown is never changed: a new wording is a new version, and the old one
stays here, so that each consent can be read as it was given.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from database import utcnow
from dispatch.models import Contact
from subscribers.models import Consent, Evidence

CURRENT_VERSION = "1"

CONSENT_TEXTS: dict[str, dict[str, str]] = {
    "1": {
        "da": (
            "Ja, politiet må sende mig varsler om de områder, jeg har valgt, til det "
            "telefonnummer og den e-mail, jeg har skrevet. Jeg kan til enhver tid trække mit "
            "samtykke tilbage: jeg svarer STOP på en sms eller bruger linket i en e-mail."
        ),
        "en": (
            "Yes, the police may send me alerts about the areas I have chosen, to the phone "
            "number and the e-mail address I have given. I can withdraw my consent at any time: "
            "I reply STOP to a text message, or use the link in an e-mail."
        ),
    },
}
"""Version -> language -> the wording. Texting TRYK 3400 counts as giving the same consent."""


def consent_text(language: str, version: str = CURRENT_VERSION) -> str:
    """The wording of a version, in a language."""
    return CONSENT_TEXTS[version][language]


def language_of_consent(session: Session, contact: Contact) -> str | None:
    """The language of the last consent of this contact's owner, also if it was withdrawn."""
    return session.scalar(
        select(Consent.language)
        .where(Consent.contact_id == contact.id)
        .order_by(Consent.id.desc())
        .limit(1)
    )


def give_consent(
    session: Session,
    contact: Contact,
    *,
    language: str,
    evidence: Evidence,
    version: str = CURRENT_VERSION,
    at: datetime | None = None,
) -> Consent:
    """Record the consent of this contact's owner; one still in force is returned unchanged.

    ``at`` is when it was given, if not now.
    """
    current = session.scalars(
        select(Consent)
        .where(
            Consent.contact_id == contact.id,
            Consent.text_version == version,
            Consent.withdrawn_at.is_(None),
        )
        .order_by(Consent.id)
    ).first()
    if current is not None:
        return current
    given = Consent(
        contact_id=contact.id,
        channel=contact.channel,
        text_version=version,
        language=language,
        evidence=evidence,
        given_at=at or utcnow(),
    )
    session.add(given)
    session.flush()
    return given


def withdraw_consent(
    session: Session, contact: Contact, evidence: Evidence, at: datetime | None = None
) -> None:
    """Mark every consent of this contact as withdrawn."""
    session.execute(
        update(Consent)
        .where(Consent.contact_id == contact.id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=at or utcnow(), withdrawn_by=evidence)
    )


def last_given(session: Session, contact: Contact) -> datetime | None:
    """When the contact's owner last said that they want messages."""
    return session.scalar(
        select(func.max(Consent.given_at)).where(Consent.contact_id == contact.id)
    )
