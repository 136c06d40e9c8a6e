"""One small world with something in every state, for tests that look at whole pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from alerts.approving.approval import content_of
from alerts.approving.steps import approve_alert, reject_alert, return_alert, submit_alert
from alerts.composing.saving import draft_alert
from alerts.desk.check_page import TOO_LATE
from alerts.draft import AlertDraft, Wording
from alerts.kinds import AlertKind
from alerts.models import Alert, ReleaseKind, Severity
from alerts.presets.content import PresetContent
from alerts.presets.keeping import create_preset
from alerts.releasing.follow_ups import close_alert, save_follow_up, send_update
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import find_release
from alerts.releasing.steering import cancel_alert, stop_alert
from alerts.releasing.withdrawing import withdraw_alert
from areas.kinds import AreaKind
from areas.lookup import find_area
from callout.models import StaffPhone
from cases.models import Case
from cases.opening import close_case
from database import current_database, utcnow
from demo.people import LOGINS, MAILBOXES, PHONES, populate
from demo.people import PASSWORD as DEMO_PASSWORD
from dispatch import Dispatcher, PauseReason, pause_broadcast
from dispatch.contacts import find_contact
from dispatch.models import Broadcast, BroadcastStatus, Channel, Contact
from dispatch.signed_links import Purpose, Tokens
from simulator import Simulator
from staff.actor import Actor
from staff.models import Staff
from staff.permissions import Role
from subscribers.erasing.link import erase_token
from subscribers.my_page_link import token_for
from subscribers.my_pages import LINK_PAGE
from subscribers.sign_up import SignUpRequest, find_sign_up, send_secret, start_sign_up
from subscribers.undo_leaving import undo_token
from tests.apps import close_app
from tests.browser import serve
from tests.conftest import Browser
from tests.dispatch.fixtures import deliver
from tests.settings import make_config
from tests.staff.factories import (
    PASSWORD,
    TOTP_SECRET,
    forget_used_code,
    give_code,
    give_password,
    make_staff,
)
from tests.subscribers.factories import sent_to
from tests.tips.factories import text_in
from tests.visits import AWAY, BROKEN
from tips.intake.receiving import WebTip, receive_web_tip
from tips.models import Tip, TipStatus
from tips.pages import thanks_page
from tips.review import mark_tip, take_tip
from web.http.access import public
from web.http.app import VarskoApp
from web.http.receipts import receipt
from wsgi import create_app

ROBBERY, BURGLARY = "0900-10161-00018-24", "0900-10161-00021-24"
NOBODYS_CASE = "0900-10161-99999-24"
LEAVING = ("leaver", "leaving_mail")
STRANGER = "+4520202020"
ENGLISH = Wording("Robbery in Hillerød", "Did you see a white van near Slotsgade at 2 a.m.?")
DANISH = Wording(
    "Røveri mod guldsmed på Slotsgade i Hillerød",
    "Har du set en hvid varevogn ved Slotsgade kl. 2 i nat? Svar på denne besked.",
)


@dataclass(frozen=True)
class World:
    """The running service. ``names`` are what addresses are made of, ``staff`` by who they are."""

    app: VarskoApp
    url: str
    names: dict[str, Any]
    staff: dict[str, Staff]

    def fill_in(self, text: str, language: str = "da") -> str:
        """An address with names in it. Who leaves can do so once: in each language another."""
        return text.format_map(
            {**self.names, **{name: self.names[f"{name}_{language}"] for name in LEAVING}}
        )

    def sign_in(self, who: str) -> str | None:
        """The session cookie of one of the staff, as far in as that person is."""
        client = self.app.test_client()
        staff = self.staff[who]
        forget_used_code(staff)
        of_demo = staff.email in {login.email for login in LOGINS}
        give_password(client, staff, DEMO_PASSWORD if of_demo else PASSWORD)
        if who not in ("halfway", "newcomer"):
            give_code(client)
        return cookie_of(client)


def cookie_of(client: FlaskClient) -> str | None:
    """What a signed-in client's session cookie holds."""
    cookie = client.get_cookie("varsko")
    return cookie.value if cookie else None


