"""What GatewayAPI's error codes and states mean for a delivery.

https://gatewayapi.com/docs/error-codes/. 0x02xx and 0x03xx refuse a request, 0x10xx fail a
message that was accepted. Codes that end in 00 to 0F mean the same whatever their first byte.
For a code that is not listed, the HTTP status decides.
"""

from __future__ import annotations

from dispatch.models import DeliveryState
from dispatch.providers.base import ResultKind

_ONCE = ResultKind.RETRY_ONCE
_DEFERRED = ResultKind.DEFERRED
_PERMANENT = ResultKind.PERMANENT
_CONFIGURATION = ResultKind.CONFIGURATION
_UNKNOWN = ResultKind.UNKNOWN

CODES: dict[int, ResultKind] = {
    0x0210: _CONFIGURATION,  # invalid user name
    0x0211: _CONFIGURATION,  # invalid password
    0x0212: _CONFIGURATION,  # invalid IP address
    0x0213: _CONFIGURATION,  # IP address not allowed
    0x0214: _ONCE,  # the number is blocked for a while for this text
    0x0215: _PERMANENT,  # the number is blocked
    0x0216: _CONFIGURATION,  # not enough credit
    0x0217: _CONFIGURATION,  # the country is not enabled
    0x0218: _CONFIGURATION,  # unknown message class
    0x0219: _CONFIGURATION,  # e-mail not enabled
    0x021A: _CONFIGURATION,  # HLR not enabled
    0x021B: _CONFIGURATION,  # phonebook not enabled
    0x021C: _CONFIGURATION,  # MMS not enabled
    0x021D: _CONFIGURATION,  # SMS not enabled
    0x021E: _CONFIGURATION,  # the message class does not reach the country
    0x021F: _CONFIGURATION,  # the operator is not enabled
    0x0220: _CONFIGURATION,  # unsupported parameter
    0x0221: _CONFIGURATION,  # unsupported signature method
    0x0222: _CONFIGURATION,  # a parameter is missing
    0x0223: _CONFIGURATION,  # invalid consumer key
    0x0224: _CONFIGURATION,  # invalid signature
    0x0225: _CONFIGURATION,  # expired time stamp
    0x0226: _CONFIGURATION,  # invalid or used nonce
    0x0227: _CONFIGURATION,  # no push settings for the account
    0x0228: _CONFIGURATION,  # no push setting for the service
    0x0310: _PERMANENT,  # a recipient is listed twice in one message
    0x0311: _CONFIGURATION,  # the priority is not available
    0x1010: _PERMANENT,  # HLR: unknown subscriber
    0x1011: _PERMANENT,  # HLR: call barred
    0x1012: _PERMANENT,  # HLR: teleservice not provisioned
    0x1013: _PERMANENT,  # HLR: absent subscriber
    0x1014: _PERMANENT,  # HLR: facility not supported
    0x1015: _ONCE,  # HLR: system failure
    0x1016: _PERMANENT,  # HLR: unexpected data value
    0x1017: _PERMANENT,  # HLR: data missing
    0x1018: _PERMANENT,  # HLR: memory capacity exceeded
    0x1019: _PERMANENT,  # HLR: subscriber not reachable
    0x101A: _ONCE,  # VLR: system failure
    0x101B: _ONCE,  # HLR: internal error
    0x1020: _PERMANENT,  # MSC: unidentified subscriber
    0x1021: _PERMANENT,  # MSC: absent subscriber, IMSI detached
    0x1022: _PERMANENT,  # MSC: absent subscriber, no page response
    0x1023: _ONCE,  # MSC: subscriber busy
    0x1024: _PERMANENT,  # MSC: facility not supported
    0x1025: _PERMANENT,  # MSC: illegal subscriber
    0x1026: _PERMANENT,  # MSC: illegal equipment
    0x1027: _ONCE,  # MSC: system failure
    0x1028: _PERMANENT,  # MSC: unexpected data value
    0x1029: _PERMANENT,  # MSC: data missing
    0x102A: _PERMANENT,  # MSC: memory capacity exceeded
    0x102B: _PERMANENT,  # MSC: equipment protocol error
    0x102C: _PERMANENT,  # MSC: equipment takes no short messages
    0x102D: _PERMANENT,  # MSC: illegal error
    0x102E: _ONCE,  # MSC: internal error
    0x1030: _PERMANENT,  # screening: blocked
    0x1031: _PERMANENT,  # screening: terminating IMSI blocked
    0x1032: _PERMANENT,  # screening: originating location mismatch
    0x1033: _PERMANENT,  # screening: originator blocked (by one phone or operator)
    0x1034: _PERMANENT,  # screening: destination blocked
    0x1035: _PERMANENT,  # screening: keyword blocked
    0x1036: _PERMANENT,  # screening: service centre blocked
    0x1037: _ONCE,  # screening: quota exceeded
    0x1038: _PERMANENT,  # screening: loop detected
    0x1039: _PERMANENT,  # screening: data coding scheme blocked
    0x103A: _PERMANENT,  # screening: information element blocked
    0x103B: _PERMANENT,  # screening: personal service barring, MO
    0x103C: _PERMANENT,  # screening: personal service barring, MT
    0x1040: _PERMANENT,  # SMSC: unidentified subscriber
    0x1041: _PERMANENT,  # SMSC: facility not supported
    0x1042: _ONCE,  # SMSC: system failure
    0x1043: _PERMANENT,  # SMSC: unexpected data value
    0x1044: _PERMANENT,  # SMSC: data missing
    0x1045: _PERMANENT,  # SMSC: equipment protocol error
    0x1046: _PERMANENT,  # SMSC: unknown service centre address
    0x1047: _ONCE,  # SMSC: congestion
    0x1048: _PERMANENT,  # SMSC: invalid short message entity address
    0x1049: _PERMANENT,  # SMSC: not a subscriber of the service centre
    0x104A: _ONCE,  # SMSC: internal error
    0x1050: _ONCE,  # routing: internal error
    0x1051: _PERMANENT,  # routing: unsupported number plan
    0x1052: _PERMANENT,  # routing: unsupported type of number
    0x1053: _PERMANENT,  # routing: not delivered
    0x1054: _PERMANENT,  # routing: dialling zone not found
    0x1055: _PERMANENT,  # routing: not the home zone, and IMSI not allowed
    0x1056: _PERMANENT,  # routing: not the home zone, and no IMSI
    0x1057: _PERMANENT,  # routing: unknown type of network
    0x1060: _PERMANENT,  # ESME: invalid destination address
    0x1061: _PERMANENT,  # ESME: invalid destination numbering plan
    0x1062: _PERMANENT,  # ESME: invalid destination type of number
    0x1063: _PERMANENT,  # ESME: invalid destination flag
    0x1064: _PERMANENT,  # ESME: invalid number of destinations
    0x1065: _CONFIGURATION,  # ESME: invalid source address
    0x1066: _CONFIGURATION,  # ESME: invalid source numbering plan
    0x1067: _CONFIGURATION,  # ESME: invalid source type of number
    0x1068: _PERMANENT,  # ESME: permanent receiver error
    0x1069: _PERMANENT,  # ESME: receiver rejects
    0x106A: _ONCE,  # ESME: temporary receiver error
    0x106B: _PERMANENT,  # ESME: invalid command length
    0x106C: _PERMANENT,  # ESME: invalid service type
    0x106D: _PERMANENT,  # ESME: invalid operation
    0x106E: _PERMANENT,  # ESME: operation not allowed
    0x106F: _PERMANENT,  # ESME: invalid parameter
    0x1070: _PERMANENT,  # ESME: parameter not allowed
    0x1071: _PERMANENT,  # ESME: invalid parameter length
    0x1072: _PERMANENT,  # ESME: invalid optional parameter
    0x1073: _PERMANENT,  # ESME: optional parameter missing
    0x1074: _PERMANENT,  # ESME: invalid validity
    0x1075: _PERMANENT,  # ESME: invalid time to send
    0x1076: _PERMANENT,  # ESME: invalid distribution list
    0x1077: _PERMANENT,  # ESME: invalid message class
    0x1078: _PERMANENT,  # ESME: invalid message length
    0x1079: _PERMANENT,  # ESME: invalid message reference
    0x107A: _PERMANENT,  # ESME: invalid number of messages
    0x107B: _PERMANENT,  # ESME: invalid predefined message
    0x107C: _PERMANENT,  # ESME: invalid priority
    0x107D: _PERMANENT,  # ESME: invalid replace flag
    0x107E: _ONCE,  # ESME: request failed
    0x107F: _PERMANENT,  # ESME: invalid delivery report request
    0x1080: _ONCE,  # ESME: message queue full
    0x1081: _ONCE,  # ESME: external error, or IMSI lookup blocked
    0x1082: _ONCE,  # ESME: cannot find information, or internal error
    0x1083: _ONCE,  # ESME: unknown external error
    0x1084: _PERMANENT,  # ESME: invalid mobile subscriber
    0x1085: _PERMANENT,  # ESME: the message is too long
    0x1086: _PERMANENT,  # ESME: the message cannot be unpacked
    0x1087: _PERMANENT,  # ESME: the alphabet cannot be converted
    0x1090: _ONCE,  # operator: internal error
    0x1091: _ONCE,  # operator: network time-out
    0x1092: _PERMANENT,  # operator: the subscriber has no funds
    0x1093: _PERMANENT,  # operator: the subscriber is blocked
    0x1094: _PERMANENT,  # operator: refunded
}

