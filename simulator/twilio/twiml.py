"""Reads the answer of an inbound webhook: TwiML, or plain text as one message.

https://www.twilio.com/docs/messaging/twiml. Error codes: 11200 (the webhook gave no proper
answer), 12100 (not XML), 12200 (XML that is not TwiML for messages), 12300 (wrong
content type).
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from simulator.http.webhook_client import WebhookAnswer


@dataclass(frozen=True, slots=True)
class TwimlMessage:
    """One message the webhook wants sent; empty `to` means the sender of the inbound one."""

    body: str
    to: str = ""
    status_callback: str = ""


class TwimlError(Exception):
    """The answer is not what Twilio accepts; has Twilio's error code."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        super().__init__(f"{code}: {reason}")


def read_twiml(answer: WebhookAnswer) -> list[TwimlMessage]:
    """The messages in a webhook's answer, in order. Raises TwimlError."""
    if not answer.ok:
        what = f"HTTP {answer.status}" if answer.status else answer.problem
        raise TwimlError(11200, f"the webhook answered badly: {what}")
    if not answer.body.strip():
        return []
    if answer.content_type == "text/plain":
        return [TwimlMessage(answer.body.decode("utf-8", "replace").strip())]
    if answer.content_type not in ("text/xml", "application/xml", "application/twiml+xml"):
        raise TwimlError(12300, f"content type {answer.content_type or 'missing'} is not XML")
    return _messages(_parse(answer.body))


def _parse(body: bytes) -> etree._Element:
    # A fresh parser each time: entities stay unexpanded, nothing is fetched, depth is bounded.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise TwimlError(12100, f"not well-formed XML ({error.msg})") from error
    if root.getroottree().docinfo.doctype:
        raise TwimlError(12100, "a document type is not allowed")
    if root.tag != "Response":
        raise TwimlError(12200, f"the root element is {root.tag!r}, not Response")
    return root


def _messages(root: etree._Element) -> list[TwimlMessage]:
    messages: list[TwimlMessage] = []
    for verb in root.iterchildren(tag=etree.Element):
        if verb.tag not in ("Message", "Sms"):
            raise TwimlError(12200, f"the verb {verb.tag!r} is not understood here")
        bodies = ["".join(noun.itertext()) for noun in verb.iterchildren("Body")]
        text = "".join(bodies) if bodies else (verb.text or "")
        if not text.strip():
            raise TwimlError(14103, "a message without a body")
        messages.append(
            TwimlMessage(
                text.strip(),
                to=verb.get("to") or "",
                status_callback=verb.get("statusCallback") or verb.get("action") or "",
            )
        )
    return messages
