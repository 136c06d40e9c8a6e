"""The whole road over HTTP and SMTP, on SQLite and on PostgreSQL, with the simulator.

Scheduler and engine run as they do in service; nothing is driven by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from areas.importing.official import load_official
from database import current_database
from dispatch import Dispatcher
from simulator import Simulator
from staff.permissions import Role
from tests.dispatch.fixtures import MakeApp
from tests.staff.factories import PASSWORD, code_now, make_staff

METTE, JONAS, AMIRA = "+4531234501", "+4531234502", "+4531234503"
HOLM = "holm@example.dk"
CASE = "0900-10161-00018-24"
ALERT = {
    "kind": "witness_appeal",
    "case_reference": CASE,
    "severity": "moderate",
    "target": {"areas": ["municipality:0219"]},
    "texts": {
        "da": {"title": "Vidner søges i Hillerød", "body": "Så du noget i Slotsgade?"},
        "en": {"title": "Witnesses sought in Hillerød", "body": "Did you see anything?"},
    },
}


class Visitor:
    """Somebody with a browser: keeps cookies, fills in forms with their tokens."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = requests.Session()

    def get(self, path: str) -> requests.Response:
        """Read a page."""
        return self._checked(self.http.get(self.base + path, timeout=120))

    def submit(self, path: str, **fields: Any) -> requests.Response:
        """Fill in the form of a page and send it."""
        hidden = dict(
            re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.get(path).text)
        )
        return self._checked(self.http.post(self.base + path, {**hidden, **fields}, timeout=120))

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call the JSON API with the session's CSRF token."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/staff/profile").text)
        assert token
        answer = self.http.request(
            method,
            self.base + path,
            json=body,
            headers={"X-CSRFToken": token.group(1), "Referer": self.base, **headers},
            timeout=120,
        )
        return self._checked(answer).json()

    def _checked(self, answer: requests.Response) -> requests.Response:
        assert answer.status_code < 400, f"{answer.url}: {answer.status_code} {answer.text[-2000:]}"
        return answer


@pytest.fixture
def service(make_app: MakeApp) -> Iterator[str]:
    """The service with its dispatcher running; gives its address."""
    app = make_app()
    with app.app_context():
        with current_database().unit_of_work() as session:
            load_official(session)
            for role, email in (
                (Role.OFFICER, "betjent@politi.test"),
                (Role.INVESTIGATOR, "efterforsker@politi.test"),
            ):
                make_staff(session, [role], ["9"], email=email)
        dispatcher = Dispatcher(app)
        dispatcher.start()
        yield app.extensions["varsko_config"].public_url
        dispatcher.stop()


def sign_in(visitor: Visitor, email: str) -> None:
    """Password, then the code of the app."""
    answer = visitor.submit("/staff/login", email=email, password=PASSWORD)
    path = answer.url.removeprefix(visitor.base)
    visitor.submit(path, code=code_now())


def answer_to(simulator: Simulator, sender: str, text: str) -> str:
    """What a phone that writes to the service is answered."""
    before = len(simulator.phone(sender).texts)
    assert simulator.receive_sms(sender, text).status == 200
    simulator.wait_for(lambda: len(simulator.phone(sender).texts) > before, timeout=120)
    return simulator.phone(sender).texts[before]


def test_the_whole_road(service: str, simulator: Simulator) -> None:
    citizen, officer, investigator = Visitor(service), Visitor(service), Visitor(service)

    # Sign up: Mette and Jonas by SMS, the Holms by the form and the link in the mail.
    assert "3400 Hillerød" in answer_to(simulator, METTE, "TRYK 3400")
    assert "8000 Aarhus C" in answer_to(simulator, JONAS, "TILMELD 8000")
    citizen.submit("/tilmeld", email=HOLM, places="Hillerød Kommune", language="en", consent="true")
    simulator.wait_for(lambda: bool(simulator.mailbox(HOLM).messages), timeout=120)
    link = next(link for link in simulator.mailbox(HOLM).messages[0].links if "/mail/" in link)
    assert not citizen.submit(link.removeprefix(service)).history[0].cookies

    # Alert: only those in Hillerød get it, each in their language, once.
    sign_in(officer, "betjent@politi.test")
    alert = officer.call("POST", "/api/v1/alerts", ALERT)
    path = f"/api/v1/alerts/{alert['code']}"
    assert officer.call("GET", f"{path}/preview")["recipients"] == 2
    for _ in range(2):
        officer.call("POST", f"{path}/publish", **{"Idempotency-Key": "one-and-the-same"})
    simulator.wait_for(
        lambda: any("Slotsgade" in text for text in simulator.phone(METTE).texts), timeout=120
    )
    simulator.wait_for(
        lambda: any("Witnesses" in mail.subject for mail in simulator.mailbox(HOLM).messages),
        timeout=120,
    )
    assert not any("Slotsgade" in text for text in simulator.phone(JONAS).texts)

    # Answer: by SMS from one who got it, by SMS with the case's number, by the anonymous form.
    assert CASE in answer_to(simulator, METTE, "En hvid varevogn kl. 2")
    assert CASE in answer_to(simulator, AMIRA, f"Sag {CASE}: jeg har nummerpladen")
    citizen.submit(f"/varsel/{alert['code']}/tip", text="Den holdt ved banken")
    assert not citizen.http.cookies

    # Investigate: all three are on the case, nobody's number is.
    sign_in(investigator, "efterforsker@politi.test")
    case = investigator.call("GET", "/api/v1/cases")["cases"][0]
    assert case["reference"] == CASE
    tips = investigator.call("GET", f"/api/v1/cases/{case['id']}/tips")["tips"]
    read = [investigator.call("GET", f"/api/v1/tips/{tip['id']}") for tip in tips]
    assert {tip["text"] for tip in read} >= {"En hvid varevogn kl. 2", "Den holdt ved banken"}
    assert len(read) == 3
    assert "31234501" not in str(read)

    # Close: those who got the alert hear how it ended, and nobody else.
    simulator.wait_for(
        lambda: officer.call("GET", path)["status"] == "active",
        timeout=120,
    )
    officer.call(
        "POST",
        f"{path}/close",
        {"texts": {"da": "Varevognen er fundet.", "en": "The van was found."}},
        **{"Idempotency-Key": "how-it-ended"},
    )
    simulator.wait_for(
        lambda: any("fundet" in text for text in simulator.phone(METTE).texts), timeout=120
    )
    simulator.wait_for(lambda: len(simulator.mailbox(HOLM).messages) == 4, timeout=120)
    assert sum("Slotsgade" in text for text in simulator.phone(METTE).texts) == 1
    assert not any("fundet" in text for text in simulator.phone(JONAS).texts)
