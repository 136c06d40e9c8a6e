"""E-mail from the ledger to the recorded result, against Postfix's smtp-source."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from email.utils import format_datetime

from benchmarks import broadcasts, sinks
from benchmarks.harness import Bench, Figure, Row, Target
from benchmarks.population import Population
from benchmarks.sending import send_all
from benchmarks.service import opened_app, settings
from config import EngineKind
from database import utcnow
from dispatch.providers.base import Text
from dispatch.providers.smtp.mime import Recipient, Template

SMTP_SOURCE = "/usr/sbin/smtp-source"
SESSIONS = 10


def measure(bench: Bench) -> Iterator[Figure]:
    """The floor opens a connection for each mail; its rate on kept connections is noted."""
    people = Population(phones=0, mailboxes=bench.scaled(30_000, at_least=1_000))
    mails, size = people.total, _size_of_a_mail()
    with sinks.smtp_sink() as port:
        floors = [_source(port, mails, size)]
        sent = send_all(bench, people, broadcasts.MAIL, smtp_port=port)
        floors.append(_source(port, mails, size))
        kept = _source(port, mails, size, "-d")
    yield Figure(
        f"{mails:,} mails of {size:,} bytes, one process", "/s", sent.per_second,
        sum(floors) / 2, Target(at_least=0.4),
        {"floor_before": round(floors[0]), "floor_after": round(floors[1]),
         "floor_kept_connections": round(kept), "ratio_kept": round(sent.per_second / kept, 2)},
    )  # fmt: skip


def _source(port: int, mails: int, size: int, *options: str) -> float:
    """Mails a second that smtp-source hands to smtp-sink in ten sessions."""
    began = time.perf_counter()
    subprocess.run(
        [SMTP_SOURCE, *options, "-s", str(SESSIONS), "-m", str(mails), "-l", str(size),
         "-f", "varsko@varsko.test", "-t", "borger@eksempel.dk", f"127.0.0.1:{port}"],
        check=True,
    )  # fmt: skip
    return mails / (time.perf_counter() - began)


def _size_of_a_mail() -> int:
    """Bytes of a mail as the product sends it."""
    with opened_app(settings("sqlite:///:memory:")):
        mail = broadcasts.MAIL
        text = Text(1, mail.language, mail.body, mail.subject, mail.html, 1, is_bulk=True)
        recipient = Recipient(
            "borger1000@eksempel.dk",
            f"{10**6}.1.{'0' * 12}@varsko.test",
            f"http://varsko.test/afmeld/1000.{'x' * 20}",
        )
        template = Template(text, "varsko@varsko.test")
        return len(template.render(recipient, format_datetime(utcnow())))


ROW = Row(
    "email",
    "E-mail out",
    measure,
    engines=tuple(EngineKind),
    programs=(SMTP_SOURCE, sinks.SMTP_SINK),
)
