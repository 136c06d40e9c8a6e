"""Administrators manage accounts; the first one is made on the command line."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from flask.testing import FlaskClient

from database import current_database
from staff import accounts, districts
from staff.access import FRESH_SECONDS
from staff.actor import Actor
from staff.models import Staff
from staff.permissions import Role
from staff.sign_in.passwords import password_faults
from tests.staff.factories import PASSWORD, give_password, make_staff, sign_in, submit
from web.http.app import VarskoApp

NEW = {
    "name": "Niels Ny",
    "email": "Niels.Ny@politi.test",
    "roles": "officer",
    "districts": "0900",
}


@pytest.fixture(autouse=True)
def known_districts(app: VarskoApp) -> None:
    districts.set_directory(
        app, lambda _session: [("0900", "Nordsjællands Politi"), ("0100", "Københavns Politi")]
    )


def find(email: str) -> Staff | None:
    with current_database().unit_of_work() as session:
        return accounts.find_staff(session, email)


def reload(staff: Staff) -> Staff:
    with current_database().unit_of_work() as session:
        return accounts.get_staff(session, staff.id)


def test_an_account_is_created_with_a_temporary_password(app: VarskoApp, desk: FlaskClient) -> None:
    page = submit(desk, "/staff/accounts/new", {**NEW, "districts": ["0900", "0100"]})
    assert page.status_code == 201
    shown = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", page.text)
    assert shown
    created = find("niels.ny@politi.test")
    assert created is not None
    assert created.role_set == {Role.OFFICER}
    assert created.district_codes == {"0900", "0100"}
    assert created.must_change_password
    assert created.password.startswith("$argon2id$")
    first = give_password(app.test_client(), created, shown.group(0))
    assert first.location.endswith("/staff/two-factor/setup")


WRONG: list[tuple[dict[str, object], str]] = [
    ({"email": "ikke en adresse"}, "email"),
    ({"email": ""}, "email"),
    ({"name": ""}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"roles": "king"}, "roles"),
    ({"roles": ""}, "roles"),
    ({"districts": "9999"}, "districts"),
    ({"districts": ""}, "districts"),
    ({"districts": "", "roles": "investigator"}, "districts"),
    ({"districts": "", "roles": ["administrator", "investigator"]}, "districts"),
]


def test_what_is_wrong_is_said_at_the_field(desk: FlaskClient) -> None:
    for wrong, field in WRONG:
        page = submit(desk, "/staff/accounts/new", {**NEW, **wrong})
        assert page.status_code == 422, wrong
        assert f"field-{field}-error" in page.text, wrong
        assert "name" in wrong or "Niels Ny" in page.text, "the form is kept"
    assert find("niels.ny@politi.test") is None


def test_an_account_that_only_administers_needs_no_district(desk: FlaskClient) -> None:
    only = {**NEW, "roles": "administrator", "districts": ""}
    assert submit(desk, "/staff/accounts/new", only).status_code == 201


def test_an_officer_keeps_a_district(desk: FlaskClient, officer: Staff) -> None:
    changed = {"name": "Olga", "email": officer.email, "roles": "officer"}
    answer = submit(desk, f"/staff/accounts/{officer.id}", changed)
    assert answer.status_code == 422
    assert "field-districts-error" in answer.text
    assert reload(officer).district_codes == officer.district_codes != set()


def test_an_e_mail_has_one_account(desk: FlaskClient, officer: Staff) -> None:
    taken = {**NEW, "email": officer.email.upper()}
    page = submit(desk, "/staff/accounts/new", taken)
    assert page.status_code == 422
    assert "allerede en konto" in page.text
    assert "Niels Ny" in page.text


def test_an_account_is_changed(desk: FlaskClient, officer: Staff) -> None:
    changed = {
        "name": "Olga Gift",
        "email": officer.email,
        "roles": ["officer", "investigator"],
        "districts": "0100",
    }
    answer = submit(desk, f"/staff/accounts/{officer.id}", changed)
    assert answer.status_code == 302
    now = reload(officer)
    assert now.name == "Olga Gift"
    assert now.role_set == {Role.OFFICER, Role.INVESTIGATOR}
    assert now.district_codes == {"0100"}
    assert "er gemt" in desk.get("/staff/accounts").text


def test_an_administrator_does_not_change_their_own_reach(
    desk: FlaskClient, administrator: Staff
) -> None:
    changed = {
        "name": administrator.name,
        "email": administrator.email,
        "roles": ["administrator", "investigator"],
    }
    answer = submit(desk, f"/staff/accounts/{administrator.id}", changed)
    assert answer.status_code == 409
    assert reload(administrator).role_set == {Role.ADMINISTRATOR}


def test_the_last_administrator_stays(app: VarskoApp, administrator: Staff) -> None:
    other = Actor(0, "Somebody", frozenset({Role.ADMINISTRATOR}), frozenset())
    with (
        pytest.raises(accounts.LastAdministrator),
        current_database().unit_of_work() as session,
    ):
        accounts.deactivate_staff(session, other, accounts.get_staff(session, administrator.id))
    assert reload(administrator).active


def test_a_closed_account_is_opened_again_with_a_new_password(
    app: VarskoApp, desk: FlaskClient, officer: Staff
) -> None:
    page = desk.get(f"/staff/accounts/{officer.id}")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    form = {"csrf_token": token.group(1)}
    desk.post(f"/staff/accounts/{officer.id}/deactivate", data=form)
    assert not reload(officer).active
    opened = desk.post(f"/staff/accounts/{officer.id}/activate", data=form)
    assert opened.status_code == 200
    assert reload(officer).active
    assert give_password(app.test_client(), officer, PASSWORD).status_code == 200


def test_a_reset_app_is_set_up_anew(app: VarskoApp, desk: FlaskClient, officer: Staff) -> None:
    client = sign_in(app.test_client(), officer)
    page = desk.get(f"/staff/accounts/{officer.id}")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    desk.post(f"/staff/accounts/{officer.id}/second-factor", data={"csrf_token": token.group(1)})
    assert client.get("/staff/").status_code == 302
    again = give_password(app.test_client(), officer)
    assert again.location.endswith("/staff/two-factor/setup")


def test_accounts_ask_for_the_password_again_after_a_while(
    app: VarskoApp, administrator: Staff
) -> None:
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as clock:
        client = sign_in(app.test_client(), administrator)
        clock.shift(FRESH_SECONDS + 1)
        away = client.get("/staff/accounts/new")
        assert away.status_code == 302
        assert away.location.startswith("/staff/verify")
        back = submit(client, away.location, {"password": PASSWORD})
        assert back.location.endswith("/staff/accounts/new")
        assert client.get("/staff/accounts/new").status_code == 200


def test_officers_do_not_manage_accounts(app: VarskoApp, officer: Staff) -> None:
    client = sign_in(app.test_client(), officer)
    assert client.get("/staff/accounts").status_code == 403
    assert "/staff/accounts" not in client.get("/staff/").text


def test_the_first_administrator_is_made_on_the_command_line(app: VarskoApp) -> None:
    run = app.test_cli_runner().invoke
    words = ["staff", "create", "--email", "Anna@politi.test", "--name", "Anna"]
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    made = run(args=[*words, "--role", "administrator"], input=typed)
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    created = find("anna@politi.test")
    assert created is not None
    assert created.role_set == {Role.ADMINISTRATOR}
    again = run(args=[*words, "--role", "officer"], input=typed)
    assert again.exit_code == 1
    assert "not created: There is already an account with that e-mail address." in again.output


def test_the_command_line_says_what_an_account_without_a_district_is_worth(
    app: VarskoApp,
) -> None:
    words = ["staff", "create", "--name", "B", "--password", PASSWORD]
    run = app.test_cli_runner().invoke
    made = run(args=[*words, "--email", "b@politi.test", "--role", "officer"])
    assert "no police district" in made.output
    bad = run(args=[*words, "--email", "not an address", "--role", "officer"])
    assert (
        bad.output == "Error: not created: email: Enter an e-mail address like name@example.com.\n"
    )


NONSENSE = [
    ["--email", "ikke en adresse", "--role", "officer"],
    ["--email", "b@politi.test", "--role", "king"],
    ["--email", "b@politi.test", "--role", "officer", "--district", "9999"],
    ["--email", "b@politi.test", "--role", "officer", "--password", "kort"],
]


def test_the_command_line_refuses_nonsense(app: VarskoApp) -> None:
    for words in NONSENSE:
        args = ["staff", "create", "--name", "B", *words]
        if "--password" not in words:
            args += ["--password", PASSWORD]
        result = app.test_cli_runner().invoke(args=args)
        assert result.exit_code != 0, words
        assert "Traceback" not in result.output, words
    assert find("b@politi.test") is None


def test_the_command_line_resets_app_and_password(app: VarskoApp, officer: Staff) -> None:
    run = app.test_cli_runner().invoke
    reset = run(args=["staff", "reset-second-factor", "--email", officer.email, "--yes"])
    assert reset.exit_code == 0, reset.output
    assert not reload(officer).has_second_factor
    printed = run(args=["staff", "reset-password", "--email", officer.email])
    temporary = printed.output.strip().splitlines()[-1]
    assert give_password(app.test_client(), officer, temporary).status_code == 302
    missing = run(args=["staff", "reset-password", "--email", "nobody@politi.test"])
    assert missing.exit_code == 1


def test_demo_accounts_have_their_app_from_the_start(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        staff = make_staff(session)
    assert staff.has_second_factor
    assert staff.tf_totp_secret is not None
    assert "JBSWY3DP" not in staff.tf_totp_secret


def test_passwords_are_long_and_not_obvious(app: VarskoApp) -> None:
    names = ("olga@politi.test", "Olga Officer")
    for good in ("fire tilfældige ord her", "x9!Kq2#Lm4$Z"):
        assert password_faults(good, *names) is None, good
    for bad in ("x" * 129, "kort", "abababababab", "adgangskode1234", "Olga Officer 1"):
        assert password_faults(bad, *names), bad
