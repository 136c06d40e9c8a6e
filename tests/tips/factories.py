"""Cases, appeals and messages for tests. Alerts are made as rows: publishing has its own tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.kinds import AlertKind
from alerts.models import Alert, AlertDistrict, AlertStatus, AlertText, Severity
from alerts.releasing.publishing import tie_to_case
from cases.models import Case, JournalPrefix
from database import utcnow
from dispatch.contacts import ensure_contact
from dispatch.hooks import Inbound
from dispatch.models import (
    Broadcast,
    BroadcastStatus,
    Channel,
    Delivery,
    DeliveryState,
    Priority,
)
from staff.actor import Actor
from staff.models import Staff, StaffDistrict, StaffRole
from staff.permissions import Role
from tests.settings import SMS_NUMBER
from tests.staff.factories import make_staff
from tips.filing import place_waiting
from tips.intake.receiving import receive_message
from tips.models import Tip

NORTH = "0900"
FUNEN = "0500"
ROBBERY = "0900-10161-00018-24"
MISSING = "0500-10161-00077-24"
PHONE = "+4520123456"
OTHER_PHONE = "+4520654321"

_numbers = itertools.count(1)


def make_investigator(session: Session, *districts: str, name: str = "Inge Investigator") -> Staff:
    """An investigator of these districts (North Zealand if none is given)."""
    return make_staff(session, [Role.INVESTIGATOR], districts or [NORTH], name=name)


def actor_of(session: Session, *districts: str) -> Actor:
    """An investigator as services see one; has no password to sign in with."""
    staff = _colleague(session, [Role.INVESTIGATOR], districts or [NORTH])
    return Actor.of(staff)


def _colleague(session: Session, roles: Iterable[Role], districts: Iterable[str]) -> Staff:
    """An account without the cost of a hashed password."""
    number = next(_numbers)
    staff = Staff(
        email=f"kollega{number}@politi.test",
        name=f"Kollega {number}",
        password="",
        roles=[StaffRole(role=role) for role in roles],
        districts=[StaffDistrict(district_code=code) for code in districts],
    )
    session.add(staff)
    session.flush()
    return staff


def make_appeal(
    session: Session,
    code: str = "RBBRY2",
    reference: str | None = ROBBERY,
    title: str = "Røveri i Hillerød",
    *,
    english_title: str | None = None,
    districts: Iterable[str] = (NORTH,),
    kind: AlertKind = AlertKind.WITNESS_APPEAL,
    status: AlertStatus = AlertStatus.ACTIVE,
    age: timedelta = timedelta(hours=2),
) -> Alert:
    """A published appeal, with its case if it names one."""
    author = session.scalar(select(Staff).limit(1)) or _colleague(session, [Role.OFFICER], [NORTH])
    texts = {"da": AlertText(language="da", title=title, body="Så du noget?")}
    if english_title:
        texts["en"] = AlertText(language="en", title=english_title, body="Did you see anything?")
    alert = Alert(
        code=code,
        kind=kind,
        status=status,
        severity=Severity.MODERATE,
        case_reference=reference,
        target={},
        created_by=author.id,
        published_by=author.id,
        published_at=utcnow() - age,
        expires_at=utcnow() + timedelta(days=3),
        texts=texts,
        districts=[AlertDistrict(district_code=code) for code in districts],
    )
    session.add(alert)
    session.flush()
    tie_to_case(session, alert)
    place_waiting(session, alert)
    return alert


def know_prefix(session: Session, prefix: str, district: str) -> None:
    """Let it be known whose journal numbers begin like this."""
    session.add(JournalPrefix(prefix=prefix, district_code=district, source="a test"))
    session.flush()


def hand_over(session: Session, alert: Alert, phone: str = PHONE) -> None:
    """Let this phone have received the alert."""
    contact = ensure_contact(session, Channel.SMS, phone)
    broadcast = Broadcast(
        reference=f"alert:{alert.code}:1",
        priority=Priority.NORMAL,
        status=BroadcastStatus.SETTLED,
        audience_kind="contact",
        audience_params={"contact_id": contact.id},
    )
    session.add(broadcast)
    session.flush()
    session.add(
        Delivery(
            broadcast_id=broadcast.id,
            contact_id=contact.id,
            content_id=0,
            channel=Channel.SMS,
            state=DeliveryState.DELIVERED,
        )
    )
    session.flush()


def text_in(session: Session, text: str, phone: str = PHONE) -> str:
    """Let an SMS come in; gives the reply."""
    message = Inbound(Channel.SMS, phone, SMS_NUMBER, text, utcnow())
    return receive_message(session, message).text


def all_tips(session: Session) -> list[Tip]:
    """Every tip, in the order they came in."""
    return list(session.scalars(select(Tip).order_by(Tip.id)))


def case_of(session: Session, reference: str = ROBBERY) -> Case:
    """The case with this reference."""
    return session.scalars(select(Case).where(Case.reference == reference)).one()
