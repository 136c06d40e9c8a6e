"""GatewayAPI's error codes. https://gatewayapi.com/docs/error-codes/"""

from __future__ import annotations

import json
import uuid

# Refusals: code -> (HTTP status, message; %1 is the first variable).
API_ERRORS: dict[int, tuple[int, str]] = {
    0x0203: (403, "Operation not permitted"),
    0x0210: (401, "Invalid username: %1"),
    0x0211: (401, "Invalid password"),
    0x0212: (401, "Invalid IP-address: %1"),
    0x0213: (403, "Unauthorized IP-address: %1"),
    0x0214: (403, "Temporary blacklist for MSISDN %1 with hash %2"),
    0x0215: (403, "MSISDN %1 blacklisted"),
    0x0216: (403, "Insufficient credit"),
    0x0217: (403, "Unauthorized destination: country %1"),
    0x0218: (422, "Unknown message class id %1"),
    0x0219: (403, "E-mail not enabled for account"),
    0x021A: (403, "HLR not enabled for account"),
    0x021B: (403, "Phonebook not enabled for account"),
    0x021C: (403, "MMS not enabled for account"),
    0x021D: (403, "SMS not enabled for account"),
    0x021E: (500, "Message class %1 is not configured for %2"),
    0x021F: (403, "Unauthorized operator: MCC %1, MNC %2"),
    0x0220: (422, "Unsupported parameter %1"),
    0x0221: (401, "Unsupported signature method %1"),
    0x0222: (422, "Missing required parameter %1"),
    0x0223: (401, "Invalid Consumer Key"),
    0x0224: (401, "Invalid signature"),
    0x0225: (401, "Expired timestamp"),
    0x0226: (401, "Invalid / used nonce"),
    0x0227: (422, "No push settings for account %1"),
    0x0228: (422, "No push setting for VAS ID"),
    0x0308: (422, "Invalid Argument: %1"),
    0x0309: (503, "Resource temporarily unavailable"),
    0x0310: (422, "A message contains the same recipient more than once. MSISDN %1 is duplicated"),
    0x0311: (422, "Priority %1 not available"),
}

# Failures after a message was accepted: some of a hundred.
SMS_ERRORS: dict[int, str] = {
    0x1010: "Unknown subscriber",
    0x1011: "Call barred",
    0x1013: "Absent subscriber",
    0x1018: "Memory capacity exceeded",
    0x1019: "Mobile subscriber not reachable",
    0x1027: "System failure",
    0x1033: "Error, originator blocked",
    0x1034: "Error, destination blocked",
    0x1053: "Message not deliver",
    0x1060: "Invalid destination address",
    0x1065: "Invalid source address",
    0x1093: "Illegal mobile subscriber - blocked",
}


class GatewayRefused(Exception):
    """A request that is answered with one of GatewayAPI's errors."""

    def __init__(self, code: int, *variables: str) -> None:
        self.status, template = API_ERRORS.get(code, (422, f"Error {hexadecimal(code)}"))
        self.code: int | None = code
        self.message = template
        self.variables = variables
        self.retry_after: int | None = None
        super().__init__(self.message)

    @classmethod
    def with_status(cls, status: int, retry_after: int | None = None) -> GatewayRefused:
        """An error without a code."""
        refused = cls(0)
        refused.code, refused.status, refused.message = None, status, f"HTTP {status}"
        refused.retry_after = retry_after
        return refused

    def body(self) -> bytes:
        """The JSON body; code and variables are left out where there are none."""
        said: dict[str, object] = {"incident_uuid": str(uuid.uuid4()), "message": self.message}
        if self.code is not None:
            said["code"] = hexadecimal(self.code)
        if self.variables:
            said["variables"] = list(self.variables)
        return json.dumps(said).encode()


def hexadecimal(code: int) -> str:
    """A code as GatewayAPI writes it: `0x0216`."""
    return f"0x{code:04X}"