@contextmanager
def make_world(database_url: str, simulator: Simulator) -> Iterator[World]:
    """Build it, and serve it for the block."""
    app = create_app(
        make_config(
            database_url=database_url,
            twilio_api_url=simulator.api_url,
            smtp_host=simulator.smtp_host,
            smtp_port=simulator.smtp_port,
        )
    )
    app.test_client_class = Browser
    app.config["PROPAGATE_EXCEPTIONS"] = False  # the page for people, as in service
    add_broken_pages(app)
    with serve(app) as url, app.app_context():
        config = replace(app.extensions["varsko_config"], public_url=url)
        app.extensions["varsko_config"] = config
        work = current_database().unit_of_work
        with work() as session:
            staff = add_staff(session)
            add_first_alerts(session, Actor.of(staff["officer"]))
        deliver(simulator, Dispatcher(app))
        with work() as session:
            names = add_alerts_in_every_state(session, Actor.of(staff["officer"]))
            names |= add_approvals(session, Actor.of(staff["officer"]), Actor.of(staff["approver"]))
            names |= add_presets(session, Actor.of(staff["officer"]))
            names |= add_tips(session, Actor.of(staff["investigator"]))
            names |= add_citizens(session, Tokens(config.secret_key))
        names |= {f"{who}_id": person.id for who, person in staff.items()}
        yield World(app, url, names, staff)
    close_app(app)


def add_broken_pages(app: VarskoApp) -> None:
    """A page that fails, and one that finds no database."""

    @app.get(BROKEN)
    @public
    def broken() -> str:
        raise RuntimeError("this page is broken")

    @app.get(AWAY)
    @public
    def away() -> str:
        raise OperationalError("select 1", {}, Exception("the database is away"))


def add_staff(session: Session) -> dict[str, Staff]:
    """The demo's, and those who are on their way in, or elsewhere."""
    populate(session, defaultdict(lambda: TOTP_SECRET))
    found = {
        login.role.value: session.scalars(select(Staff).where(Staff.email == login.email)).one()
        for login in LOGINS
    }
    # One phone waits for its code, another is known.
    session.add(StaffPhone(staff_id=found["approver"].id, number="+4520304050"))
    session.add(
        StaffPhone(staff_id=found["investigator"].id, number="+4520304051", confirmed_at=utcnow())
    )
    elsewhere = [Role.OFFICER, Role.INVESTIGATOR, Role.ADMINISTRATOR]
    return {
        **found,
        "elsewhere": make_staff(session, elsewhere, ["12"], name="Else Evensen"),
        "halfway": make_staff(session, name="Hans Halvvejs"),
        "newcomer": make_staff(session, name="Nina Nymand", totp_secret=None),
        "beginner": make_staff(session, name="Bo Begynder", must_change_password=True),
        "colleague": make_staff(
            session, districts=found["officer"].district_codes, name="Karen Kollega"
        ),
        "closed": _closed_account(session),
    }


def _closed_account(session: Session) -> Staff:
    staff = make_staff(session, name="Knud Knudsen")
    staff.active = False
    return staff


def a_draft(session: Session, officer: Actor, **changes: Any) -> Alert:
    """A witness appeal to postcode 3400, in both languages."""
    content: dict[str, Any] = {
        "kind": AlertKind.WITNESS_APPEAL,
        "severity": Severity.SEVERE,
        "target": {"area_ids": [find_area(session, AreaKind.POSTCODE, "3400").id]},
        "texts": {"da": DANISH, "en": ENGLISH},
        "case_reference": ROBBERY,
    }
    return draft_alert(session, officer, AlertDraft(**{**content, **changes}))


def sent(session: Session, officer: Actor, **changes: Any) -> Alert:
    """A published alert."""
    alert = a_draft(session, officer, **changes)
    return publish_alert(session, officer, alert, f"key-of-{alert.code}")


def add_first_alerts(session: Session, officer: Actor) -> None:
    """Two alerts, still to be delivered."""
    sent(session, officer)
    sent(session, officer, case_reference=BURGLARY, texts={"da": DANISH})


