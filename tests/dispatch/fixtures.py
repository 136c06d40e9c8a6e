"""The service with the simulator as its provider, and a port for callbacks.

Loaded as a plugin, so that every room's tests can send and receive.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import settings
from werkzeug.serving import WSGIRequestHandler, make_server

from database import utcnow
from dispatch import Dispatcher
from dispatch.models import Channel
from dispatch.sending.send_batch import send_next
from simulator import Answer, Behaviour, Simulator, SimulatorConfig
from tests.apps import close_app
from tests.settings import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    GATEWAYAPI_NUMBER,
    GATEWAYAPI_SECRET,
    GATEWAYAPI_TOKEN,
    SECOND_NUMBER,
    SMS_NUMBER,
    make_config,
)
from web.http.app import VarskoApp
from wsgi import create_app

# A busy machine makes no example wrong.
settings.register_profile("varsko", deadline=None)
settings.load_profile("varsko")

MakeApp = Callable[..., VarskoApp]


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Log nothing: paths contain tokens."""


@pytest.fixture(scope="session")
def simulator_server() -> Iterator[Simulator]:
    """One simulator for all tests of a process."""
    config = SimulatorConfig(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        number=SMS_NUMBER,
        other_numbers=(SECOND_NUMBER,),
        gatewayapi_token=GATEWAYAPI_TOKEN,
        gatewayapi_secret=GATEWAYAPI_SECRET,
        gatewayapi_numbers=(GATEWAYAPI_NUMBER,),
        phones=(),
    )
    with Simulator(config) as running:
        yield running


@pytest.fixture
def simulator(simulator_server: Simulator) -> Simulator:
    """The simulator, emptied."""
    simulator_server.reset()
    return simulator_server


@pytest.fixture
def patience(request: pytest.FixtureRequest) -> float:
    """Seconds that an SMS provider has to answer: few where the test's provider never does."""
    callspec = getattr(request.node, "callspec", None)
    behaviours = callspec.params.values() if callspec else ()
    hangs = any(isinstance(b, Behaviour) and b.answer is Answer.HANG for b in behaviours)
    return 2.0 if hangs else 30.0


@pytest.fixture
def make_app(simulator: Simulator, database_url: str) -> Iterator[MakeApp]:
    """Builds apps whose provider is the simulator, on a port where its callbacks arrive.

    Keyword arguments are settings. The last app built gets what phones send.
    """
    with ExitStack() as stack:

        def make(**settings: Any) -> VarskoApp:
            app: VarskoApp | None = None

            def serve(environ: Any, start_response: Any) -> Iterable[bytes]:
                assert app is not None
                return app(environ, start_response)

            server = make_server("127.0.0.1", 0, serve, threaded=True, request_handler=_Quiet)
            url = f"http://127.0.0.1:{server.port}"
            defaults = {
                "public_url": url,
                "database_url": database_url,
                "twilio_api_url": simulator.api_url,
                "gatewayapi_url": simulator.api_url,
                "smtp_host": simulator.smtp_host,
                "smtp_port": simulator.smtp_port,
            }
            app = create_app(make_config(**{**defaults, **settings}))
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            # A busy machine may need longer than Twilio's 15 seconds (connection override "rt").
            simulator.connect(
                f"{url}/webhooks/twilio/inbound#rt=120000", f"{url}/webhooks/gatewayapi/inbound"
            )
            stack.callback(close_app, app)
            stack.callback(server.server_close)
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            # A callback that is cut off leaves its connection open.
            stack.callback(simulator.flush_callbacks)
            return app

        yield make


@pytest.fixture
def app_with_simulator(make_app: MakeApp) -> Iterator[VarskoApp]:
    """The whole service, served, with the simulator as its provider; inside an app context."""
    app = make_app()
    with app.app_context():
        yield app


@pytest.fixture
def dispatcher(app_with_simulator: VarskoApp) -> Dispatcher:
    """The dispatcher of that service, run step by step: ``dispatcher.drain()``."""
    return Dispatcher(app_with_simulator)


def deliver(simulator: Simulator, dispatcher: Dispatcher) -> None:
    """Send everything that is due, and apply the provider's delivery reports."""
    dispatcher.drain()
    simulator.flush_callbacks()
    dispatcher.drain()


def send_replies() -> None:
    """Send what waits for nothing but a sender: without the dispatcher's steps, in a tenth."""
    while send_next(Channel.SMS, "test"):
        pass


def later(simulator: Simulator, dispatcher: Dispatcher, **time: float) -> None:
    """Move the time, and let the dispatcher continue."""
    with time_machine.travel(utcnow() + timedelta(**time), tick=True):
        deliver(simulator, dispatcher)
