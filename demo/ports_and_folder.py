"""Where a demo lives: a port to serve on, a port for its simulator, a folder for its database.

What is asked for by name must be free; otherwise the next that is free will do.
"""

from __future__ import annotations

import errno
import fcntl
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from simulator import Simulator, SimulatorConfig, SimulatorError

WEB_PORT = 8000
SIMULATOR_PORT = 8100
TRIES = 100
FOLDER = Path("instance").resolve()


class Taken(Exception):
    """What was asked for is in use. The message says what to do."""


def listen(host: str, asked: int | None) -> socket.socket:
    """A socket that listens on the port asked for, or on the next free one from 8000.

    Raises :class:`Taken`.
    """
    for port in _candidates(asked, WEB_PORT):
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(128)
        except OSError as error:
            listening.close()
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        _say_if_other(port, asked or WEB_PORT, "Varsko")
        return listening
    raise Taken(_advice(asked, WEB_PORT, "PORT"))


def start_simulator(config: SimulatorConfig, asked: int | None) -> Simulator:
    """A running simulator on the port asked for, or on the next free one from 8100.

    Raises :class:`Taken`.
    """
    for port in _candidates(asked, SIMULATOR_PORT):
        try:
            running = Simulator(replace(config, port=port)).start()
        except SimulatorError as error:
            if getattr(error.__cause__, "errno", None) != errno.EADDRINUSE:
                raise
            continue
        _say_if_other(port, asked or SIMULATOR_PORT, "the simulator")
        return running
    raise Taken(_advice(asked, SIMULATOR_PORT, "SIMULATOR_PORT"))


@contextmanager
def own_folder(asked: Path | None) -> Iterator[Path]:
    """A folder that no other demo uses for as long as the block lasts. Raises :class:`Taken`."""
    others = (FOLDER.with_name(f"{FOLDER.name}-{number}") for number in range(2, TRIES))
    for folder in [asked] if asked else [FOLDER, *others]:
        # As anywhere, the database is for who runs it alone.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / "in-use").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if folder not in (asked, FOLDER):
                _say(f"Another demo uses {FOLDER.name}/: this one keeps its data in {folder.name}/")
            yield folder
            return
    raise Taken(f"another demo uses {asked or FOLDER}: stop it, or choose another --folder")


def _candidates(asked: int | None, first: int) -> range:
    return range(first, first + TRIES) if asked is None else range(asked, asked + 1)


def _advice(asked: int | None, first: int, variable: str) -> str:
    if asked is None:
        return (
            f"every port from {first} to {first + TRIES - 1} is taken: choose another, {variable}="
        )
    return (
        f"port {asked} is taken: choose another (make run {variable}={asked + 1}), "
        f"or none, and the next free one from {first} is used"
    )


def _say_if_other(port: int, wanted: int, who: str) -> None:
    if port != wanted:
        _say(f"Port {wanted} is taken: {who} uses {port}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}.\n")
    sys.stdout.flush()
