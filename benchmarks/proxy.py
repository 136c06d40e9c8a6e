"""The proxy of ``docs/nginx.conf``, made to run from a folder: without TLS, on a free port."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from benchmarks.service import ROOT, free_port
from benchmarks.sinks import NGINX

DOCUMENTED = ROOT / "docs/nginx.conf"


def proxy_command(
    folder: Path, port: int, web: int, *, changed: Mapping[str, str] | None = None, http: str = ""
) -> list[str]:
    """Write the configuration, and return the command that listens on ``port`` before ``web``.

    ``changed`` maps texts of the documented file to others; ``http`` is added to its http block.
    """
    text = re.sub(r"^\s*ssl_.*$", "", DOCUMENTED.read_text(), flags=re.M)
    changes = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port};",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "127.0.0.1:8000": f"127.0.0.1:{web}",
        "/var/log/nginx/varsko.log": f"{folder}/proxy.log",
        **(changed or {}),
    }
    for old, new in changes.items():
        text = text.replace(old, new)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/nginx.log;\n"
        f"events {{ worker_connections 512; }}\nhttp {{ {temporary} {http}\n{text} }}"
    )
    return [NGINX, "-e", f"{folder}/nginx.log", "-c", str(configuration)]
