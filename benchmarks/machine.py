"""What the figures were measured on, and how much memory a process takes."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_PROGRAMS = {
    "nginx": ("/usr/sbin/nginx", "-v"),
    "wrk": ("wrk", "-v"),
    "postfix": ("/usr/sbin/postconf", "-hd", "mail_version"),
    "postgresql": ("psql", "--version"),
    "rabbitmq": ("/usr/sbin/rabbitmqctl", "version"),
}
_PACKAGES = ("flask", "sqlalchemy", "psycopg", "aiohttp", "twilio", "celery", "gunicorn")
_NUMBER = re.compile(r"\d+(?:\.\d+)+")


def load_average() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def describe_machine() -> dict[str, str | int | float]:
    """Cores, memory, system, and the versions of everything involved."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count() or 0,
        "processor": _field(Path("/proc/cpuinfo"), "model name"),
        "memory_mb": int(_field(Path("/proc/meminfo"), "MemTotal").split()[0]) // 1024,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: _version_of(command) for name, command in _PROGRAMS.items()},
        **{name: version(name) for name in _PACKAGES},
    }


def _field(path: Path, name: str) -> str:
    found = re.search(rf"^{name}\s*:\s*(.*)$", path.read_text(), re.MULTILINE)
    return found[1] if found else "0"


def _version_of(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "missing"
    found = _NUMBER.search(done.stdout + done.stderr)
    return found[0] if found else "unknown"


class Memory:
    """The growth of this process's resident memory at its peak, from now on (Linux)."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # proc(5): reset the peak
        self._before = self._megabytes("VmRSS")

    def growth(self) -> float:
        """Megabytes (2**20 bytes) between the start and the peak."""
        return self._megabytes("VmHWM") - self._before

    @staticmethod
    def _megabytes(name: str) -> float:
        return int(_field(Path("/proc/self/status"), name).split()[0]) / 1024