def add_alerts_in_every_state(session: Session, officer: Actor) -> dict[str, Any]:
    """What has been delivered becomes active and closed; the others are where they are."""
    active, closed = session.scalars(select(Alert).order_by(Alert.id))
    news = {"da": "Bilen var grå, ikke hvid.", "en": "The van was grey, not white."}
    send_update(session, officer, active, news, "key-of-update")
    close_alert(session, officer, closed, {"da": "Bilen er fundet. Tak."}, "key-of-closure")
    neighbourhood = find_area(session, AreaKind.NEIGHBOURHOOD, "demo-01").id
    missing = sent(
        session, officer, kind=AlertKind.MISSING_PERSON, severity=Severity.EXTREME,
        target={"area_ids": [neighbourhood]}, texts={"da": DANISH}, case_reference=BURGLARY,
    )  # fmt: skip
    circle = a_draft(
        session, officer, kind=AlertKind.AREA_ALERT, case_reference=None,
        target={"centre": [12.3008, 55.9279], "radius_m": 1500}, texts={"da": DANISH},
    )  # fmt: skip
    held = sent(session, officer, severity=Severity.MODERATE)
    pause_first(session, held)
    stopped = stop_alert(session, officer, sent(session, officer, severity=Severity.MINOR))
    cancelled = cancel_alert(session, officer, a_draft(session, officer))
    withdrawn = sent(session, officer, severity=Severity.MINOR)
    wrong = {"da": "Det var en anden gade. Vi skriver igen.", "en": "It was another street."}
    withdraw_alert(session, officer, withdrawn, wrong, "key-of-withdrawal")
    later = utcnow() + timedelta(hours=5)
    return {
        "active": active.code,
        "tip_received": receipt(thanks_page(active), "received"),
        "tip_urgent": receipt(thanks_page(active), "urgent"),
        "closed": closed.code,
        "sending": missing.code,
        "draft": a_draft(session, officer).code,
        "circle": circle.code,
        "held": held.code,
        "stopped": stopped.code,
        "cancelled": cancelled.code,
        "withdrawn": withdrawn.code,
        "scheduled": sent(session, officer, send_at=later).code,
    }


def add_approvals(session: Session, officer: Actor, approver: Actor) -> dict[str, Any]:
    """Alerts on each step to their approval, and one that was sent without it."""

    def due() -> Alert:
        return a_draft(session, officer, severity=Severity.EXTREME)

    def submitted() -> Alert:
        return submit_alert(session, officer, due(), "Det haster lidt.")

    def decided(step: Any, *said: str) -> Alert:
        alert = submitted()
        decision: Alert = step(
            session, approver, alert, *said, seen=AlertDraft.of(alert).fingerprint()
        )
        return decision

    unapproved = due()
    publish_alert(
        session, officer, unapproved, "key-of-unapproved", without_approval="Ingen er på vagt."
    )

    def following(*step: Any) -> str:
        texts = {"da": Wording(DANISH.title, "Bilen var grå, ikke hvid.")}
        kept = save_follow_up(session, officer, unapproved, ReleaseKind.UPDATE, texts)
        submit_alert(session, officer, kept, "Det haster lidt.")
        if step:
            decide, *said = step
            decide(session, approver, kept, *said, seen=content_of(session, kept).fingerprint())
        return f"{unapproved.code}/follow-ups/{kept.id}"

    return {
        "follow_up": following(),
        "follow_up_approved": following(approve_alert),
        "follow_up_returned": following(return_alert, "Hvilken bil?"),
        "due": due().code,
        "submitted": submitted().code,
        "approved": decided(approve_alert).code,
        "returned": decided(return_alert, "Skriv også, hvilken vej bilen kørte.").code,
        "rejected": (rejected := decided(reject_alert, "Sagen er lukket.")).code,
        "rejected_late": receipt(rejected.code, TOO_LATE),
        "unapproved": unapproved.code,
    }


def add_presets(session: Session, officer: Actor) -> dict[str, Any]:
    """A template with gaps, and a saved area."""
    (district,) = officer.districts
    texts = {
        "da": Wording("Røg ved [hvor]", "Luk vinduer og døre til [hvornår]."),
        "en": Wording("Smoke near [where]", "Close windows and doors until [when]."),
    }
    smoke = PresetContent(
        name="Røg fra brand", district=district, kind=AlertKind.AREA_ALERT, texts=texts
    )
    circle = {"centre": [12.3008, 55.9279], "radius_m": 800}
    town = PresetContent(name="Bymidten og stationen", district=district, target=circle)
    return {
        "template": create_preset(session, officer, smoke).id,
        "saved_area": create_preset(session, officer, town).id,
    }


