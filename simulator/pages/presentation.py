"""How messages and mails look on the page: times, states, links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup, escape

from simulator.behaviour import Status
from simulator.gatewayapi.errors import SMS_ERRORS, hexadecimal
from simulator.phones.network import ProviderName, SmsMessage
from simulator.twilio.errors import DELIVERY_ERRORS

_COPENHAGEN = ZoneInfo("Europe/Copenhagen")
_URL = re.compile(r"(https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]])")
_STATES: Mapping[Status, str] = {
    Status.ACCEPTED: "Modtaget af udbyderen",
    Status.SCHEDULED: "Planlagt",
    Status.QUEUED: "I kø",
    Status.SENDING: "Sender",
    Status.SENT: "Sendt",
    Status.DELIVERED: "Leveret",
    Status.UNDELIVERED: "Ikke leveret",
    Status.FAILED: "Mislykket",
    Status.CANCELED: "Annulleret",
    Status.RECEIVED: "Sendt",
    Status.EXPIRED: "Udløbet",
    Status.SKIPPED: "Sprunget over",
}


def templates() -> jinja2.Environment:
    """The simulator's templates with their filters."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    filters: dict[str, Any] = {
        "clock": clock,
        "moment": moment,
        "linked": linked,
        "state": state,
        "spaced": spaced,
    }
    environment.filters.update(filters)
    return environment


def clock(when: float) -> str:
    """A time of day, with the date when it is not today's."""
    local = datetime.fromtimestamp(when, _COPENHAGEN)
    same_day = local.date() == datetime.now(_COPENHAGEN).date()
    return local.strftime("%H.%M" if same_day else "%d.%m. %H.%M")


def moment(when: float) -> str:
    """A full time for machines."""
    return datetime.fromtimestamp(when, _COPENHAGEN).isoformat(timespec="seconds")


def linked(text: str) -> Markup:
    """The text with its web addresses made clickable."""
    parts = _URL.split(text)
    return Markup().join(
        Markup('<a href="{0}" target="_blank" rel="noreferrer">{0}</a>').format(part)
        if index % 2
        else escape(part)
        for index, part in enumerate(parts)
    )


def state(message: SmsMessage) -> str:
    """A message's state in words."""
    words = _STATES[message.status]
    if message.error_code is None:
        return words
    if message.provider is ProviderName.GATEWAYAPI:
        code, reason = hexadecimal(message.error_code), SMS_ERRORS.get(message.error_code, "")
    else:
        code, reason = str(message.error_code), DELIVERY_ERRORS.get(message.error_code, "")
    return f"{words}: {code} {reason}".strip()


def spaced(number: str) -> str:
    """A phone number in the Danish way of writing: +45 31 23 45 01."""
    if number.startswith("+45") and len(number) == 11:
        return " ".join([number[:3], *(number[i : i + 2] for i in range(3, 11, 2))])
    return number
