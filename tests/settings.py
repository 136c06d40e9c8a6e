"""The settings of the test suite: real keys that protect nothing."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from config import Config
from dispatch.providers.directory import SETTINGS


def key(letter: str) -> str:
    """A 32-byte key made from a letter, in base64."""
    return base64.b64encode(hashlib.sha256(letter.encode()).digest()).decode()


ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "token-of-the-test-account-0000001"
SMS_NUMBER = "+4552510000"
SECOND_NUMBER = "+4552510001"
GATEWAYAPI_TOKEN = "token-of-the-test-account-0000002"
GATEWAYAPI_SECRET = "secret-of-the-test-webhooks-000002"
GATEWAYAPI_NUMBER = "+4552520000"

ENVIRONMENT = {
    "VARSKO_PUBLIC_URL": "http://varsko.test",
    "VARSKO_DATABASE_URL": "sqlite:///:memory:",
    "VARSKO_SECRET_KEY": key("web"),
    "VARSKO_SUBSCRIBER_KEYS": f"s1:{key('s')}",
    "VARSKO_SUBSCRIBER_INDEX_KEY": key("S"),
    "VARSKO_TIP_KEYS": f"t1:{key('t')}",
    "VARSKO_TIP_INDEX_KEY": key("T"),
    "VARSKO_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
    "VARSKO_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
    "VARSKO_TWILIO_API_URL": "http://127.0.0.1:9",
    "VARSKO_SMS_NUMBER": SMS_NUMBER,
    "VARSKO_GATEWAYAPI_TOKEN": GATEWAYAPI_TOKEN,
    "VARSKO_GATEWAYAPI_WEBHOOK_SECRET": GATEWAYAPI_SECRET,
    "VARSKO_GATEWAYAPI_URL": "http://127.0.0.1:9",
    "VARSKO_SMS_SEGMENTS_PER_SECOND": "100000",
    "VARSKO_MAIL_FROM": "varsko@varsko.test",
    "VARSKO_SMTP_HOST": "127.0.0.1",
    "VARSKO_SMTP_PORT": "9",
    "VARSKO_SMTP_SECURITY": "none",
    "VARSKO_SMTP_MESSAGES_PER_SECOND": "100000",
    "VARSKO_LOG_LEVEL": "error",
    "VARSKO_TESTING": "true",
}


def make_config(**changes: Any) -> Config:
    """Settings for a test; keyword arguments are settings by name (``database_url="..."``)."""
    changed = {f"VARSKO_{name.upper()}": str(value) for name, value in changes.items()}
    return Config.from_environment({**ENVIRONMENT, **changed}, SETTINGS)
