"""Invented people for the demo: staff, and neighbours who follow areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.importing.official import load_demo, load_official
from areas.kinds import AreaKind
from areas.lookup import find_area
from dispatch.contacts import ensure_contact
from dispatch.models import Channel
from staff.accounts import create_staff
from staff.models import Staff
from staff.permissions import Role
from subscribers.models import Evidence, Subscriber
from subscribers.subscribing import subscribe

PASSWORD = "varsko-demo-3400"
DISTRICTS = ["9"]  # Nordsjællands Politi, where Hillerød lies


@dataclass(frozen=True)
class Login:
    """Who can sign in to the demo."""

    login: str
    name: str
    role: Role

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.login}@varsko.test"


LOGINS = (
    Login("betjent", "Bente Betjent", Role.OFFICER),
    Login("godkender", "Gitte Godkender", Role.APPROVER),
    Login("efterforsker", "Erik Efterforsker", Role.INVESTIGATOR),
    Login("administrator", "Anna Administrator", Role.ADMINISTRATOR),
)

FOLLOWED = (
    (AreaKind.POSTCODE, "3400"),
    (AreaKind.MUNICIPALITY, "0219"),
    (AreaKind.NEIGHBOURHOOD, "demo-01"),
    (AreaKind.POSTCODE, "3480"),
    (AreaKind.POSTCODE, "3450"),
)
"""What the invented neighbours follow, in turn."""

PHONES = tuple(f"+45522000{number:02d}" for number in range(1, 31))
MAILBOXES = ("familien.holm@example.dk", "s.birk@example.dk", "karla.lund@example.com")


def populate(session: Session, totp_secrets: Mapping[str, str]) -> None:
    """Load the areas and the invented people, as far as they are not there yet."""
    load_official(session)
    load_demo(session)
    known = set(session.scalars(select(Staff.email)))
    for login in LOGINS:
        if login.email not in known:
            create_staff(
                session,
                email=login.email,
                name=login.name,
                password=PASSWORD,
                roles=[login.role],
                districts=DISTRICTS,
                totp_secret=totp_secrets[login.login],
            )
    if session.scalar(select(Subscriber.id).limit(1)) is None:
        addresses = [(Channel.SMS, phone, Evidence.INBOUND_SMS) for phone in PHONES]
        addresses += [(Channel.EMAIL, mailbox, Evidence.WEB_FORM) for mailbox in MAILBOXES]
        for turn, (channel, address, evidence) in enumerate(addresses):
            kind, code = FOLLOWED[turn % len(FOLLOWED)]
            subscribe(
                session,
                ensure_contact(session, channel, address),
                [find_area(session, kind, code)],
                language="en" if turn % 10 == 9 else "da",
                evidence=evidence,
            )
