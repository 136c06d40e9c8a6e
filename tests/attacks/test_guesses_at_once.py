"""Codes that are tried at the same moment: each is checked after those before it were counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from database import current_database
from staff.models import FREE_ATTEMPTS
from staff.permissions import Role
from tests.apps import close_app
from tests.conftest import Browser
from tests.settings import make_config
from tests.staff.factories import (
    PASSWORD,
    code_now,
    csrf_token,
    forget_used_code,
    give_password,
    make_staff,
    sign_in,
)
from web.http.app import VarskoApp
from wsgi import create_app

pytestmark = pytest.mark.postgresql

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
Guess = Callable[[str], str | None]


@pytest.fixture
def app(postgresql_url: str) -> Iterator[VarskoApp]:
    app = create_app(make_config(database_url=postgresql_url))
    app.test_client_class = Browser
    with app.app_context():
        yield app
    close_app(app)


@contextmanager
def held(postgresql_url: str, staff_id: int) -> Iterator[Callable[[int], None]]:
    """Hold the account's row; yields what waits until so many requests stand in line for it."""
    engine = create_engine(postgresql_url)
    with engine.connect() as holder, engine.connect() as watcher:
        holder.execute(text("SELECT id FROM staff WHERE id = :id FOR UPDATE"), {"id": staff_id})

        def until_waiting(requests: int) -> None:
            while watcher.scalar(text(WAITING)) < requests:
                watcher.rollback()

        yield until_waiting
    engine.dispose()


def at_code(app: VarskoApp, staff: object) -> Guess:
    """Give the password; returns how a code is tried from there: None if it was refused."""
    client = app.test_client()
    give_password(client, staff)  # type: ignore[arg-type]
    token = csrf_token(client.get("/staff/two-factor"))
    return lambda code: _location(client, "/staff/two-factor", {"csrf_token": token, "code": code})


def at_password(app: VarskoApp, staff: object) -> Guess:
    """Sign in; returns how the password is confirmed from there."""
    client = sign_in(app.test_client(), staff)  # type: ignore[arg-type]
    token = csrf_token(client.get("/staff/verify"))
    return lambda word: _location(client, "/staff/verify", {"csrf_token": token, "password": word})


def _location(client: FlaskClient, address: str, fields: dict[str, str]) -> str | None:
    with client.application.app_context():
        return client.post(address, data=fields).location


@pytest.mark.parametrize(
    ("ready", "wrong", "right"),
    [(at_code, "000000", code_now), (at_password, "not this one", lambda: PASSWORD)],
)
def test_the_right_guess_in_line_behind_the_last_wrong_one_is_refused(
    app: VarskoApp,
    postgresql_url: str,
    ready: Callable[[VarskoApp, object], Guess],
    wrong: str,
    right: Callable[[], str],
) -> None:
    with current_database().unit_of_work() as session:
        officer = make_staff(session, [Role.OFFICER])
    guess = ready(app, officer)
    forget_used_code(officer)
    for _ in range(FREE_ATTEMPTS - 1):
        assert guess(wrong) is None
    with ThreadPoolExecutor(2) as pool:
        with held(postgresql_url, officer.id) as until_waiting:
            last = pool.submit(guess, wrong)
            until_waiting(1)
            behind = pool.submit(guess, right())
            until_waiting(2)
        assert last.result() is None
        assert behind.result() is None
