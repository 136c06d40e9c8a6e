"""What an officer composes, before it is an alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.models import Alert, AlertKind, Severity


@dataclass(frozen=True)
class Wording:
    """Title and body in one language."""

    title: str
    body: str


@dataclass(frozen=True, kw_only=True)
class AlertDraft:
    """The content of a draft.

    ``target`` as ``areas.parse_target`` takes it, ``texts`` by language (Danish at least),
    ``send_at`` None for as soon as it is published, ``expires_at`` None for a day after that.
    """

    kind: AlertKind
    severity: Severity
    target: Mapping[str, Any]
    texts: Mapping[str, Wording]
    case_reference: str | None = None
    send_at: datetime | None = None
    expires_at: datetime | None = None

    @classmethod
    def of(cls, alert: Alert) -> AlertDraft:
        """The content of an alert as it stands."""
        return cls(
            kind=alert.kind,
            severity=alert.severity,
            target=alert.target,
            texts={
                language: Wording(text.title, text.body) for language, text in alert.texts.items()
            },
            case_reference=alert.case_reference,
            send_at=alert.send_at,
            expires_at=alert.expires_at,
        )
