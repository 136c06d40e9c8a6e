"""Processes that are killed and restarted."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY_SECONDS = 120.0
POLL_SECONDS = 0.05


class DrillError(Exception):
    """The drill itself could not be run."""


class Process:
    """A command with a log for each run, in its own session, so that all of it can be killed."""

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
        self._orphans: dict[int, str] = {}

    @property
    def log(self) -> Path:
        """The log of this run: the command's output."""
        return self._folder / f"{self.name}.{self.lives:03}.log"

    @property
    def pid(self) -> int | None:
        """The process id, or None if it is not running."""
        if self._popen is None or self._popen.poll() is not None:
            return None
        return self._popen.pid

    @property
    def is_ready(self) -> bool:
        """Whether it is running and ready."""
        return self.pid is not None and self._is_ready(self)

    @property
    def has_children(self) -> bool:
        """Whether it has started child processes."""
        return self.pid is not None and bool(_children(self.pid))

    def says(self, words: str) -> bool:
        """Whether the log of this run contains this text."""
        if words not in self._said and words in self.log.read_text(errors="replace"):
            self._said.add(words)
        return words in self._said

    def start(self) -> None:
        """Start it, unless it is running."""
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
        """SIGKILL it and all its descendants, and wait until they are gone."""
        doomed = self._orphans
        if self._popen is not None and self.pid is not None:
            # It must not start another child while its children are listed.
            self._popen.send_signal(signal.SIGSTOP)
            doomed = doomed | _births(self._family())
        for pid in doomed:
            _kill(pid, doomed[pid])
        if self._popen is not None:
            self._popen.wait()
        self._orphans = {}
        wait_until(
            lambda: not any(_birth(pid) == born for pid, born in doomed.items()),
            f"the end of {self.name}",
        )

    def behead(self) -> None:
        """SIGKILL only the process itself: its children end when they notice."""
        if self._popen is not None and self.pid is not None:
            self._orphans = self._orphans | _births(_descendants(self._popen.pid))
            self._popen.kill()
            self._popen.wait()

    def maim(self) -> None:
        """SIGKILL one of its children, which it may replace."""
        children = _births(_children(self.pid) if self.pid is not None else [])
        for pid in list(children)[-1:]:
            _kill(pid, children[pid])

    def _family(self) -> list[int]:
        """It and its descendants, in sessions of their own too (PostgreSQL's are)."""
        return [self.pid, *_descendants(self.pid)] if self.pid is not None else []

    def await_ready(self) -> None:
        """Wait until it is ready; raises :class:`DrillError` if it never is."""
        wait_until(lambda: self.is_ready or self.pid is None, f"the start of {self.name}")
        if self.pid is None:
            raise DrillError(f"{self.name} ended at once: see {self.log}")


def wait_until(condition: Callable[[], bool], what: str, seconds: float = READY_SECONDS) -> None:
    """Wait for a condition; raises :class:`DrillError` after the timeout."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise DrillError(f"{what} did not come within {seconds:g} seconds")
        time.sleep(POLL_SECONDS)


def free_port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether something listens on a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False


def _children(pid: int) -> list[int]:
    """The children of a process, the oldest first."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def _descendants(pid: int) -> list[int]:
    """The children of a process, their children and so on."""
    return [each for child in _children(pid) for each in (child, *_descendants(child))]


def _births(pids: Iterable[int]) -> dict[int, str]:
    """Processes with their start times: a process id can be reused."""
    return {pid: born for pid in pids if (born := _birth(pid)) is not None}


def _birth(pid: int) -> str | None:
    """When a process started, in ticks since boot; None if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    # Fields 3, 20 and 22 of proc_pid_stat(5). A zombie counts as ended, unless some of its
    # threads have not ended yet: they hold its files and ports.
    is_buried_soon = fields[0] == "Z" and int(fields[17]) <= 1
    return None if is_buried_soon else fields[19]


def _kill(pid: int, born: str) -> None:
    if _birth(pid) == born:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
