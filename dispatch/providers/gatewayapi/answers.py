"""Reading GatewayAPI's answers to our requests.

https://gatewayapi.com/docs/apis/rest/
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dispatch.models import DeliveryState
from dispatch.providers.base import AnswerKind, OutgoingMessage, SendResult, StatusAnswer
from dispatch.providers.gatewayapi.codes import STATUSES, concerns_all, meaning_of


@dataclass(frozen=True)
class Refusal:
    """The API's answer to a request it refused. ``variables``: the values it complains about."""

    code: int | None
    status: int
    variables: frozenset[str] = field(repr=False)
    after: float | None

    @classmethod
    def read(cls, body: str, status: int, after: float | None) -> Refusal:
        """Read an answer; if it is not a JSON object, only its status counts."""
        said = _object(body)
        variables = said.get("variables")
        about = frozenset(map(str, variables)) if isinstance(variables, list) else frozenset()
        return cls(read_code(said.get("code")), status, about, after)

    @property
    def result(self) -> SendResult:
        """The result for each message of the request."""
        word = write_code(self.code) or str(self.status)
        return SendResult(meaning_of(self.code, self.status), code=word, after=self.after)

    @property
    def concerns_all(self) -> bool:
        """Whether it is about the whole request, not about one of its messages."""
        return concerns_all(self.code, self.status)


def accepted(body: str, messages: Sequence[OutgoingMessage]) -> list[SendResult]:
    """The results of accepted messages, whose ids are in the order of the request."""
    said = _object(body)
    ids = said.get("ids")
    if not isinstance(ids, list) or len(ids) != len(messages):
        return [SendResult.unknown("no_reference")] * len(messages)
    parts = _parts(said)
    return [
        SendResult.accepted(str(message_id), parts.get(message_id, message.text.segments))
        for message_id, message in zip(ids, messages, strict=True)
    ]


def _parts(said: dict[str, Any]) -> dict[Any, int]:
    """The segments of each message by its id, if the answer gives them."""
    try:
        return {
            message["id"]: int(message["recipients"][0]["parts"])
            for message in said["details"]["messages"]
        }
    except (LookupError, TypeError, ValueError):
        return {}


def found(reference: str, said: Any) -> StatusAnswer:
    """The answer about a message that was looked up: a list of one, with its one recipient."""
    recipient = said[0]["recipients"][0]
    state = STATUSES.get(recipient["dsnstatus"], DeliveryState.SENT)
    code = write_code(read_code(recipient["dsnerrorcode"]))
    return StatusAnswer(AnswerKind.FOUND, state, reference, int(recipient["csms"]), code)


def _object(body: str) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def read_code(value: Any) -> int | None:
    """An error code as a number; codes are written in hexadecimal, like ``0x0216``."""
    try:
        return int(value, 16)
    except (ValueError, TypeError):
        return None


def write_code(code: int | None) -> str | None:
    """An error code in GatewayAPI's notation."""
    return None if code is None else f"0x{code:04X}"
