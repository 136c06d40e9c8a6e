"""`flask simulator` and `python -m simulator`: the simulator on its own."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from simulator.behaviour import CallbackPlan
from simulator.controls import Simulator, SimulatorError
from simulator.settings import SimulatorConfig

_DEFAULT = SimulatorConfig()


@click.command("simulator")
@click.option("--host", default=_DEFAULT.host, show_default=True, help="Address to listen on.")
@click.option("--port", default=8025, show_default=True, help="Port of API and page.")
@click.option("--smtp-port", default=2525, show_default=True, help="Port of the mail server.")
@click.option(
    "--account-sid",
    envvar="VARSKO_TWILIO_ACCOUNT_SID",
    default=_DEFAULT.account_sid,
    help="Account SID that clients use.",
)
@click.option(
    "--auth-token",
    envvar="VARSKO_TWILIO_AUTH_TOKEN",
    default=_DEFAULT.auth_token,
    help="Auth token that clients use and webhooks are signed with.",
)
@click.option(
    "--number",
    envvar="VARSKO_SMS_NUMBER",
    default=_DEFAULT.number,
    help="The service's number.",
)
@click.option("--inbound-url", default="", help="Webhook that gets what phones send.")
@click.option(
    "--gatewayapi-token",
    envvar="VARSKO_GATEWAYAPI_TOKEN",
    default=_DEFAULT.gatewayapi_token,
    help="API token that clients of GatewayAPI use.",
)
@click.option(
    "--gatewayapi-secret",
    envvar="VARSKO_GATEWAYAPI_WEBHOOK_SECRET",
    default=_DEFAULT.gatewayapi_secret,
    help="Secret that GatewayAPI's webhooks are signed with.",
)
@click.option(
    "--gatewayapi-number",
    "gatewayapi_numbers",
    multiple=True,
    default=_DEFAULT.gatewayapi_numbers,
    show_default=True,
    help="The service's number at GatewayAPI (may be given several times).",
)
@click.option("--gatewayapi-inbound-url", default="", help="Webhook for messages to those.")
@click.option("--public-base", envvar="VARSKO_PUBLIC_URL", default="", help="Signed as this ...")
@click.option("--internal-base", default="", help="... but posted to this.")
@click.option("--callbacks/--no-callbacks", default=True, help="Report states to the service.")
@click.option("--callback-delay", default=0.3, show_default=True, help="Seconds before each state.")
@click.option("--lost-callbacks", default=0.0, help="Share of states never reported (0 to 1).")
@click.option("--latency", default=0.0, help="Seconds before each API answer.")
@click.option("--error-rate", default=0.0, help="Share of messages answered 500 (0 to 1).")
@click.option("--rate-limit", type=float, help="API requests a second before 429.")
@click.option("--concurrency-limit", type=int, help="API requests at once before 429.")
@click.option("--keep", default=100_000, show_default=True, help="Messages kept; 0: all.")
@click.option(
    "--accepted-log",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that gets a line of JSON for each accepted message.",
)
@click.option("--provider-opt-out/--no-provider-opt-out", default=False, help="STOP at Twilio.")
def simulator(
    host: str,
    port: int,
    smtp_port: int,
    account_sid: str,
    auth_token: str,
    number: str,
    inbound_url: str,
    gatewayapi_token: str,
    gatewayapi_secret: str,
    gatewayapi_numbers: tuple[str, ...],
    gatewayapi_inbound_url: str,
    public_base: str,
    internal_base: str,
    callbacks: bool,
    callback_delay: float,
    lost_callbacks: float,
    latency: float,
    error_rate: float,
    rate_limit: float | None,
    concurrency_limit: int | None,
    keep: int,
    accepted_log: Path | None,
    provider_opt_out: bool,
) -> None:
    """Run local SMS providers and mail server, with phones and mailboxes on a page."""
    config = SimulatorConfig(
        host=host,
        port=port,
        smtp_port=smtp_port,
        account_sid=account_sid,
        auth_token=auth_token,
        number=number,
        inbound_url=inbound_url,
        gatewayapi_token=gatewayapi_token,
        gatewayapi_secret=gatewayapi_secret,
        gatewayapi_numbers=gatewayapi_numbers,
        gatewayapi_inbound_url=gatewayapi_inbound_url,
        public_base=public_base,
        internal_base=internal_base,
        callbacks=CallbackPlan(enabled=callbacks, delay=callback_delay, drop=lost_callbacks),
        latency=latency,
        error_rate=error_rate,
        rate_limit=rate_limit,
        concurrency_limit=concurrency_limit,
        keep=keep or None,
        accepted_log=accepted_log,
        provider_opt_out=provider_opt_out,
    )
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    try:
        with Simulator(config) as running:
            click.echo(f"Phones and mailboxes: {running.page_url}")
            click.echo(f"Twilio's API and GatewayAPI's: {running.api_url}")
            click.echo(f"SMTP: {running.smtp_host}:{running.smtp_port}")
            stop.wait()
    except SimulatorError as error:
        raise click.ClickException(str(error)) from error
