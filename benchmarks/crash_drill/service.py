"""The service as the drill runs it: simulator, web, dispatchers and workers, each a process."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.crash_drill import servers
from benchmarks.crash_drill.options import DatabaseKind, EngineKind, Kind, Options
from benchmarks.crash_drill.processes import Process, answers, free_port
from config import new_key, new_keyring

PYTHON = sys.executable
SMS_NUMBER = "+4552510000"
DISPATCHERS = 2
WORKERS, PROCESSES = 2, 2
"""Celery's workers, and the processes of each."""


class Service:
    """Everything that runs. A context manager, which ends what it started."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.folder = Path(tempfile.mkdtemp(prefix="varsko-drill-"))
        # The database server, which runs as another user, must reach its folder.
        self.folder.chmod(0o711)
        self.accepted_log = self.folder / "accepted.ndjson"
        self.environment: dict[str, str] = {}
        self._processes: dict[Kind, list[Process]] = {}
        self._web_port, self._api_port, self._smtp_port = free_port(), free_port(), free_port()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def of_kind(self, kind: Kind) -> list[Process]:
        """The processes of a kind; scheduler and worker are one with the embedded engine."""
        return self._processes.get(kind, [])

    @property
    def senders(self) -> int:
        """How many slices can be in flight at once."""
        is_celery = self.options.engine is EngineKind.CELERY
        return WORKERS * PROCESSES if is_celery else DISPATCHERS

    def start_servers(self) -> None:
        """Start what the service needs: database, broker and provider."""
        self.environment = self._settings()
        self._run(self._simulator())

    def start_service(self) -> None:
        """Start the web, the dispatchers and the workers (the database is migrated)."""
        self._run(self._web())
        dispatchers = [
            dispatcher(f"dispatcher{index}", self.environment, self.folder)
            for index in range(1, DISPATCHERS + 1)
        ]
        workers = dispatchers
        if self.options.engine is EngineKind.CELERY:
            workers = [
                worker(f"worker{index}", self.environment, self.folder)
                for index in range(1, WORKERS + 1)
            ]
        self._processes |= {Kind.SCHEDULER: dispatchers, Kind.WORKER: workers}
        for process in {*dispatchers, *workers}:
            self._stack.callback(process.kill)
            process.start()

    def log_lines(self) -> Iterable[dict[str, object]]:
        """The events that the dispatchers and workers logged."""
        for name in ("dispatcher", "worker"):
            for path in sorted(self.folder.glob(f"{name}*.log")):
                for line in path.read_text(errors="replace").splitlines():
                    if line.startswith("{"):
                        try:
                            yield json.loads(line)
                        except ValueError:  # it was killed in the middle of a line
                            continue

    def forget(self) -> None:
        """Remove the folder with the database and the logs."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, process: Process) -> Process:
        self._stack.callback(process.kill)
        process.start()
        process.await_ready()
        return process

    def _settings(self) -> dict[str, str]:
        options = self.options
        settings = {
            "public_url": f"http://127.0.0.1:{self._web_port}",
            "database_url": f"sqlite:///{self.folder / 'varsko.db'}",
            "secret_key": new_key(),
            "subscriber_keys": new_keyring(),
            "subscriber_index_key": new_key(),
            "tip_keys": new_keyring(),
            "tip_index_key": new_key(),
            "twilio_account_sid": f"AC{secrets.token_hex(16)}",
            "twilio_auth_token": secrets.token_hex(16),
            "twilio_api_url": f"http://127.0.0.1:{self._api_port}",
            "sms_number": SMS_NUMBER,
            "sms_segments_per_second": str(options.messages_per_second),
            # A lease outlasts the longest request: short ones keep the drill short.
            "sms_timeout_seconds": "3",
            "sms_in_flight": str(options.in_flight),
            "mail_from": "varsko@varsko.test",
            "smtp_host": "127.0.0.1",
            "smtp_port": str(self._smtp_port),
            "smtp_security": "none",
            # One batch at a time for each process, so that a kill affects little.
            "engine_threads": "2",
        }
        if options.database is DatabaseKind.POSTGRESQL:
            server, settings["database_url"] = servers.postgresql(self.folder)
            self._processes[Kind.POSTGRESQL] = [self._run(server)]
        if options.engine is EngineKind.CELERY:
            epmd, port = servers.port_mapper(self.folder)
            self._run(epmd)
            server, settings["broker_url"] = servers.rabbitmq(self.folder, port)
            settings["engine"] = options.engine.value
            self._processes[Kind.RABBITMQ] = [self._run(server)]
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        named = {f"VARSKO_{name.upper()}": value for name, value in settings.items()}
        return inherited | named

    def _simulator(self) -> Process:
        command = [PYTHON, "-m", "simulator", "--port", str(self._api_port)]
        command += ["--smtp-port", str(self._smtp_port), "--keep", "0"]
        command += ["--latency", str(self.options.latency)]
        command += ["--lost-callbacks", str(self.options.lost_callbacks)]
        command += ["--accepted-log", str(self.accepted_log)]
        # No public address is configured: callbacks go straight to the web.
        environment = {k: v for k, v in self.environment.items() if k != "VARSKO_PUBLIC_URL"}
        port = self._api_port
        return Process(
            "simulator", command, environment, self.folder, is_ready=lambda _process: answers(port)
        )

    def _web(self) -> Process:
        command = [PYTHON, "-m", "gunicorn", "--bind", f"127.0.0.1:{self._web_port}"]
        quiet = {"WEB_CONCURRENCY": "1", "VARSKO_LOG_LEVEL": "warning"}
        port = self._web_port
        return Process(
            "web",
            command,
            self.environment | quiet,
            self.folder,
            is_ready=lambda _process: answers(port),
        )


def dispatcher(name: str, environment: dict[str, str], folder: Path) -> Process:
    """``flask dispatch run``, not yet started."""
    command = [PYTHON, "-m", "flask", "--app", "wsgi", "dispatch", "run"]
    return Process(
        name,
        command,
        environment,
        folder,
        is_ready=lambda process: process.says('"dispatcher_started"'),
    )


def worker(name: str, environment: dict[str, str], folder: Path) -> Process:
    """``flask dispatch worker sms``, not yet started."""
    command = [PYTHON, "-m", "flask", "--app", "wsgi", "dispatch", "worker", "sms"]
    command += ["--processes", str(PROCESSES)]
    return Process(
        name, command, environment, folder, is_ready=lambda process: process.has_children
    )
