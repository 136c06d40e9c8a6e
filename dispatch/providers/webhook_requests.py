"""The providers' requests to us, delivery reports and inbound messages, and how they fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from werkzeug.datastructures import Headers

from dispatch.models import Opted
from web.problems.errors import Problem


class BadSignature(Problem):
    """A webhook was not signed with our secret, or was signed for another address."""

    status = 403
    slug = "bad-signature"
    title = _l("Underskriften passer ikke")


class Malformed(Problem):
    """A webhook is correctly signed, but its content is not valid."""

    status = 400
    slug = "malformed"
    title = _l("Forespørgslen kunne ikke læses")

    @classmethod
    def because(cls, error: ValidationError) -> Self:
        """The problem for a schema's validation error."""
        fields = {
            str(name): [str(message) for message in found]
            for name, found in error.normalized_messages().items()
        }
        return cls(_l("Felter mangler eller er forkerte."), fields=fields)


@dataclass(frozen=True)
class WebhookRequest:
    """A provider's request to us. ``url`` is the public address that the provider was given."""

    url: str
    headers: Headers = field(repr=False)
    form: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class DeliveryReport:
    """The content of a provider's status callback, with its own status and code."""

    provider_ref: str
    status: str
    error_code: str | None = None


@dataclass(frozen=True)
class Received:
    """A message sent to one of our numbers.

    ``opted``: what the provider has understood and answered itself.
    """

    provider_ref: str
    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    text: str = field(repr=False)
    opted: Opted | None = None
