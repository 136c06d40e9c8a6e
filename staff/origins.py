"""Where an attempt to sign in comes from: a known device, a network, or a session that is open.

Wrong passwords are counted for each account and origin, so that guessing from elsewhere does not
lock anybody out. A device is known to an account once both factors were right on it: a signed
cookie says so, until the password changes. It holds no name, and several people may share it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from flask import Response, after_this_request, current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer

from web.http.rate_limits import caller

KNOWN_DAYS = 365
ACCOUNTS_ON_A_DEVICE = 20
NETWORK = "network:"


@dataclass(frozen=True)
class Device:
    """A browser's cookie: its random name, and a mark for each account that signed in on it."""

    name: str = field(default_factory=lambda: secrets.token_hex(8))
    marks: dict[str, str] = field(default_factory=dict)

    def knows(self, staff_id: int, password_hash: str) -> bool:
        """Whether this account signed in here with its present password."""
        mark = self.marks.get(str(staff_id), "")
        return hmac.compare_digest(mark, _mark(staff_id, password_hash))


def origin_of_attempt(staff_id: int, password_hash: str) -> str:
    """Under what a wrong password or code of this request is counted, for this account."""
    actor = g.get("varsko_actor")
    if actor is not None and actor.staff_id == staff_id:
        return "session"
    device = current_device()
    if device is not None and device.knows(staff_id, password_hash):
        return f"device:{device.name}"
    return f"{NETWORK}{caller()}"


def current_device() -> Device | None:
    """The device whose cookie came with this request, if it is one of ours."""
    try:
        held = _serializer().loads(request.cookies.get(_cookie(), ""), max_age=KNOWN_DAYS * 86_400)
        return Device(str(held["name"]), dict(held["marks"]))
    except (BadData, KeyError, TypeError, ValueError):
        return None


def remember_device(staff_id: int, password_hash: str) -> None:
    """Let this browser be known to an account: both of its factors were right here."""
    device = current_device() or Device()
    marks = {**device.marks}
    marks.pop(str(staff_id), None)
    marks[str(staff_id)] = _mark(staff_id, password_hash)
    kept = dict(list(marks.items())[-ACCOUNTS_ON_A_DEVICE:])
    value = _serializer().dumps({"name": device.name, "marks": kept})

    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(
            _cookie(),
            value,
            max_age=KNOWN_DAYS * 86_400,
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
            httponly=True,
            samesite="Lax",
        )
        return response


def _mark(staff_id: int, password_hash: str) -> str:
    key = f"known device {current_app.config['SECRET_KEY']}".encode()
    return hmac.digest(key, f"{staff_id}:{password_hash}".encode(), hashlib.sha256).hex()[:24]


def _cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="staff.known-device")
