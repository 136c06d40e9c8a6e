"""The provider's webhooks: verified, stored, answered."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Response, request
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from config import current_config
from database import session, utcnow
from dispatch.channels.sms import TwilioCarrier
from dispatch.contacts import AddressError, find_contact, note_opt_out, parse_address
from dispatch.inbound import Inbound, receive_inbound
from dispatch.models import Channel, SuppressionReason
from dispatch.receipts import store_receipt
from dispatch.schemas import InboundSchema, StatusSchema
from dispatch.tokens import Purpose, Tokens
from web import access
from web.errors import NotFound, Problem

log = structlog.get_logger(__name__)

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks/twilio")

MAX_BODY = 256 * 1024
"""Bytes of a webhook: 20,000 characters outside ASCII fit, form-encoded."""
PROVIDER = TwilioCarrier.provider


class BadSignature(Problem):
    """The request was not signed with our auth token, or for another address."""

    status = 403
    slug = "bad-signature"
    title = _l("Underskriften passer ikke")


class Malformed(Problem):
    """The request is signed and makes no sense."""

    status = 400
    slug = "malformed"
    title = _l("Forespørgslen kunne ikke læses")


@blueprint.before_request
def limit_body() -> None:
    """Read no more than a message can be, before anything else is done with it."""
    request.max_content_length = MAX_BODY
    request.max_form_memory_size = MAX_BODY


@blueprint.post("/inbound")
@access.webhook
def receive_message() -> Response:
    """A message from a phone: handed down the chain, the reply goes back as TwiML."""
    form = _verified_form(InboundSchema())
    inbound = Inbound(Channel.SMS, form["sender"], form["recipient"], form["text"], utcnow())
    handled_by_provider = bool(form["opt_out"])
    if form["opt_out"].upper() == "STOP":
        _note_stop(inbound.sender)
    text = receive_inbound(session, PROVIDER, form["reference"], inbound)
    answer = MessagingResponse()
    # Twilio's own opt-out handling has answered already.
    if text and not handled_by_provider:
        answer.message(text)
    return Response(str(answer), content_type="text/xml; charset=utf-8")


@blueprint.post("/status/<token>")
@access.webhook
def receive_status(token: str) -> Response:
    """What became of a message we sent."""
    form = _verified_form(StatusSchema())
    numbers = Tokens(current_config().secret_key).read(Purpose.RECEIPT, token)
    if numbers is None or len(numbers) != 2:
        raise NotFound()
    store_receipt(
        session,
        delivery_id=numbers[0],
        attempt=numbers[1],
        provider=PROVIDER,
        provider_ref=form["reference"],
        status=form["status"],
        error_code=form["error_code"] or None,
    )
    return Response(status=204)


def _verified_form(schema: Schema) -> dict[str, Any]:
    """The form's fields; raises :class:`BadSignature` or :class:`Malformed`."""
    config = current_config()
    # Signed is the address that the provider was told, not the one a proxy shows us.
    address = config.public_url.rstrip("/") + request.script_root + request.path
    if request.query_string:
        address += "?" + request.query_string.decode("ascii", "replace")
    signature = request.headers.get("X-Twilio-Signature", "")
    validator = RequestValidator(config.twilio_auth_token)
    if not signature or not validator.validate(address, request.form, signature):
        log.warning("webhook_refused", endpoint=request.endpoint, signed=bool(signature))
        raise BadSignature(_l("Forespørgslen er ikke underskrevet af udbyderen."))
    try:
        loaded: dict[str, Any] = schema.load(request.form.to_dict())
    except ValidationError as error:
        messages = {str(name): [str(m) for m in found] for name, found in _messages(error)}
        raise Malformed(_l("Felter mangler eller er forkerte."), fields=messages) from error
    return loaded


def _messages(error: ValidationError) -> Any:
    return error.normalized_messages().items()


def _note_stop(sender: str) -> None:
    try:
        contact = find_contact(session, Channel.SMS, parse_address(Channel.SMS, sender))
    except AddressError:
        return
    if contact is not None:
        note_opt_out(session, contact, SuppressionReason.PROVIDER_OPT_OUT)
