"""Commands for accounts, such as creating the first administrator."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from marshmallow import ValidationError

from database import current_database
from staff import accounts
from staff.districts import check_districts
from staff.models import Staff
from staff.permissions import Role, needs_districts
from staff.schemas import AccountSchema
from staff.sign_in.passwords import password_faults
from web.languages.choice import speaking
from web.problems.errors import Problem
from web.problems.validation_messages import flatten

staff = AppGroup("staff", help="Accounts of officers, investigators and administrators.")


@staff.command("create")
@click.option("--email", required=True, help="The e-mail to sign in with.")
@click.option("--name", required=True, help="The person's name, as colleagues see it.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="May be given several times.",
)
@click.option("--district", "districts", multiple=True, help="Police district code; several.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def create(
    email: str, name: str, roles: tuple[str, ...], districts: tuple[str, ...], password: str
) -> None:
    """Create an account. The person sets up an authenticator app at the first sign-in."""
    with speaking("en"):
        try:
            wanted = AccountSchema().load(
                {"email": email, "name": name, "roles": roles, "districts": districts}
            )
            if password_faults(password, email, name):
                raise click.ClickException(
                    "not created: the password needs 12 to 128 characters and must not be easy"
                    " to guess"
                )
            with current_database().unit_of_work() as session:
                check_districts(session, wanted["districts"])
                created = accounts.create_staff(session, **wanted, password=password)
        except ValidationError as error:
            wrong: dict[str, list[str]] = error.normalized_messages()
            found = "; ".join(
                f"{field}: {' '.join(flatten(said))}" for field, said in wrong.items()
            )
            raise click.ClickException(f"not created: {found}") from error
        except Problem as problem:
            raise click.ClickException(f"not created: {problem}") from problem
    click.echo(f"created account {created.id}: the first sign-in sets up the authenticator app")
    if not districts and needs_districts(wanted["roles"]):
        click.echo("it has no police district yet, and can act in none")


@staff.command("reset-second-factor")
@click.option("--email", required=True, help="The e-mail of the account.")
@click.confirmation_option(prompt="Forget this person's authenticator app and recovery codes?")
def reset_second_factor(email: str) -> None:
    """Let a person who lost their phone set up a new one at the next sign-in."""
    with current_database().unit_of_work() as session:
        accounts.reset_second_factor(session, None, _account(accounts.find_staff(session, email)))
    click.echo("reset: the next sign-in sets up a new app")


@staff.command("reset-password")
@click.option("--email", required=True, help="The e-mail of the account.")
def reset_password(email: str) -> None:
    """Print a temporary password, to be changed at the next sign-in."""
    with current_database().unit_of_work() as session:
        found = _account(accounts.find_staff(session, email))
        password = accounts.reset_password(session, None, found)
    click.echo(password)


def _account(found: Staff | None) -> Staff:
    if found is None:
        raise click.ClickException("there is no account with that e-mail")
    return found


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(staff)
