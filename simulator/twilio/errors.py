"""Twilio's error codes for messages, and its magic numbers.

Codes, HTTP statuses and meanings: https://www.twilio.com/docs/api/errors
Magic numbers: https://www.twilio.com/docs/iam/test-credentials#test-sms-messages
"""

from __future__ import annotations

import json

# Refusals: code -> (HTTP status, message; {} is the offending value).
REFUSALS: dict[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20009: (409, "Cannot delete message because delivery of message has not been completed."),
    20404: (404, "The requested resource {} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service Unavailable"),
    21211: (400, "Invalid 'To' Phone Number: {}"),
    21212: (400, "Invalid From Number (caller ID): {}"),
    21408: (
        403,
        "Permission to send an SMS has not been enabled for the region indicated by "
        "the 'To' number: {}",
    ),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (
        400,
        "The 'From' phone number {} is not a valid, SMS-capable inbound phone number or short "
        "code for your account.",
    ),
    21609: (400, "The 'StatusCallback' URL {} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number {} has exceeded the maximum number of queued messages"),
    21612: (
        400,
        "Message cannot be sent with the current combination of 'To' ({}) and/or 'From' parameters",
    ),
    21614: (400, "'To' number {} is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21620: (400, "Invalid media URL(s): {}"),
    21624: (400, "Invalid validity period value: {}"),
    21635: (400, "'To' number {} cannot be a landline"),
    21701: (404, "The Messaging Service {} does not exist"),
    30400: (400, "Parameters are not valid"),
    30409: (409, "This message cannot be canceled"),
    35114: (400, "SendAt must be between 15 minutes and 35 days from now, with a MessagingService"),
}

# Failures after a message was accepted.
DELIVERY_ERRORS: dict[int, str] = {
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30010: "Message price exceeds max price",
    30036: "Validity Period Expired",
}

MAGIC_SENDERS: dict[str, int | None] = {
    "+15005550001": 21212,
    "+15005550006": None,
    "+15005550007": 21606,
    "+15005550008": 21611,
}
MAGIC_RECIPIENTS: dict[str, int] = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}

_FOR_HTTP_STATUS = {429: 20429, 500: 20500, 503: 20503}


class Refused(Exception):
    """A request that is answered with one of Twilio's errors."""

    def __init__(self, code: int, value: str = "", retry_after: int | None = None) -> None:
        self.code = code
        self.status, template = REFUSALS.get(code, (400, f"Error {code}"))
        self.message = template.format(value) if "{}" in template else template
        self.retry_after = retry_after
        super().__init__(self.message)

    @classmethod
    def with_status(cls, status: int, retry_after: int | None = None) -> Refused:
        """The error Twilio answers with this HTTP status."""
        refused = cls(_FOR_HTTP_STATUS.get(status, 20500), retry_after=retry_after)
        refused.status = status
        return refused

    def body(self) -> bytes:
        """The JSON body, as Twilio writes it."""
        return json.dumps(
            {
                "code": self.code,
                "message": self.message,
                "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
                "status": self.status,
            }
        ).encode()
