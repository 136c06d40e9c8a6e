"""The providers' webhooks: each request is verified, stored and answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog
from flask import Blueprint, Response, request

from config import Config, current_config
from database import session, utcnow
from dispatch.incoming.messages import Inbound, receive_inbound
from dispatch.incoming.receipts import store_receipt
from dispatch.models import Channel
from dispatch.providers.base import Provider
from dispatch.providers.directory import PROVIDERS, is_configured
from dispatch.providers.webhook_requests import BadSignature, WebhookRequest
from dispatch.sender_routes import own_numbers
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
    if not _is_ours(received.recipient):
        log.warning("inbound_for_another", provider=provider)
        raise NotFound()
    inbound = Inbound(
        Channel.SMS, received.sender, received.recipient, received.text, utcnow(), received.opted
    )
    receive_inbound(session, provider, received.provider_ref, inbound)
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


def _is_ours(recipient: str) -> bool:
    """Whether a message was sent to one of our numbers: an account may have others."""
    ours = own_numbers(current_config())
    return recipient.removeprefix("+") in {number.removeprefix("+") for number in ours}


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
