"""The sign-up form as the tests fill it in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.subscribers.factories import sent_to

Work = Callable[[], AbstractContextManager[Session]]


def fill_in(client: FlaskClient, **changes: Any) -> TestResponse:
    """Submit the form for a phone and 3400; None leaves a field out."""
    form = {"phone": "22 33 44 55", "places": "3400", "language": "da", "consent": "true"}
    form.update(changes)
    return client.post("/tilmeld", data={k: v for k, v in form.items() if v is not None})


def last_sent(work: Work, address: str) -> str:
    with work() as session:
        return sent_to(session, address)[-1]


def confirm(client: FlaskClient, answer: TestResponse, code: str) -> TestResponse:
    return client.post(answer.location, data={"code": code})


def count(session: Session, model: type[object]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0
