"""The demo's settings: random keys made once and kept beside its database."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

import pyotp

STAFF_LOGINS = ("betjent", "godkender", "efterforsker", "administrator")
SMS_NUMBER = "+4552510000"


def load_secrets(folder: Path) -> dict[str, str]:
    """The demo's own keys; kept from the first start on, so that its database stays readable."""
    path = folder / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    made = {
        "secret_key": secrets.token_urlsafe(48),
        "subscriber_keys": f"d1:{_key()}",
        "subscriber_index_key": _key(),
        "tip_keys": f"d1:{_key()}",
        "tip_index_key": _key(),
        "twilio_account_sid": f"AC{secrets.token_hex(16)}",
        "twilio_auth_token": secrets.token_hex(16),
        **{f"totp_{login}": pyotp.random_base32() for login in STAFF_LOGINS},
        **kept,
    }
    if made == kept:
        return kept
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(made, file, indent=1)
    return made


def environment(
    folder: Path, kept: dict[str, str], *, web_url: str, simulator_url: str, smtp_port: int
) -> dict[str, str]:
    """Environment variables for a demo with the simulator as its provider and relay."""
    settings = {
        "public_url": web_url,
        "database_url": f"sqlite:///{folder / 'demo.db'}",
        "log_file": str(folder / "varsko.log"),
        "state_dir": str(folder),
        "twilio_api_url": simulator_url,
        "sms_number": SMS_NUMBER,
        "sms_segments_per_second": "25",
        "mail_from": "varsko@varsko.test",
        "smtp_host": "127.0.0.1",
        "smtp_port": str(smtp_port),
        "smtp_security": "none",
        **{name: value for name, value in kept.items() if not name.startswith("totp_")},
    }
    return {f"VARSKO_{name.upper()}": value for name, value in settings.items()}


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
