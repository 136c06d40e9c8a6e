"""Processes that are killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60.0
POLL_SECONDS = 0.05


class DrillError(Exception):
    """The drill itself could not be carried out."""


class Process:
    """A command with a log for each of its lives. It leads a session, so that it dies whole."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        user: str | None = None,
        is_ready: Callable[[Process], bool] = lambda _process: True,
    ) -> None:
        self.name = name
        self.lives = 0
        self._command = command
        self._environment = environment
        self._folder = folder
        self._user = user
        self._is_ready = is_ready
        self._popen: subprocess.Popen[bytes] | None = None
        self._said: set[str] = set()

    @property
    def log(self) -> Path:
        """The log of this life: what the command writes."""
        return self._folder / f"{self.name}.{self.lives:03}.log"

    @property
    def pid(self) -> int | None:
        """The process id, or None while it does not run."""
        if self._popen is None or self._popen.poll() is not None:
            return None
        return self._popen.pid

    @property
    def is_ready(self) -> bool:
        """Whether it runs and does its work."""
        return self.pid is not None and self._is_ready(self)

    def says(self, words: str) -> bool:
        """Whether these words stand in the log of this life."""
        if words not in self._said and words in self.log.read_text(errors="replace"):
            self._said.add(words)
        return words in self._said

    def start(self) -> None:
        """Begin a new life, if none goes on."""
        if self.pid is not None:
            return
        self.lives += 1
        self._said.clear()
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
            )

    def kill(self) -> None:
        """SIGKILL to everything it consists of, and wait until all of it is gone."""
        if self._popen is None:
            return
        pid = self._popen.pid
        family = _descendants(pid) if self.pid is not None else []
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        for child in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._popen.wait()
        wait_until(lambda: not any(map(_is_alive, family)), f"the end of {self.name}")

    def await_ready(self) -> None:
        """Wait until it does its work; raises :class:`DrillError` if it does not."""
        wait_until(lambda: self.is_ready or self.pid is None, f"the start of {self.name}")
        if self.pid is None:
            raise DrillError(f"{self.name} ended at once: see {self.log}")


def wait_until(condition: Callable[[], bool], what: str, seconds: float = READY_SECONDS) -> None:
    """Wait for a condition; raises :class:`DrillError` when it takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise DrillError(f"{what} did not come within {seconds:g} seconds")
        time.sleep(POLL_SECONDS)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False


def _descendants(pid: int) -> list[int]:
    """The children of a process, their children and so on."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
