"""``make run``: web, scheduler, engine and simulator in one process, upon SQLite."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alembic import command
from werkzeug.serving import make_server

from cli import alembic_config
from config import Config
from database import Database
from demo.environment import SMS_NUMBER, environment, load_secrets
from demo.people import LOGINS, MAILBOXES, PASSWORD, populate
from dispatch import Dispatcher
from dispatch.providers.directory import SETTINGS
from simulator import Simulator, SimulatorConfig, SimulatorError
from web.http.app import VarskoApp
from wsgi import create_app


def main() -> None:
    """Start everything, say where it is, and serve until Ctrl-C."""
    arguments = parse_arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    kept = load_secrets(arguments.folder)
    web_url = f"http://{arguments.host}:{arguments.port}"
    with Simulator(simulator_config(arguments, kept, web_url)) as simulator:
        config = Config.from_environment(
            environment(
                arguments.folder,
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
        with app.app_context(), database.unit_of_work() as session:
            populate(session, {login.login: kept[f"totp_{login.login}"] for login in LOGINS})
        serve(app, arguments.host, arguments.port, welcome(web_url, simulator.page_url))


def serve(app: VarskoApp, host: str, port: int, greeting: str) -> None:
    """Send and serve until the process is told to end."""
    server = make_server(host, port, app, threaded=True)
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


def simulator_config(
    arguments: argparse.Namespace, kept: dict[str, str], web_url: str
) -> SimulatorConfig:
    """A simulator that is this demo's Twilio account and mail server."""
    return SimulatorConfig(
        account_sid=kept["twilio_account_sid"],
        auth_token=kept["twilio_auth_token"],
        host=arguments.host,
        port=arguments.simulator_port,
        number=SMS_NUMBER,
        inbound_url=f"{web_url}/webhooks/twilio/inbound",
        mailboxes=MAILBOXES,
        authenticators=[(login.name, kept[f"totp_{login.login}"]) for login in LOGINS],
        service_url=web_url,
    )


def welcome(web_url: str, simulator_url: str) -> str:
    """What the terminal shows: the addresses, and who can sign in."""
    people = "\n".join(f"    {login.email:<28} {login.role}" for login in LOGINS)
    return f"""
Varsko runs.

    Citizens    {web_url}/          (English: {web_url}/en/)
    Staff       {web_url}/staff
    Simulator   {simulator_url}     phones, mailboxes and one-time codes

Sign in as
{people}
    password: {PASSWORD}      one-time codes: on the simulator's page

Ctrl-C stops it. Delete the folder instance/ to begin afresh.

"""


def parse_arguments() -> argparse.Namespace:
    """Where to listen and where to keep the database."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--simulator-port", type=int, default=8100)
    parser.add_argument("--folder", type=Path, default=Path("instance").resolve())
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except SimulatorError as error:  # Most likely another demo is running.
        sys.exit(f"varsko: {error}")
