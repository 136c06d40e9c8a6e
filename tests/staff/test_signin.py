"""The road in: password, then the app's code."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlencode

import pyotp
import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from audit.models import AuditEntry
from database import current_database
from staff import accounts
from staff.access import LONGEST_SECONDS
from staff.models import Staff
from tests.apps import close_app
from tests.settings import make_config
from tests.staff.factories import (
    PASSWORD,
    code_now,
    csrf_token,
    forget_used_code,
    give_code,
    give_password,
    make_staff,
    sign_in,
    submit,
)
from web.http.app import VarskoApp
from web.http.rate_limits import limiter
from wsgi import create_app

pytestmark = pytest.mark.one_database
IDLE = 30 * 60


def reload(staff: Staff) -> Staff:
    with current_database().unit_of_work() as session:
        found = session.get(Staff, staff.id)
        assert found is not None
        return found


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/staff/").status_code == 200


def test_password_and_code_open_the_desk(client: FlaskClient, officer: Staff) -> None:
    first = give_password(client, officer)
    assert first.status_code == 302
    assert not is_signed_in(client)
    give_password(client, officer)
    second = give_code(client)
    assert second.status_code == 302
    page = client.get("/staff/")
    assert page.status_code == 200
    assert "Olga Officer" in page.text


def test_the_page_asked_for_opens_after_signing_in(client: FlaskClient, officer: Staff) -> None:
    away = client.get("/staff/profile?x=1")
    assert away.status_code == 302
    first = give_password(client, officer, address=away.location)
    submitted = submit(client, first.location, {"code": code_now()})
    assert submitted.location.endswith("/staff/profile?x=1")


def test_signing_in_leads_nowhere_outside(client: FlaskClient, officer: Staff) -> None:
    form = {"csrf_token": csrf_token(client.get("/staff/login")), "email": officer.email}
    address = "/staff/login?next=https://evil.example/"
    first = client.post(address, data={**form, "password": PASSWORD})
    assert "evil" not in (first.location or "")


@pytest.mark.parametrize("language", ["", "/en"])
def test_signing_in_without_a_page_in_mind_takes_no_host_from_the_request(
    client: FlaskClient, officer: Staff, language: str
) -> None:
    headers = {"Host": "localhost:9999"}
    form = {"csrf_token": csrf_token(client.get(f"{language}/staff/login")), "email": officer.email}
    first = client.post(
        f"{language}/staff/login", data={**form, "password": PASSWORD}, headers=headers
    )
    assert first.status_code == 302
    assert first.location.startswith(f"{language}/staff/two-factor")
    assert "9999" not in first.location
    last = submit(client, first.location, {"code": code_now()})
    assert last.location.endswith(f"{language}/staff/")


def test_the_english_desk_keeps_its_language(client: FlaskClient, officer: Staff) -> None:
    away = client.get("/en/staff/profile")
    assert away.location.startswith("/en/staff/login")
    page = client.get(away.location)
    assert "Sign in" in page.text
    first = give_password(client, officer, address=away.location)
    submitted = submit(client, first.location, {"code": code_now()})
    assert submitted.location.endswith("/en/staff/profile")


def test_wrong_password_and_unknown_person_are_told_the_same(
    client: FlaskClient, officer: Staff
) -> None:
    def said(email: str, password: str) -> str:
        page = submit(client, "/staff/login", {"email": email, "password": password})
        assert page.status_code == 200
        found = re.search(r'<div class="error-summary.*?</div>', page.text, re.S)
        assert found
        return found.group(0)

    wrong = said(officer.email, "noget helt andet end det")
    assert wrong == said("nobody@politi.test", PASSWORD)
    assert wrong == said("not an address", PASSWORD)


def test_a_wrong_code_does_not_let_in(client: FlaskClient, officer: Staff) -> None:
    give_password(client, officer)
    page = give_code(client, "000000" if code_now() != "000000" else "000001")
    assert page.status_code == 200
    assert "passer ikke" in page.text
    assert not is_signed_in(client)


def test_a_code_is_good_for_one_use(app: VarskoApp, officer: Staff) -> None:
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False):
        sign_in(app.test_client(), officer)
        second = app.test_client()
        give_password(second, officer)
        assert give_code(second).status_code == 200
        assert not is_signed_in(second)


def test_five_wrong_passwords_lock_the_account_for_a_minute(
    app: VarskoApp, client: FlaskClient, officer: Staff
) -> None:
    now = dt.datetime.now(dt.UTC)
    with time_machine.travel(now, tick=False) as clock:
        for _ in range(5):
            give_password(client, officer, "noget helt andet")
        assert give_password(client, officer).status_code == 200
        clock.shift(61)
        sign_in(client, officer)
        assert is_signed_in(client)
    with current_database().unit_of_work() as session:
        assert accounts.get_staff(session, officer.id).failures == []


def test_wrong_codes_lock_the_account_too(client: FlaskClient, officer: Staff) -> None:
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False):
        give_password(client, officer)
        for _ in range(5):
            give_code(client, "12345")
        assert give_code(client).status_code == 200
        with current_database().unit_of_work() as session:
            assert accounts.get_staff(session, officer.id).is_locked_somewhere()


def test_one_address_may_not_guess_without_end(
    app: VarskoApp, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "enabled", True)
    app.config["RATELIMIT_ENABLED"] = True
    limiter.init_app(app)
    limiter.reset()
    token = csrf_token(client.get("/staff/login"))
    guess = {"csrf_token": token, "email": "nobody@politi.test", "password": "x" * 12}
    statuses = [client.post("/staff/login", data=guess).status_code for _ in range(121)]
    limiter.reset()
    assert statuses[119] == 200
    assert statuses[120] == 429


def test_the_first_sign_in_sets_up_the_app(app: VarskoApp, client: FlaskClient) -> None:
    with current_database().unit_of_work() as session:
        newcomer = make_staff(session, totp_secret=None)
    first = give_password(client, newcomer)
    assert first.location.endswith("/staff/two-factor/setup")
    assert not is_signed_in(client)
    give_password(client, newcomer)
    shown = submit(client, "/staff/two-factor/setup", {"setup": "authenticator"})
    assert 'src="data:image/svg+xml;base64,' in shown.text
    key = re.search(r"<code>([A-Z2-7 -]+)</code>", shown.text)
    assert key
    secret = key.group(1).replace(" ", "").replace("-", "")
    done = client.post(
        "/staff/two-factor",
        data={"csrf_token": csrf_token(shown), "code": pyotp.TOTP(secret).now()},
    )
    assert done.status_code == 302
    assert is_signed_in(client)
    kept = reload(newcomer).tf_totp_secret
    assert kept is not None
    assert secret not in kept


def test_a_temporary_password_must_be_changed_first(client: FlaskClient, app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        newcomer = make_staff(session, must_change_password=True)
    sign_in(client, newcomer)
    sent = client.get("/staff/")
    assert sent.status_code == 302
    assert sent.location.endswith("/staff/password")
    new = "helt andre ord til mig selv"
    fields = {"password": PASSWORD, "new_password": new, "new_password_confirm": new}
    changed = submit(client, "/staff/password", fields)
    assert changed.status_code == 302
    assert is_signed_in(client)
    assert not reload(newcomer).must_change_password


def test_a_weak_password_is_refused(client: FlaskClient, officer: Staff) -> None:
    sign_in(client, officer)
    for weak in ("kort", "aaaaaaaaaaaaaa", "varsko er dejligt"):
        fields = {"password": PASSWORD, "new_password": weak, "new_password_confirm": weak}
        page = submit(client, "/staff/password", fields)
        assert page.status_code == 200
        assert "field-new_password-error" in page.text


def test_a_new_password_signs_other_browsers_out(app: VarskoApp, officer: Staff) -> None:
    here, there = app.test_client(), app.test_client()
    sign_in(here, officer)
    sign_in(there, officer)
    new = "helt andre ord til mig selv"
    fields = {"password": PASSWORD, "new_password": new, "new_password_confirm": new}
    assert submit(here, "/staff/password", fields).status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(there)


def test_a_recovery_code_stands_in_for_the_app_once(app: VarskoApp, officer: Staff) -> None:
    client = sign_in(app.test_client(), officer)
    page = submit(client, "/staff/recovery-codes", {"generate_new_codes": "1"})
    codes = re.findall(r"<li><code>([0-9a-f-]+)</code></li>", page.text)
    assert len(codes) == 8
    elsewhere = app.test_client()
    give_password(elsewhere, officer)
    assert submit(elsewhere, "/staff/two-factor/recovery", {"code": codes[0]}).status_code == 302
    assert is_signed_in(elsewhere)
    again = app.test_client()
    give_password(again, officer)
    assert submit(again, "/staff/two-factor/recovery", {"code": codes[0]}).status_code == 200
    assert not is_signed_in(again)
    stored = reload(officer).mf_recovery_codes
    assert stored is not None
    assert len(stored) == 7
    assert codes[1] not in stored


def test_signing_out_ends_the_session_for_copies_of_the_cookie_too(
    app: VarskoApp, officer: Staff
) -> None:
    client = sign_in(app.test_client(), officer)
    cookie = client.get_cookie("varsko")
    assert cookie is not None
    out = client.post(
        "/staff/logout", data={"csrf_token": csrf_token(client.get("/staff/profile"))}
    )
    assert out.status_code == 302
    assert not is_signed_in(client)
    thief = app.test_client()
    thief.set_cookie("varsko", cookie.value)
    assert not is_signed_in(thief)


def test_an_idle_session_ends(client: FlaskClient, officer: Staff) -> None:
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as clock:
        sign_in(client, officer)
        clock.shift(IDLE - 1)
        assert is_signed_in(client)
        clock.shift(IDLE - 1)
        assert is_signed_in(client)
        clock.shift(IDLE + 1)
        assert not is_signed_in(client)


def test_who_signs_in_again_comes_to_the_page_they_asked_for(
    client: FlaskClient, officer: Staff
) -> None:
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as clock:
        sign_in(client, officer)
        clock.shift(IDLE + 1)
        asked = give_password(client, officer, address="/staff/login?next=/staff/profile")
        assert asked.status_code == 302
        answer = submit(client, asked.location, {"code": code_now()})
        assert (answer.status_code, answer.location) == (302, "/staff/profile")


def test_a_busy_session_ends_too(client: FlaskClient, officer: Staff) -> None:
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as clock:
        sign_in(client, officer)
        for _ in range(LONGEST_SECONDS // 1500):
            clock.shift(1500)
            assert is_signed_in(client)
        clock.shift(1500)
        assert not is_signed_in(client)


def test_deactivated_staff_lose_access_at_once(
    app: VarskoApp, client: FlaskClient, officer: Staff, administrator: Staff, desk: FlaskClient
) -> None:
    sign_in(client, officer)
    fields: dict[str, object] = {"csrf_token": csrf_token(desk.get("/staff/profile"))}
    assert desk.post(f"/staff/accounts/{officer.id}/deactivate", data=fields).status_code == 302
    assert not is_signed_in(client)
    assert give_password(app.test_client(), officer).status_code == 200


def test_without_a_second_factor_nobody_passes(client: FlaskClient, officer: Staff) -> None:
    sign_in(client, officer)
    with current_database().unit_of_work() as session:
        found = accounts.get_staff(session, officer.id)
        found.tf_totp_secret = None
    assert not is_signed_in(client)


def test_the_cookie_is_for_us_alone(client: FlaskClient, officer: Staff) -> None:
    give_password(client, officer)
    forget_used_code(officer)
    set_cookie = give_code(client).headers["Set-Cookie"]
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie


def test_over_https_the_cookie_is_bound_to_this_host(sqlite_url: str) -> None:
    app = create_app(make_config(database_url=sqlite_url, public_url="https://varsko.test"))
    answer = app.test_client().get("/staff/login", base_url="https://varsko.test")
    set_cookie = answer.headers["Set-Cookie"]
    assert set_cookie.startswith("__Host-varsko=")
    assert "Secure" in set_cookie
    close_app(app)


def test_attempts_stand_in_the_audit_trail(client: FlaskClient, officer: Staff) -> None:
    give_password(client, officer, "noget helt andet")
    sign_in(client, officer)
    with current_database().unit_of_work() as session:
        actions = list(
            session.scalars(
                select(AuditEntry.action)
                .where(AuditEntry.subject_id == str(officer.id))
                .order_by(AuditEntry.id)
            )
        )
    assert actions == ["staff.created", "staff.sign_in_failed", "staff.signed_in"]


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example/", "https://evil.example/x", "////evil.example", "\\\\evil.example"],
)
def test_a_link_that_leads_elsewhere_keeps_nobody_out(
    client: FlaskClient, officer: Staff, elsewhere: str
) -> None:
    opened = client.get(f"/staff/login?{urlencode({'next': elsewhere})}", follow_redirects=True)
    assert "evil" not in opened.text
    first = give_password(client, officer, address=opened.request.path)
    assert first.status_code == 302
    assert "evil" not in first.location
    last = give_code(client)
    assert last.location.endswith("/staff/")
