"""``make run``: web, scheduler, engine and simulator in one process, on SQLite."""

from __future__ import annotations

import argparse
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

from alembic import command
from werkzeug.serving import make_server

from areas.addresses.demo import load_demo_addresses
from cli import alembic_config
from config import Config
from database import Database
from demo.environment import SMS_NUMBER, environment, load_secrets
from demo.people import LOGINS, MAILBOXES, PASSWORD, populate
from demo.ports_and_folder import (
    FOLDER,
    SIMULATOR_PORT,
    WEB_PORT,
    Taken,
    listen,
    own_folder,
    start_simulator,
)
from demo.presets import prepare
from dispatch import Dispatcher
from dispatch.providers.directory import SETTINGS
from simulator import SimulatorConfig, SimulatorError
from web.http.app import VarskoApp
from wsgi import create_app


def main() -> None:
    """Start everything, say where it is, and serve until Ctrl-C. Raises :class:`Taken`."""
    arguments = parse_arguments()
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder(arguments.folder and arguments.folder.resolve()))
        kept = load_secrets(folder)
        listening = stack.enter_context(listen(arguments.host, arguments.port))
        web_url = f"http://{arguments.host}:{listening.getsockname()[1]}"
        simulator = start_simulator(
            simulator_config(arguments.host, kept, web_url), arguments.simulator_port
        )
        stack.callback(simulator.stop)
        config = Config.from_environment(
            environment(
                folder,
                kept,
                web_url=web_url,
                simulator_url=simulator.api_url,
                smtp_port=simulator.smtp_port,
            ),
            SETTINGS,
        )
        command.upgrade(alembic_config(config.database_url), "head")
        app = create_app(config)
        database: Database = app.extensions["varsko_database"]
        stack.callback(database.engine.dispose)
        with app.app_context(), database.unit_of_work() as session:
            populate(session, {login.login: kept[f"totp_{login.login}"] for login in LOGINS})
            prepare(session)
        load_demo_addresses(database)
        serve(app, listening, welcome(web_url, simulator.page_url, folder))


def serve(app: VarskoApp, listening: socket.socket, greeting: str) -> None:
    """Send and serve until the process is told to end."""
    host, port = listening.getsockname()
    server = make_server(host, port, app, threaded=True, fd=listening.fileno())
    dispatcher = Dispatcher(app)
    dispatcher.start()
    sys.stdout.write(greeting)
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.stdout.write("\nVarsko stops.\n")
    finally:
        server.server_close()
        dispatcher.stop()


def simulator_config(host: str, kept: dict[str, str], web_url: str) -> SimulatorConfig:
    """A simulator that is this demo's Twilio account and mail server."""
    return SimulatorConfig(
        account_sid=kept["twilio_account_sid"],
        auth_token=kept["twilio_auth_token"],
        host=host,
        number=SMS_NUMBER,
        inbound_url=f"{web_url}/webhooks/twilio/inbound",
        mailboxes=MAILBOXES,
        authenticators=[(login.name, kept[f"totp_{login.login}"]) for login in LOGINS],
        service_url=web_url,
    )


def welcome(web_url: str, simulator_url: str, folder: Path) -> str:
    """What the terminal shows: the addresses, and who can sign in."""
    people = "\n".join(f"    {login.email:<28} {login.role}" for login in LOGINS)
    shown = folder.name if folder.parent == Path.cwd() else folder
    return f"""
Varsko runs.

    Citizens    {web_url}/          (English: {web_url}/en/)
    Staff       {web_url}/staff
    Simulator   {simulator_url}     phones, mailboxes and one-time codes

Sign in as
{people}
    password: {PASSWORD}      one-time codes: on the simulator's page

Ctrl-C stops it. Delete the folder {shown}/ to start from scratch.

"""


def parse_arguments() -> argparse.Namespace:
    """Where to listen and where to keep the database."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, help=f"default: the next free one from {WEB_PORT}")
    parser.add_argument(
        "--simulator-port", type=int, help=f"default: the next free one from {SIMULATOR_PORT}"
    )
    parser.add_argument("--folder", type=Path, help=f"default: {FOLDER.name}/")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except (Taken, SimulatorError) as error:
        sys.exit(f"varsko: {error}")
