"""The providers' webhooks: each request is verified, stored and answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog
from flask import Blueprint, Response, request

from config import Config, current_config
from database import session, utcnow
from dispatch.contacts import AddressError, find_contact, note_opt_out, parse_address
from dispatch.incoming.messages import Inbound, receive_inbound
from dispatch.incoming.receipts import store_receipt
from dispatch.models import Channel, SuppressionReason
from dispatch.providers.base import Provider
from dispatch.providers.directory import PROVIDERS, is_configured
from dispatch.providers.webhook_requests import BadSignature, WebhookRequest
from dispatch.signed_links import Purpose, Tokens
from web.http import access
from web.languages.public_addresses import public_address
from web.problems.errors import NotFound

log = structlog.get_logger(__name__)
T = TypeVar("T")

blueprint = Blueprint("dispatch_webhooks", __name__, url_prefix="/webhooks/<provider>")

MAX_BODY = 256 * 1024
"""Bytes of a webhook: room for 20,000 non-ASCII characters, form-encoded."""


@blueprint.post("/inbound")
@access.body_limit(MAX_BODY)
@access.webhook
def receive_message(provider: str) -> Response:
    """Receive a message from a phone; the reply is sent as a message of its own."""
    known = _known(provider)
    received = _verified(known.read_inbound)
    inbound = Inbound(Channel.SMS, received.sender, received.recipient, received.text, utcnow())
    if received.opted == "STOP":
        _note_stop(inbound.sender)
    # The provider's own opt-out handling has already answered.
    is_answered = bool(received.opted)
    receive_inbound(session, provider, received.provider_ref, inbound, is_answered=is_answered)
    body, content_type = known.acknowledgement
    return Response(body, content_type=content_type)


@blueprint.post("/status/<token>")
@access.body_limit(MAX_BODY)
@access.webhook
@access.high_volume
def receive_status(provider: str, token: str) -> Response:
    """Receive a delivery report."""
    known = _known(provider)
    report = _verified(known.read_report)
    numbers = Tokens(current_config().secret_key).read(Purpose.RECEIPT, token)
    if numbers is None or len(numbers) != 2:
        raise NotFound()
    store_receipt(numbers[0], numbers[1], provider, report)
    return Response(status=204)


def _known(provider: str) -> type[Provider]:
    if not is_configured(provider):
        raise NotFound()
    return PROVIDERS[provider]


def _verified(read: Callable[[Config, WebhookRequest], T]) -> T:
    """Verify and read the request. Raises BadSignature or Malformed."""
    config = current_config()
    # The signature covers the address the provider was given, not the one a proxy passes on.
    address = public_address(config, request.script_root + request.path)
    if request.query_string:
        address += "?" + request.query_string.decode("ascii", "replace")
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    body = b"" if is_form else request.get_data()
    try:
        return read(config, WebhookRequest(address, request.headers, request.form, body))
    except BadSignature:
        log.warning("webhook_refused", endpoint=request.endpoint)
        raise


def _note_stop(sender: str) -> None:
    try:
        contact = find_contact(session, Channel.SMS, parse_address(Channel.SMS, sender))
    except AddressError:
        return
    if contact is not None:
        note_opt_out(session, contact, SuppressionReason.PROVIDER_OPT_OUT)
