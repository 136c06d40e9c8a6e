"""The drill's own PostgreSQL and RabbitMQ, which it may kill."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import psycopg

from benchmarks.crash_drill.processes import DrillError, Process, answers, free_port

_SETTINGS = """
listen_addresses = '127.0.0.1'
fsync = on
synchronous_commit = on
max_connections = 200
log_min_messages = warning
"""


def postgresql(folder: Path) -> tuple[Process, str]:
    """A new cluster in the folder, not yet started, and the address of its database."""
    programs = _newest(Path("/usr/lib/postgresql").glob("*/bin"), "PostgreSQL's server")
    user = "postgres" if os.geteuid() == 0 else None
    data = folder / "postgresql"
    data.mkdir(mode=0o700)
    if user:
        shutil.chown(data, user, user)
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "drill", "-A", "trust", "-E", "UTF8"],
        check=True,
        capture_output=True,
        cwd="/",
        env=environment,
        user=user,
        group=user,
        extra_groups=[] if user else None,
    )
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(f"{_SETTINGS}port = {port}\nunix_socket_directories = '{data}'\n")
    url = f"postgresql://drill@127.0.0.1:{port}/postgres"
    process = Process(
        "postgresql",
        [str(programs / "postgres"), "-D", str(data)],
        environment,
        folder,
        user=user,
        is_ready=lambda _process: _accepts(url),
    )
    return process, url


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def port_mapper(folder: Path) -> tuple[Process, int]:
    """Erlang's port mapper. A node would start one that outlives the drill."""
    program = shutil.which("epmd")
    if program is None:
        raise DrillError("Erlang is not installed")
    port = free_port()
    process = Process(
        "epmd",
        [program, "-port", str(port), "-address", "127.0.0.1"],
        {"PATH": os.environ["PATH"]},
        folder,
        is_ready=lambda _process: answers(port),
    )
    return process, port


def rabbitmq(folder: Path, epmd_port: int) -> tuple[Process, str]:
    """A node of its own in the folder, not yet started, and the address of its broker."""
    program = _newest(Path("/usr/lib/rabbitmq/bin").glob("rabbitmq-server"), "RabbitMQ's server")
    home = folder / "rabbitmq"
    home.mkdir()
    port = free_port()
    # Every setting, so that nothing is read from the machine's own node.
    for name, content in {
        "env.conf": "",
        "plugins": "[].\n",
        "advanced.config": "[].\n",
        "rabbitmq.conf": f"listeners.tcp.1 = 127.0.0.1:{port}\n",
    }.items():
        (home / name).write_text(content)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "ERL_EPMD_PORT": str(epmd_port),
        # Its threads must not spin while they wait: others need the processors.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"drill{port}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(home / "none"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
    }
    process = Process(
        "rabbitmq",
        [str(program)],
        environment,
        folder,
        is_ready=lambda _process: answers(port),
    )
    return process, f"amqp://guest:guest@127.0.0.1:{port}//"


def _newest(found: Iterable[Path], what: str) -> Path:
    paths = sorted(found)
    if not paths:
        raise DrillError(f"{what} is not installed")
    return paths[-1]
