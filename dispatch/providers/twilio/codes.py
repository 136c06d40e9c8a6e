"""What Twilio's error codes mean for a delivery.

https://www.twilio.com/docs/api/errors. 2xxxx refuse a request, 30xxx fail a message that was
accepted. For a code that is not listed, the HTTP status decides.
"""

from __future__ import annotations

from dispatch.models import DeliveryState
from dispatch.providers.base import ResultKind

_ACCEPTED = ResultKind.ACCEPTED
_ONCE = ResultKind.RETRY_ONCE
_DEFERRED = ResultKind.DEFERRED
_PERMANENT = ResultKind.PERMANENT
_OPTED_OUT = ResultKind.OPTED_OUT
_CONTENT = ResultKind.CONTENT
_CONFIGURATION = ResultKind.CONFIGURATION
_UNKNOWN = ResultKind.UNKNOWN

CODES: dict[int, ResultKind] = {
    20003: _CONFIGURATION,  # authentication failed
    20005: _CONFIGURATION,  # account is not active
    20008: _CONFIGURATION,  # test credentials cannot do this
    20404: _CONFIGURATION,  # no such resource: wrong account or address
    20429: _DEFERRED,  # too many requests
    20500: _UNKNOWN,  # internal error
    20503: _UNKNOWN,  # service unavailable
    20504: _UNKNOWN,  # gateway timeout
    21211: _PERMANENT,  # invalid To
    21212: _CONFIGURATION,  # invalid From
    21214: _PERMANENT,  # To cannot be reached
    21217: _PERMANENT,  # To does not look like a number
    21408: _CONFIGURATION,  # the country is not enabled
    21601: _CONFIGURATION,  # From cannot send SMS
    21602: _CONTENT,  # no body
    21603: _CONFIGURATION,  # no From
    21604: _PERMANENT,  # no To
    21605: _CONTENT,  # body too long
    21606: _CONFIGURATION,  # From is not ours or cannot send SMS
    21607: _CONFIGURATION,  # the sender may not be used
    21608: _CONFIGURATION,  # a trial account sends to verified numbers only
    21609: _CONFIGURATION,  # invalid StatusCallback
    21610: _OPTED_OUT,  # the recipient has sent STOP
    21611: _DEFERRED,  # the queue of this From is full
    21612: _PERMANENT,  # To cannot be reached from this From
    21614: _PERMANENT,  # To is no mobile number
    21617: _CONTENT,  # body over 1600 characters
    21618: _CONTENT,  # body cannot be sent in the text format
    21619: _CONTENT,  # neither body nor media
    21620: _CONTENT,  # invalid media address
    21623: _CONTENT,  # too many media
    21624: _CONFIGURATION,  # invalid validity period
    21635: _PERMANENT,  # To is a landline
    21659: _CONFIGURATION,  # From is not one of our numbers
    21660: _CONFIGURATION,  # From belongs to another account
    21661: _CONFIGURATION,  # From cannot send SMS
    21701: _CONFIGURATION,  # no such messaging service
    21703: _CONFIGURATION,  # the messaging service has no number
    21704: _CONFIGURATION,  # the messaging service has no number for this country
    21705: _CONFIGURATION,  # the messaging service is invalid
    30001: _ONCE,  # the provider's queue overflowed
    30002: _CONFIGURATION,  # account suspended
    30003: _PERMANENT,  # handset unreachable until the message expired
    30004: _PERMANENT,  # blocked by the recipient or the operator
    30005: _PERMANENT,  # number unknown
    30006: _PERMANENT,  # landline, or operator cannot be reached
    30007: _PERMANENT,  # filtered by the operator
    30008: _ONCE,  # unknown error
    30009: _PERMANENT,  # a segment was lost
    30010: _CONFIGURATION,  # price above the agreed maximum
    30017: _ONCE,  # the operator's network is congested
    30018: _CONFIGURATION,  # the destination requires a registered sender
    30022: _DEFERRED,  # over the operator's rate
    30023: _CONFIGURATION,  # over the daily limit
    30024: _CONFIGURATION,  # the sender is not registered with the operator
    30032: _CONFIGURATION,  # the number is not verified
    30034: _CONFIGURATION,  # the number is not registered
    30036: _PERMANENT,  # the validity period ended
    30400: _CONFIGURATION,  # parameters not valid together
    30410: _ONCE,  # the operator did not answer
    30500: _UNKNOWN,  # internal error
}

VALIDITY_ENDED = "30036"
"""The code of a message that was not delivered before the end of its validity period."""

AFTER_SECONDS: dict[int, float] = {21611: 30.0, 30001: 300.0, 30008: 300.0, 30017: 300.0}
"""How long to wait before another attempt, where it is not the usual wait."""

STATUSES: dict[str, DeliveryState | None] = {
    "accepted": DeliveryState.SENT,
    "scheduled": DeliveryState.SENT,
    "queued": DeliveryState.SENT,
    "sending": DeliveryState.SENT,
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.CANCELLED,
}
"""Twilio's message statuses as our states."""


def meaning_of(code: int | None, http_status: int) -> ResultKind:
    """What an API error means: by its code, else by its HTTP status."""
    if code in CODES:
        return CODES[code]
    if http_status == 429:
        return _DEFERRED
    if http_status in (401, 403, 404):
        return _CONFIGURATION
    if http_status == 408 or http_status >= 500:
        return _UNKNOWN
    return _PERMANENT


def state_of(status: str, code: str | None) -> DeliveryState | None:
    """The delivery's state for a status; None for one Twilio does not document."""
    state = STATUSES.get(status)
    if state is DeliveryState.FAILED and code == VALIDITY_ENDED:
        return DeliveryState.EXPIRED
    return state
