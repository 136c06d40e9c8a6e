"""Which messages Twilio accepts: checks of sender, recipient and content."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote_plus, urlsplit

from simulator.behaviour import DELIVERED, DeliveryResult, Status
from simulator.phones.network import Direction, Network, SmsMessage, new_message
from simulator.settings import SimulatorConfig
from simulator.twilio.errors import (
    DELIVERY_ERRORS,
    MAGIC_RECIPIENTS,
    MAGIC_SENDERS,
    REFUSALS,
    Refused,
)

Form = dict[str, str]

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SPACING = re.compile(r"[\s().-]")
_SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_MAX_BODY = 1600  # characters
_MAX_VALIDITY = 36_000  # seconds


class Admission:
    """Checks requests to create a message against the account, the opt-outs and Twilio's rules."""

    def __init__(self, config: SimulatorConfig, network: Network) -> None:
        self._config = config
        self._network = network

    def admit(self, form: Form, recipient: str, raw: str) -> SmsMessage:
        """The message a request asks for. Raises Refused with Twilio's code if it may not be."""
        if not recipient:
            raise Refused(21604)
        service = form.get("MessagingServiceSid") or None
        sender = self._sender(form.get("From", ""), service)
        body = form.get("Body", "")
        media = parse_qs(raw)["MediaUrl"] if "MediaUrl" in form else []
        self._check_recipient(recipient, sender)
        self._check_content(form, body, media)
        status = Status.ACCEPTED if service else Status.QUEUED
        if form.get("ScheduleType") == "fixed":
            if not service or not form.get("SendAt"):
                raise Refused(35114)
            status = Status.SCHEDULED
        return new_message(
            Direction.API,
            sender,
            recipient,
            body,
            status=status,
            status_callback=form.get("StatusCallback", ""),
            service_sid=service,
            media=len(media),
        )

    def _sender(self, sender: str, service: str | None) -> str:
        if service is not None:
            if service != self._config.messaging_service_sid:
                raise Refused(21701, service)
            return self._config.number
        if not sender:
            raise Refused(21603)
        if sender in MAGIC_SENDERS:
            code = MAGIC_SENDERS[sender]
            if code is not None:
                raise Refused(code, sender)
            return sender
        number = normalised(sender)
        if number in self._config.numbers:
            return number
        if _SENDER_NAME.fullmatch(sender):
            return sender
        raise Refused(21606 if _E164.fullmatch(number) else 21212, sender)

    def _check_recipient(self, recipient: str, sender: str) -> None:
        if recipient in MAGIC_RECIPIENTS:
            raise Refused(MAGIC_RECIPIENTS[recipient], recipient)
        if not _E164.fullmatch(recipient):
            raise Refused(21211, recipient)
        if recipient.startswith("+45") and len(recipient) != 11:
            raise Refused(21211, recipient)
        permitted = self._config.permitted_prefixes
        if permitted and not recipient.startswith(permitted):
            raise Refused(21408, recipient)
        if (recipient, sender) in self._network.opted_out:
            raise Refused(21610)
        if recipient == sender:
            raise Refused(21612, recipient)
        code = self._scripted_code(recipient)
        if code in REFUSALS:
            raise Refused(code, recipient)

    def _check_content(self, form: Form, body: str, media: list[str]) -> None:
        if not body and not media:
            raise Refused(21602)
        if len(body) > _MAX_BODY:
            raise Refused(21617)
        for address in media:
            if not _is_web_address(address):
                raise Refused(21620, address)
        callback = form.get("StatusCallback", "")
        if callback and not _is_web_address(callback):
            raise Refused(21609, callback)
        validity = form.get("ValidityPeriod", "1")
        if not validity.isdecimal() or not 1 <= int(validity) <= _MAX_VALIDITY:
            raise Refused(21624, validity)

    def _scripted_code(self, recipient: str) -> int:
        prefix = self._config.scripted_prefix
        digits = recipient[len(prefix) :] if prefix and recipient.startswith(prefix) else ""
        return int(digits) if len(digits) == 5 else 0

    def result_of(self, recipient: str) -> DeliveryResult:
        """How a message to this number ends."""
        code = self._scripted_code(recipient)
        return DeliveryResult(Status.UNDELIVERED, code) if code in DELIVERY_ERRORS else DELIVERED


def parse_form(raw: str) -> Form:
    """A form-encoded body; of a repeated name the last value. In half `parse_qsl`'s time."""
    form: Form = {}
    for pair in raw.split("&"):
        name, found, value = pair.partition("=")
        if found:
            form[name] = unquote_plus(value) if "%" in value or "+" in value else value
    return form


def normalised(number: str) -> str:
    """A number without the spaces and punctuation that people write in it."""
    return _SPACING.sub("", number)


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in parts.netloc
