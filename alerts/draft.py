"""The content of a draft, as a value."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from alerts.kinds import OPTIONAL_FIELDS, AlertKind
from alerts.models import Alert, AlertText, FollowUp, ReleaseKind, Severity


@dataclass(frozen=True)
class Wording:
    """Title and body in one language."""

    title: str
    body: str


class Content:
    """What somebody reads before it is sent, as a frozen dataclass: any change of it is noticed."""

    def version(self) -> str:
        """A short hash of each field, in their order: it tells which of them have changed."""
        return ".".join(_digest(value)[:8] for value in self._parts().values())

    def changed_since(self, version: str) -> list[str]:
        """The fields that are not as they were in a version; all, if it is none of this program."""
        before, now = version.split("."), self.version().split(".")
        names = list(self._parts())
        if len(before) != len(now):
            return names
        return [name for name, was, is_now in zip(names, before, now, strict=True) if was != is_now]

    def fingerprint(self) -> str:
        """A hash of all fields (SHA-256 of canonical JSON), so that any change is noticed."""
        return _digest(dataclasses.asdict(self))  # type: ignore[call-overload]

    def _parts(self) -> dict[str, Any]:
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        return {field.name: getattr(self, field.name) for field in fields}


@dataclass(frozen=True, kw_only=True)
class AlertDraft(Content):
    """The content of a draft: everything that an officer decides, and nothing else.

    ``target``: as for ``areas.parse_target``; ``texts``: by language (Danish at least);
    ``send_at``: None for when it is published; ``expires_at``: None for a day after that.

    A field that is added here, and as a column of :class:`Alert` with the same name, is stored,
    read back and part of the fingerprint. Only ``texts`` has a table of its own.
    """

    kind: AlertKind
    severity: Severity = Severity.MODERATE
    target: Mapping[str, Any]
    texts: Mapping[str, Wording]
    case_reference: str | None = None
    send_at: datetime | None = None
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        """Put the areas in one order, so that a draft is the same however they were chosen."""
        lists = {
            name: sorted(ids) if name.endswith("_ids") else ids for name, ids in self.target.items()
        }
        object.__setattr__(self, "target", lists)

    @classmethod
    def of(cls, alert: Alert) -> AlertDraft:
        """The current content of an alert."""
        texts = {language: Wording(text.title, text.body) for language, text in alert.texts.items()}
        return cls(texts=texts, **{name: getattr(alert, name) for name in COLUMNS})

    def fill(self, alert: Alert) -> None:
        """Make this the content of an alert; the reverse of :meth:`of`."""
        for name in COLUMNS:
            setattr(alert, name, getattr(self, name))
        for language in set(alert.texts) - set(self.texts):
            del alert.texts[language]
        for language, wording in self.texts.items():
            text = alert.texts.get(language)
            if text is None:
                text = alert.texts[language] = AlertText(language=language)
            text.title, text.body = wording.title, wording.body

    def fitting_its_kind(self) -> AlertDraft:
        """The same, but fields that its kind does not have are at their defaults."""
        absent = OPTIONAL_FIELDS - self.kind.row.fields
        defaults: dict[str, Any] = {f.name: f.default for f in dataclasses.fields(self)}
        return dataclasses.replace(self, **{name: defaults[name] for name in absent})


@dataclass(frozen=True, kw_only=True)
class FollowUpContent(Content):
    """What is approved of a follow-up: its texts, and the situation that they were written for.

    ``alert`` is the fingerprint of the alert as it is, so of where it goes; ``sent`` the number of
    the last release, so that nothing is approved that was read before something else went out.
    """

    follow_up: ReleaseKind
    texts: Mapping[str, Wording]
    alert: str
    sent: int


def texts_of(follow_up: FollowUp) -> dict[str, Wording]:
    """The texts of a follow-up, as values."""
    return {language: Wording(**text) for language, text in follow_up.texts.items()}


COLUMNS = tuple(field.name for field in dataclasses.fields(AlertDraft) if field.name != "texts")
"""The fields that are columns of an alert."""


def _digest(content: Any) -> str:
    plain = json.dumps(content, sort_keys=True, default=_plain)
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Wording):
        return dataclasses.asdict(value)
    raise TypeError(f"a draft cannot hold a {type(value).__name__}")
