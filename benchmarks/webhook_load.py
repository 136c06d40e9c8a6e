"""Tens of thousands of signed Twilio webhooks, and wrk to post them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from benchmarks.harness import Unmeasurable
from benchmarks.service import ACCOUNT_SID, AUTH_TOKEN, SMS_NUMBER, Settings
from config import Config
from dispatch.providers.directory import SETTINGS
from dispatch.signed_links import Tokens, receipt_url
from simulator.http.signatures import sign

WRK = "/usr/bin/wrk"
CONNECTIONS = 32
"""Twice as many as gunicorn's two workers have threads."""
PUBLIC = "http://varsko.test"
INBOUND = "/webhooks/twilio/inbound"
SIGN_UP = "TRYK 3400"
TIP = "Jeg så en mørk varebil køre hurtigt fra Slotsgade mod nord ved 22-tiden i går. MVH en nabo"
SCRIPT = Path(__file__).with_name("post.lua")


def inbound_requests(text: str, number: int) -> Iterator[tuple[str, dict[str, str]]]:
    """``number`` SMS with this text, each from a different phone.

    https://www.twilio.com/docs/messaging/guides/webhook-request
    """
    for index in range(number):
        sid = f"SM{index:032x}"
        yield INBOUND, {
            "AccountSid": ACCOUNT_SID, "ApiVersion": "2010-04-01",
            "Body": text, "From": f"+45{30_000_000 + index}", "FromCity": "",
            "FromCountry": "DK", "FromState": "", "FromZip": "", "MessageSid": sid,
            "NumMedia": "0", "NumSegments": "1", "SmsMessageSid": sid, "SmsSid": sid,
            "SmsStatus": "received", "To": SMS_NUMBER, "ToCity": "", "ToCountry": "DK",
            "ToState": "", "ToZip": "",
        }  # fmt: skip


def status_requests(given: Settings, number: int) -> Iterator[tuple[str, dict[str, str]]]:
    """A delivery report for each of ``number`` messages.

    https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
    """
    config = Config.from_environment(given, SETTINGS)
    tokens = Tokens(config.secret_key)
    for index in range(number):
        sid = f"SM{index:032x}"
        yield urlsplit(receipt_url(config, tokens, "twilio", 1 + index, 1)).path, {
            "AccountSid": ACCOUNT_SID, "ApiVersion": "2010-04-01", "From": SMS_NUMBER,
            "MessageSid": sid, "MessageStatus": "delivered", "RawDlrDoneDate": "2511261200",
            "SmsSid": sid, "SmsStatus": "delivered", "To": f"+45{20_000_000 + index}",
        }  # fmt: skip


def write_requests(path: Path, requests: Iterable[tuple[str, dict[str, str]]]) -> Path:
    """Write signed requests for wrk's script: a path, a signature and a form on each line."""
    with path.open("w") as file:
        for where, form in requests:
            signature = sign(AUTH_TOKEN, PUBLIC + where, form)
            file.write(f"{where}\t{signature}\t{urlencode(form)}\n")
    return path


@dataclass
class Press:
    """Posts the requests of a file in their order. ``used`` counts them, and wraps around."""

    requests: Path
    used: int = 0

    def post(self, port: int, seconds: int) -> float:
        """Post for a while over :data:`CONNECTIONS` connections; returns answers a second."""
        done = subprocess.run(
            [WRK, "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "10s",
             "-s", str(SCRIPT), f"http://127.0.0.1:{port}/", str(self.requests), str(self.used)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        found = re.search(r"^\{.*\}$", done.stdout, re.MULTILINE)
        if found is None:
            raise Unmeasurable(f"wrk: {done.stdout}{done.stderr}")
        figures = json.loads(found[0])
        if figures["refused"]:
            raise Unmeasurable(f"requests were refused: {figures}")
        # Requests in flight at the end were posted, too.
        self.used += figures["answers"] + CONNECTIONS
        return float(figures["answers"]) / float(figures["seconds"])
