"""``make run`` finds a place of its own where the usual ones are taken."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from demo.ports_and_folder import SIMULATOR_PORT, WEB_PORT

ROOT = Path(__file__).parents[1]
PATIENCE = 120
PLACE = re.compile(r"(Citizens|Simulator) +http://127\.0\.0\.1:(\d+)/")


@contextmanager
def demo(*options: str) -> Iterator[subprocess.Popen[str]]:
    """A demo; what it says can be read from its ``stdout``, errors included."""
    with subprocess.Popen(
        [sys.executable, "-m", "demo", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def said_at_start(process: subprocess.Popen[str]) -> str:
    """All it says until it runs."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            return said
    raise AssertionError(f"the demo did not start: {said}")


def occupy(port: int) -> socket.socket:
    """A socket that listens on the port, unless another does already."""
    listening = socket.socket()
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen()
    except OSError:
        pass
    return listening


def test_a_demo_takes_the_next_free_ports_and_says_so(tmp_path: Path) -> None:
    with ExitStack() as stack:
        for port in (WEB_PORT, SIMULATOR_PORT):
            stack.enter_context(occupy(port))
        folder = tmp_path / "data"
        process = stack.enter_context(demo("--folder", str(folder)))

        said = said_at_start(process)

        assert f"Delete the folder {folder}/" in said
        assert folder.stat().st_mode & 0o077 == 0

        ports = {name: int(port) for name, port in PLACE.findall(said)}
        web, simulator = ports["Citizens"], ports["Simulator"]
        # Whoever else had a port may have left it by now.
        assert (f"Port {WEB_PORT} is taken" in said) == (web != WEB_PORT)
        assert (f"Port {SIMULATOR_PORT} is taken" in said) == (simulator != SIMULATOR_PORT)
        assert WEB_PORT <= web < SIMULATOR_PORT <= simulator
        page = f"http://127.0.0.1:{simulator}/"
        assert f"http://127.0.0.1:{web}" in requests.get(page, timeout=PATIENCE).text
        answered = requests.post(
            f"{page}phones/%2B4531234501/messages",
            {"text": "HJÆLP"},
            headers={"Origin": page.rstrip("/")},
            timeout=PATIENCE,
        )
        assert answered.ok
        assert requests.get(f"http://127.0.0.1:{web}/", timeout=PATIENCE).ok


@pytest.mark.parametrize(
    ("option", "variable"), [("--port", "PORT"), ("--simulator-port", "SIMULATOR_PORT")]
)
def test_a_port_that_was_asked_for_and_is_taken_ends_it_with_advice(
    tmp_path: Path, option: str, variable: str
) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        with demo("--folder", str(tmp_path), option, str(port)) as process:
            said, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert f"port {port} is taken" in said
    assert f"make run {variable}=" in said


def test_two_demos_never_share_a_folder(tmp_path: Path) -> None:
    with demo("--folder", str(tmp_path)) as first:
        said_at_start(first)
        with demo("--folder", str(tmp_path)) as second:
            said, _ = second.communicate(timeout=PATIENCE)

    assert second.returncode == 1
    assert str(tmp_path) in said
