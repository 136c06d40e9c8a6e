"""Why a broadcast is paused or a sender rests: a value, stored as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import JSON, Dialect
from sqlalchemy.types import TypeDecorator


class PauseKind(StrEnum):
    """The kind of reason. All but ``staff`` are found by the system."""

    CONFIGURATION = "configuration"
    CONTENT = "content"
    ERRORS = "errors"
    UNAVAILABLE = "unavailable"
    UNANSWERED = "unanswered"
    STAFF = "staff"


@dataclass(frozen=True)
class PauseReason:
    """Why nothing is sent. Build one with the method for its kind.

    ``provider`` is its name in the settings, ``code`` the provider's (or our) error code.
    ``share`` (0 to 1) of the latest attempts failed. ``by`` identifies the member of staff.
    """

    kind: PauseKind
    provider: str | None = None
    code: str | None = None
    share: float | None = None
    by: int | None = None

    @classmethod
    def configuration(cls, provider: str, code: str | None) -> Self:
        """The provider refuses our credentials, sender or account."""
        return cls(PauseKind.CONFIGURATION, provider, code)

    @classmethod
    def content(cls, provider: str, code: str | None) -> Self:
        """The provider refuses the text, for any recipient."""
        return cls(PauseKind.CONTENT, provider, code)

    @classmethod
    def errors(cls, share: float) -> Self:
        """Too large a share of the latest attempts failed."""
        return cls(PauseKind.ERRORS, share=round(share, 2))

    @classmethod
    def unavailable(cls, provider: str, code: str | None) -> Self:
        """The provider cannot be reached, or accepts nothing at the moment."""
        return cls(PauseKind.UNAVAILABLE, provider, code)

    @classmethod
    def unanswered(cls, provider: str, code: str | None) -> Self:
        """The provider's answers do not say whether it accepted the messages."""
        return cls(PauseKind.UNANSWERED, provider, code)

    @classmethod
    def staff(cls, by: int | None) -> Self:
        """A member of staff paused it. Only the id is stored: a name would end up in the log."""
        return cls(PauseKind.STAFF, by=by)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """The value that :meth:`to_json` wrote."""
        return cls(**{**stored, "kind": PauseKind(stored["kind"])})

    def to_json(self) -> dict[str, Any]:
        """The fields that are set."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class PauseReasonType(TypeDecorator[PauseReason]):
    """A column that holds a :class:`PauseReason` as JSON."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(
        self, value: PauseReason | None, dialect: Dialect
    ) -> dict[str, Any] | None:
        return None if value is None else value.to_json()

    def process_result_value(
        self, value: dict[str, Any] | None, dialect: Dialect
    ) -> PauseReason | None:
        return None if value is None else PauseReason.from_json(value)