def pause_first(session: Session, alert: Alert) -> None:
    """Let a sending begin and pause itself, for a reason of the provider's."""
    release = find_release(session, alert, ReleaseKind.INITIAL)
    assert release is not None
    broadcast = session.get_one(Broadcast, release.broadcast_ids[0])
    broadcast.status, broadcast.started_at = BroadcastStatus.EXPANDING, utcnow()
    session.flush()
    pause_broadcast(session, broadcast.id, PauseReason.configuration("twilio", "20003"))


def add_tips(session: Session, investigator: Actor) -> dict[str, Any]:
    """Tips on a case of more than one page, and in the queue."""
    for number in range(48):
        text_in(session, f"Sag {ROBBERY}: jeg så bil {number}", f"+45201{number % 9:05d}")
    text_in(session, f"Sag {ROBBERY}: han har en kniv, og nogen er i fare", PHONES[0])
    text_in(session, f"Sag {ROBBERY}: {'en meget lang fortælling ' * 60}", PHONES[5])
    text_in(session, "www.eksempel.dk/" + "uden-mellemrum-" * 30 + f" {ROBBERY}", STRANGER)
    text_in(session, f"Sag {NOBODYS_CASE}: det var ham", STRANGER)
    text_in(session, "Jeg så en varevogn, men ved ikke, hvilken sag det er")
    alert = session.scalars(select(Alert).order_by(Alert.id)).first()
    assert alert is not None
    from_form = receive_web_tip(
        session, alert, WebTip("En mand i rød jakke.", "Ved stationen i går", "Anna 20123456"), "da"
    )
    tips = session.scalars(select(Tip).where(Tip.case_id.is_not(None)).order_by(Tip.id)).all()
    mark_tip(session, investigator, tips[0].id, TipStatus.USEFUL, "Vidne: 20 12 34 56.")
    mark_tip(session, investigator, tips[1].id, TipStatus.NOT_USEFUL)
    mark_tip(session, investigator, tips[2].id, TipStatus.READ)
    take_tip(session, investigator, tips[3].id)
    case, other = session.scalars(select(Case).order_by(Case.id))
    close_case(session, investigator, other.id)
    queue = session.scalars(select(Tip).where(Tip.case_id.is_(None)).order_by(Tip.id)).first()
    assert queue is not None
    return {
        "case": case.id,
        "closed_case": other.id,
        "useful": tips[0].id,
        "urgent": session.scalars(select(Tip.id).where(Tip.urgent)).one(),
        "endless": tips[50].id,
        "from_form": from_form.id,
        "unassigned": queue.id,
    }


def add_citizens(session: Session, tokens: Tokens) -> dict[str, Any]:
    """One who is signing up, and links of those who are signed up."""
    area = find_area(session, AreaKind.POSTCODE, "3400")
    wanted = SignUpRequest("+4522334455", "ny.nabo@example.dk", [area], "da")
    started = start_sign_up(session, wanted, "the world's network")
    find_sign_up(session, started.token).resends = 1
    for asked in started.to_send:
        send_secret(session, asked)
    mail = sent_to(session, "ny.nabo@example.dk")[-1]

    def contact(address: str) -> Contact:
        found = find_contact(session, Channel.EMAIL if "@" in address else Channel.SMS, address)
        assert found is not None
        return found

    return {
        "sign_up": started.token,
        "mail_link": mail.split("/tilmeld/mail/")[1].split()[0],
        "undo": undo_token([], [], [], "da"),
        "link_limited": receipt(LINK_PAGE, "for-mange"),
        "my_page": (own := token_for(session, contact(MAILBOXES[0]))),
        "erase": erase_token(contact(MAILBOXES[0])),
        "erased": erase_token(Contact(id=2**40)),
        "welcomed": receipt(own, "velkommen"),
        "leaver_da": token_for(session, contact(PHONES[20])),
        "leaver_en": token_for(session, contact(PHONES[21])),
        "unsubscribe": tokens.make(Purpose.UNSUBSCRIBE, contact(MAILBOXES[0]).id),
        "leaving_mail_da": tokens.make(Purpose.UNSUBSCRIBE, contact(MAILBOXES[1]).id),
        "leaving_mail_en": tokens.make(Purpose.UNSUBSCRIBE, contact(MAILBOXES[2]).id),
    }
