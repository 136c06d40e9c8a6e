"""An installation where every alert must be approved, and those who work there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from alerts.models import Alert
from staff.actor import Actor
from staff.permissions import Role
from tests.alerts.factories import NORTH, Country, make_draft, make_officer, make_reader
from web.http.app import VarskoApp

SetRules = Callable[..., None]


@pytest.fixture
def set_rules(app: VarskoApp) -> SetRules:
    """Change when approval is due, by the names of the settings."""

    def change(**rules: Any) -> None:
        named = {f"approval_{name}": value for name, value in rules.items()}
        app.extensions["varsko_config"] = replace(app.extensions["varsko_config"], **named)

    return change


@pytest.fixture
def always(set_rules: SetRules) -> None:
    """Let every alert need approval."""
    set_rules(above_recipients=0)


@pytest.fixture
def approver(session: Session) -> Actor:
    """Somebody who may approve in the northern district."""
    return make_officer(session, [NORTH], [Role.APPROVER])


@pytest.fixture
def alert(session: Session, country: Country, officer: Actor) -> Alert:
    """The officer's draft, with a reader in its area."""
    make_reader(session, country.p3400)
    return make_draft(session, country, officer)