GENERAL: dict[int, ResultKind] = {
    0x03: _CONFIGURATION,  # operation not permitted
    0x07: _CONFIGURATION,  # permission denied
    0x09: _DEFERRED,  # temporarily unavailable
}
"""General codes, by their last byte, that say more than the HTTP status."""

OF_ONE_RECIPIENT = frozenset({0x0214, 0x0215, 0x0217, 0x021E, 0x021F, 0x0310})
"""Refusals that can be about one of several recipients (besides those without a code)."""

STATUSES: dict[str, DeliveryState] = {
    "UNKNOWN": DeliveryState.SENT,
    "SCHEDULED": DeliveryState.SENT,
    "BUFFERED": DeliveryState.SENT,
    "ENROUTE": DeliveryState.SENT,
    "ACCEPTED": DeliveryState.SENT,
    "DELIVERED": DeliveryState.DELIVERED,
    "EXPIRED": DeliveryState.EXPIRED,
    "DELETED": DeliveryState.CANCELLED,
    "UNDELIVERABLE": DeliveryState.FAILED,
    "REJECTED": DeliveryState.FAILED,
    "SKIPPED": DeliveryState.FAILED,
}
"""GatewayAPI's message statuses as our states.

ACCEPTED is the final status of some messages: the network took them, and no phone confirms them.
"""


def meaning_of(code: int | None, http_status: int) -> ResultKind:
    """What an API error means: by its code, else by its HTTP status."""
    known = meaning_of_code(code)
    if known is not None:
        return known
    if http_status == 429:
        return _DEFERRED
    if http_status in (401, 403, 404, 405) or http_status < 400:
        return _CONFIGURATION
    if http_status == 408 or http_status >= 500:
        return _UNKNOWN
    return _PERMANENT


def concerns_all(code: int | None, http_status: int) -> bool:
    """Whether a refusal of several messages is about all of them, not about one."""
    if code in OF_ONE_RECIPIENT:
        return False
    return meaning_of(code, http_status) is not _PERMANENT


def meaning_of_code(code: int | None) -> ResultKind | None:
    """What a code means on its own; None for one that is not documented."""
    if code is None:
        return None
    return CODES.get(code) or (GENERAL.get(code & 0xFF) if code & 0xFF <= 0x0F else None)
