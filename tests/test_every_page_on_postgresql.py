"""Every page's queries on PostgreSQL too: what pages look like is told on SQLite alone."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from simulator import Simulator
from tests.visits import CITIZEN, NOBODY, VISITS, Visit
from tests.world import World, make_world


def opened(world: World, clients: dict[str, FlaskClient], visit: Visit) -> int:
    """The status with which the visitor is shown the address."""
    if visit.who not in clients:
        clients[visit.who] = world.app.test_client()
        if visit.who not in (CITIZEN, NOBODY):
            clients[visit.who].set_cookie("varsko", world.sign_in(visit.who) or "")
    return clients[visit.who].get(world.fill_in(visit.address)).status_code


@pytest.mark.parametrize("database", ["postgresql"])
def test_every_page_opens(database: str, postgresql_url: str, simulator: Simulator) -> None:
    with make_world(postgresql_url, simulator) as world:
        clients: dict[str, FlaskClient] = {}
        wrong = {
            name: status
            for name, visit in VISITS.items()
            if (status := opened(world, clients, visit)) != (200 if visit.action else visit.status)
        }
    assert wrong == {}
