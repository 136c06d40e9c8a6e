"""Staff for tests: accounts with a known password and app, and a real sign-in through the forms."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping

import pyotp
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from database import current_database
from staff.accounts import create_staff
from staff.models import Staff
from staff.permissions import Role

PASSWORD = "fire tilfældige ord her"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')

_numbers = itertools.count(1)


def make_staff(
    session: Session,
    roles: Iterable[Role] = (Role.OFFICER,),
    districts: Iterable[str] = (),
    *,
    name: str = "",
    email: str = "",
    totp_secret: str | None = TOTP_SECRET,
    must_change_password: bool = False,
) -> Staff:
    """An account whose password is :data:`PASSWORD` and whose app has :data:`TOTP_SECRET`."""
    number = next(_numbers)
    return create_staff(
        session,
        email=email or f"betjent{number}@politi.test",
        name=name or f"Betjent {number}",
        password=PASSWORD,
        roles=roles,
        districts=districts,
        totp_secret=totp_secret,
        must_change_password=must_change_password,
    )


def code_now(secret: str = TOTP_SECRET) -> str:
    """The six digits that the app shows now."""
    return pyotp.TOTP(secret).now()


def csrf_token(page: TestResponse) -> str:
    """The token of the page's form."""
    found = TOKEN.search(page.text)
    assert found, f"no form on the page (status {page.status_code})"
    return found.group(1)


def submit(
    client: FlaskClient, address: str, fields: Mapping[str, object] | None = None
) -> TestResponse:
    """Open the page at ``address`` and post its form with these fields."""
    token = csrf_token(client.get(address))
    data = {"csrf_token": token, **(fields or {})}
    return client.post(address, data=data)


def give_password(
    client: FlaskClient, staff: Staff, password: str = PASSWORD, address: str = "/staff/login"
) -> TestResponse:
    """The first step of signing in."""
    return submit(client, address, {"email": staff.email, "password": password})


def give_code(client: FlaskClient, code: str | None = None) -> TestResponse:
    """The second step of signing in, with the app's code."""
    return submit(client, "/staff/two-factor", {"code": code or code_now()})


def forget_used_code(staff: Staff) -> None:
    """Let the code of this half minute be used once more: tests don't wait for the next."""
    with current_database().unit_of_work() as session:
        found = session.get(Staff, staff.id)
        assert found is not None
        found.totp_last_counter = None


def sign_in(client: FlaskClient, staff: Staff) -> FlaskClient:
    """Sign in through the real forms (needs an app context); returns the client."""
    forget_used_code(staff)
    first = give_password(client, staff)
    assert first.status_code == 302, first.text
    second = give_code(client)
    assert second.status_code == 302, second.text
    return client


def api_headers(client: FlaskClient) -> dict[str, str]:
    """The header that a signed-in client's changes through the API need."""
    return {"X-CSRFToken": csrf_token(client.get("/staff/profile"))}
