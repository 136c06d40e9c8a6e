"""A running simulator, Twilio's own client on it, and a service for it to call back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from twilio.rest import Client

from simulator import Simulator, SimulatorConfig
from tests.browser import browser
from tests.settings import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    GATEWAYAPI_NUMBER,
    GATEWAYAPI_SECRET,
    GATEWAYAPI_TOKEN,
    SMS_NUMBER,
)
from tests.simulator.service import Service

__all__ = ["browser"]

CONFIG = SimulatorConfig(
    account_sid=ACCOUNT_SID,
    auth_token=AUTH_TOKEN,
    number=SMS_NUMBER,
    gatewayapi_token=GATEWAYAPI_TOKEN,
    gatewayapi_secret=GATEWAYAPI_SECRET,
    gatewayapi_numbers=(GATEWAYAPI_NUMBER,),
)
StartSimulator = Callable[..., Simulator]


@pytest.fixture
def start_simulator() -> Iterator[StartSimulator]:
    """Starts simulators with changed settings and stops them after the test."""
    running: list[Simulator] = []

    def start(**changes: Any) -> Simulator:
        simulator = Simulator(replace(CONFIG, **changes)).start()
        running.append(simulator)
        return simulator

    yield start
    for simulator in running:
        simulator.stop()


@pytest.fixture
def simulator(start_simulator: StartSimulator) -> Simulator:
    """A simulator with the usual settings."""
    return start_simulator()


@pytest.fixture
def twilio(simulator: Simulator) -> Client:
    """The official client on that simulator."""
    return client_of(simulator)


@pytest.fixture
def service() -> Iterator[Service]:
    """A web service that records every webhook."""
    with Service() as running:
        yield running


def client_of(simulator: Simulator, http_client: Any = None) -> Client:
    """The official client, unchanged but for the host."""
    client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http_client)
    client.api.base_url = simulator.api_url
    return client
