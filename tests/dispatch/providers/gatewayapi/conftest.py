"""The service with GatewayAPI as its only sender of SMS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dispatch.factories import plug_everyone
from tests.dispatch.fixtures import MakeApp
from tests.settings import GATEWAYAPI_NUMBER
from web.http.app import VarskoApp

SENDER = f"gatewayapi:{GATEWAYAPI_NUMBER}@100000"


@pytest.fixture
def app_with_simulator(make_app: MakeApp, patience: float) -> Iterator[VarskoApp]:
    """The service with GatewayAPI as its only sender of SMS."""
    app = make_app(sms_senders=SENDER, sms_timeout_seconds=patience)
    plug_everyone(app)
    with app.app_context():
        yield app
