"""What has just happened, told to the next page in its address.

There are no cookies, so the address carries a signed word and the hour. An address that is made
up, kept or found in the history says nothing any more. A receipt names nobody: it is the same for
all to whom the same happened in that hour.
"""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from database import whole_hour

_HOUR = timedelta(hours=1)


def receipt(page: str, said: str) -> str:
    """A word that this page may show, in this hour and the next."""
    return _serializer().dumps([page, said, int(whole_hour().timestamp())])


def read_receipt(page: str, token: str) -> str:
    """The word in a receipt for this page; empty if it is old, made up, or for another page."""
    try:
        issued_for, said, hour = _serializer().loads(token)
    except (BadData, ValueError, TypeError):
        return ""
    is_fresh = whole_hour().timestamp() - hour <= _HOUR.total_seconds()
    return str(said) if issued_for == page and is_fresh else ""


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="web.receipts")
