"""A member of staff's phone: asked for, confirmed by a code, written to, forgotten."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from datetime import timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from audit.trail import record
from callout.models import StaffPhone
from database import Domain, blind_index, lock_key, utcnow
from dispatch.broadcasts import Content, send_to_address
from dispatch.models import Channel
from staff.actor import Actor
from staff.models import Staff
from web.http.rate_limits import take
from web.languages.choice import DEFAULT_LANGUAGE, current_language
from web.languages.typed_gettext import _
from web.problems.errors import Problem

log = structlog.get_logger(__name__)

CODE_LASTS = timedelta(minutes=10)
MOST_TRIES = 5
CODES = "5 per day"
"""How many codes one member of staff may ask for: each goes to a number that anybody may have."""


class TooManyCodes(Problem):
    """The person has asked for too many codes."""

    status = 429
    slug = "too-many-codes"


class WrongCode(Problem):
    """The code is wrong, too old, or was tried too often."""

    status = 422
    slug = "wrong-code"


def phone_of(session: Session, staff_id: int) -> StaffPhone | None:
    """The person's phone, confirmed or not."""
    return session.scalars(select(StaffPhone).where(StaffPhone.staff_id == staff_id)).one_or_none()


def hint_of(phone: StaffPhone) -> str:
    """Its number so that only its owner recognises it."""
    if not isinstance(phone.number, str):
        return str(phone.number)
    return _("nummeret, der ender på %(digits)s", digits=phone.number[-2:])


def phone_hint(session: Session, staff_id: int) -> str:
    """The hint of the person's confirmed phone; empty without one."""
    known = phone_of(session, staff_id)
    return hint_of(known) if known is not None and known.confirmed_at is not None else ""


def ask_for_code(session: Session, actor: Actor, number: str) -> StaffPhone:
    """Keep the number (E.164) in place of an earlier one, and send it a code.

    Until the code is typed, nobody is reached at either. Raises TooManyCodes.
    """
    if not take(CODES, "codes-of-staff", str(actor.staff_id)):
        raise TooManyCodes(
            _("Du har fået for mange koder i dag. Prøv igen i morgen, eller brug den seneste.")
        )
    lock_key(session, blind_index(Domain.SUBSCRIBERS, f"staff phone:{actor.staff_id}"))
    session.execute(delete(StaffPhone).where(StaffPhone.staff_id == actor.staff_id))
    phone = StaffPhone(staff_id=actor.staff_id, number=number)
    session.add(phone)
    session.flush()
    code = f"{secrets.randbelow(10**6):06}"
    phone.code_hash = _hashed(phone, code)
    body = _(
        "%(code)s er din kode til Varsko for personale. Den gælder i %(minutes)s minutter.",
        code=code,
        minutes=int(CODE_LASTS.total_seconds() // 60),
    )
    content = Content(Channel.SMS, current_language(), body)
    send_to_address(session, number, content, "staff-code", utcnow() + CODE_LASTS)
    record(session, actor, "staff.phone_asked", "staff", actor.staff_id)
    return phone


def confirm_phone(session: Session, actor: Actor, code: str) -> StaffPhone:
    """Confirm the phone with the code that was sent to it. Raises WrongCode.

    A wrong code is counted, so the caller commits although it raises.
    """
    phone = session.scalars(
        select(StaffPhone)
        .where(StaffPhone.staff_id == actor.staff_id)
        .with_for_update(of=StaffPhone)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if phone is not None and phone.confirmed_at is not None:
        return phone
    if phone is None or phone.code_hash is None:
        raise WrongCode(_("Skriv nummeret igen, så sender vi en ny kode."))
    if phone.tries >= MOST_TRIES or utcnow() > phone.code_sent_at + CODE_LASTS:
        raise WrongCode(_("Koden gælder ikke mere. Skriv nummeret igen, så sender vi en ny."))
    if not hmac.compare_digest(phone.code_hash, _hashed(phone, code)):
        phone.tries += 1
        raise WrongCode(_("Det er ikke den kode, vi har sendt. Se efter i den seneste sms."))
    phone.code_hash, phone.confirmed_at = None, utcnow()
    record(session, actor, "staff.phone_confirmed", "staff", actor.staff_id)
    return phone


def forget_phone(session: Session, actor: Actor) -> None:
    """Forget the person's phone."""
    session.execute(delete(StaffPhone).where(StaffPhone.staff_id == actor.staff_id))
    record(session, actor, "staff.phone_forgotten", "staff", actor.staff_id)


def reachable(session: Session, staff_ids: Collection[int]) -> list[int]:
    """Those of them who can be called: their account is open and their phone confirmed."""
    return [phone.staff_id for phone in _confirmed(session, staff_ids)]


def send_to_staff(
    session: Session,
    staff_ids: Collection[int],
    body: str,
    reference: str,
    *,
    language: str = DEFAULT_LANGUAGE,
    lasts: timedelta = timedelta(hours=1),
) -> list[int]:
    """Send an SMS to the phones of these people, ahead of all alerts; whom it is sent to.

    Their numbers never become contacts of citizens.
    """
    told = []
    content = Content(Channel.SMS, language, body)
    for phone in _confirmed(session, staff_ids):
        if isinstance(phone.number, str):
            send_to_address(session, phone.number, content, reference, utcnow() + lasts)
            told.append(phone.staff_id)
    log.info("staff_called", reference=reference, number=len(told))
    return told


def forget_phones_of_leavers(session: Session) -> None:
    """Forget the phones of those whose accounts were closed, and codes that nobody typed."""
    left = select(Staff.id).where(Staff.active.is_(False))
    session.execute(delete(StaffPhone).where(StaffPhone.staff_id.in_(left)))
    too_old = utcnow() - timedelta(days=1)
    session.execute(
        delete(StaffPhone).where(
            StaffPhone.confirmed_at.is_(None), StaffPhone.code_sent_at < too_old
        )
    )


def _confirmed(session: Session, staff_ids: Collection[int]) -> list[StaffPhone]:
    return list(
        session.scalars(
            select(StaffPhone)
            .join(Staff, Staff.id == StaffPhone.staff_id)
            .where(StaffPhone.staff_id.in_(staff_ids), StaffPhone.confirmed_at.is_not(None))
            .where(Staff.active)
            .order_by(StaffPhone.staff_id)
        )
    )


def _hashed(phone: StaffPhone, code: str) -> bytes:
    return blind_index(Domain.SUBSCRIBERS, f"staff phone code:{phone.id}:{code}")
