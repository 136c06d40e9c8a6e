"""Webhooks of the provider, against an empty Flask view behind the same server."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import gunicorn_apps, webhook_load
from benchmarks.harness import Bench, Figure, Row, Target, Unmeasurable
from benchmarks.population import Population
from benchmarks.sending import staged
from benchmarks.service import Settings, free_port, running, wait_until

SECONDS = 6
WARM_UP = 1
"""Seconds of warming up."""
FASTEST = 6_000
"""More requests a second than the product can answer: each must be new to it."""
GUNICORN = (
    sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "--log-level", "error",
    "--reuse-port",  # else one worker may get most of the connections
)  # fmt: skip
FLOOR = "benchmarks.gunicorn_apps:floor()"
PRODUCT = "benchmarks.gunicorn_apps:product()"
WORKERS = 2


def measure(bench: Bench) -> Iterator[Figure]:
    """Requests a second. Both servers run all the time; one of them is asked at a time."""
    people = Population(phones=bench.scaled(50_000, at_least=1_000))
    rounds = bench.rounds(2)
    seconds = SECONDS if bench.size == 1 else 1
    number = rounds * (WARM_UP + seconds) * FASTEST
    with (
        staged(bench, people) as stage,
        _serving(bench, FLOOR, stage.given) as floor,
        _serving(bench, PRODUCT, stage.given) as product,
    ):
        for what, requests in (
            ("SMS that sign up", webhook_load.inbound_requests(webhook_load.SIGN_UP, number)),
            ("SMS that are tips", webhook_load.inbound_requests(webhook_load.TIP, number)),
            ("receipts", webhook_load.status_requests(stage.given, number)),
        ):
            path = webhook_load.write_requests(bench.folder / "requests", requests)
            presses = {port: webhook_load.Press(path) for port in (floor, product)}
            rates: dict[int, list[float]] = {floor: [], product: []}
            for port in (floor, product) * rounds:
                rates[port].append(_rate(port, presses[port], seconds))
            if presses[product].used > number:
                raise Unmeasurable("requests came twice: make more of them")
            yield Figure(
                what, "/s", statistics.mean(rates[product]), statistics.mean(rates[floor]),
                Target(at_least=0.4), {"connections": webhook_load.CONNECTIONS},
            )  # fmt: skip


@contextmanager
def _serving(bench: Bench, app: str, given: Settings) -> Iterator[int]:
    """The port of a server for this app."""
    port = free_port()
    ready = bench.folder / f"ready-{port}"
    ready.mkdir()
    command = [*GUNICORN, "--bind", f"127.0.0.1:{port}", app]
    environment = {gunicorn_apps.READY: str(ready), "WEB_CONCURRENCY": str(WORKERS)}
    with running(command, given, bench.folder / "web.log", **environment):
        wait_until(lambda: len(list(ready.iterdir())) == WORKERS, "gunicorn's workers")
        yield port


def _rate(port: int, press: webhook_load.Press, seconds: int) -> float:
    while not press.post(port, WARM_UP):
        pass  # the first requests are slow: catalogues are read, connections made
    return press.post(port, seconds)


ROW = Row("webhooks", "Webhooks in", measure, programs=(webhook_load.WRK,))
