"""Alerts, their texts, and the immutable record of what was sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String, Text, UniqueConstraint, event
from sqlalchemy.orm import (
    Mapped,
    Mapper,
    attribute_keyed_dict,
    mapped_column,
    relationship,
)

from alerts.codes import MAX_CODE_LENGTH
from alerts.kinds import AlertKind
from cases.references import REFERENCE_LENGTH
from database import Base, BigId, UtcDateTime, enum_column, utcnow
from staff.models import Staff


class AlertStatus(StrEnum):
    """The states of an alert; ``alerts.lifecycle`` has the transitions."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    ACTIVE = "active"
    CLOSED = "closed"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


class Severity(StrEnum):
    """How serious the event is, with the values of CAP 1.2."""

    EXTREME = "extreme"
    SEVERE = "severe"
    MODERATE = "moderate"
    MINOR = "minor"


class Outcome(StrEnum):
    """Why an alert was closed."""

    RESOLVED = "resolved"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class StepKind(StrEnum):
    """A step on the way of an alert to its approval."""

    SUBMITTED = "submitted"
    TAKEN_BACK = "taken_back"
    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"
    UNAPPROVED = "unapproved"
    """It was sent without approval, for the reason in the comment."""


class ReleaseKind(StrEnum):
    """What a release is: the alert itself, news of it, its correction, its end or withdrawal."""

    INITIAL = "initial"
    UPDATE = "update"
    CORRECTION = "correction"
    CLOSURE = "closure"
    WITHDRAWAL = "withdrawal"

    @property
    def is_whole(self) -> bool:
        """Whether it says everything, title and text, and not only what follows."""
        return self in {ReleaseKind.INITIAL, ReleaseKind.CORRECTION}

    @property
    def is_end(self) -> bool:
        """Whether the alert is over with it, so that its readers are asked for nothing more."""
        return self in {ReleaseKind.CLOSURE, ReleaseKind.WITHDRAWAL}


class ImmutableRecord(Exception):
    """Something tried to change or delete the record of what was sent."""


class Alert(Base):
    """An alert. Its texts are in ``texts``, what was sent in ``releases``."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(MAX_CODE_LENGTH), unique=True)
    kind: Mapped[AlertKind] = mapped_column(enum_column(AlertKind))
    status: Mapped[AlertStatus] = mapped_column(
        enum_column(AlertStatus), default=AlertStatus.DRAFT, index=True
    )
    severity: Mapped[Severity] = mapped_column(enum_column(Severity))
    case_reference: Mapped[str | None] = mapped_column(String(REFERENCE_LENGTH), index=True)
    target: Mapped[dict[str, Any]] = mapped_column(JSON)
    # None: as soon as it is published.
    send_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # None: a day after it is sent. Always set once the alert is published.
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    created_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    # Who changed its content last; nobody: it is as it was created.
    edited_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, onupdate=utcnow)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    idempotency_key: Mapped[str | None] = mapped_column(String(80), unique=True)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[Outcome | None] = mapped_column(enum_column(Outcome))

    texts: Mapped[dict[str, AlertText]] = relationship(
        back_populates="alert",
        cascade="all, delete-orphan",
        collection_class=attribute_keyed_dict("language"),
        lazy="selectin",
    )
    districts: Mapped[list[AlertDistrict]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="AlertDistrict.district_code"
    )
    approval_steps: Mapped[list[ApprovalStep]] = relationship(
        primaryjoin="and_(ApprovalStep.alert_id == Alert.id, ApprovalStep.follow_up_id.is_(None))",
        back_populates="alert",
        order_by="ApprovalStep.id",
    )
    releases: Mapped[list[AlertRelease]] = relationship(
        back_populates="alert", order_by="AlertRelease.number"
    )

    @property
    def district_codes(self) -> list[str]:
        """The codes of the police districts that the target lies in."""
        return [district.district_code for district in self.districts]

    @property
    def is_appeal(self) -> bool:
        """Whether it asks for tips."""
        return self.kind.row.asks_for_tips

    @property
    def starts_at(self) -> datetime:
        """When it is or was sent."""
        return self.send_at or self.published_at or utcnow()

    def text(self, language: str) -> AlertText:
        """The text in a language, else in Danish, which every alert has."""
        return self.texts.get(language) or self.texts["da"]


class AlertText(Base):
    """Title and body of an alert in one language."""

    __tablename__ = "alert_text"

    alert_id: Mapped[int] = mapped_column(
        ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)

    alert: Mapped[Alert] = relationship(back_populates="texts")


class AlertDistrict(Base):
    """A police district that an alert's target lies in; derived from the target."""

    __tablename__ = "alert_district"

    alert_id: Mapped[int] = mapped_column(
        ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True
    )
    district_code: Mapped[str] = mapped_column(String(16), primary_key=True, index=True)


class FollowUp(Base):
    """An update, correction or closing message that somebody else must approve before it is sent.

    It takes the steps of an alert, with the same states: from draft to approved, then sending. What
    was sent is its ``release``. ``texts`` is ``{language: {title, body}}``.
    """

    __tablename__ = "follow_up"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ReleaseKind] = mapped_column(enum_column(ReleaseKind))
    status: Mapped[AlertStatus] = mapped_column(
        enum_column(AlertStatus), default=AlertStatus.DRAFT, index=True
    )
    texts: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    created_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    edited_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    release_id: Mapped[int | None] = mapped_column(
        ForeignKey("alert_release.id", ondelete="CASCADE"), unique=True
    )

    alert: Mapped[Alert] = relationship()
    release: Mapped[AlertRelease | None] = relationship()
    approval_steps: Mapped[list[ApprovalStep]] = relationship(
        back_populates="follow_up", order_by="ApprovalStep.id"
    )


Work = Alert | FollowUp
"""What somebody else approves."""


class ApprovalStep(Base):
    """One step on the way to approval, of an alert or of what follows it: the oldest first.

    ``fingerprint`` and ``version`` are those of the content (:mod:`alerts.draft`) at that moment:
    the one decides what is approved, the other tells what has changed since. ``wording_reason``:
    why the texts that were submitted say what the rules of wording call grave.
    """

    __tablename__ = "approval_step"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), index=True)
    # None: it is about the alert itself.
    follow_up_id: Mapped[int | None] = mapped_column(
        ForeignKey("follow_up.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[StepKind] = mapped_column(enum_column(StepKind))
    fingerprint: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(Text)
    comment: Mapped[str] = mapped_column(Text, default="")
    wording_reason: Mapped[str | None] = mapped_column(Text)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    alert: Mapped[Alert] = relationship(back_populates="approval_steps")
    follow_up: Mapped[FollowUp | None] = relationship(back_populates="approval_steps")
    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)

    @property
    def work(self) -> Work:
        """What it is a step of."""
        return self.follow_up or self.alert


class AlertRelease(Base):
    """What was sent, to which audience, when and by whom. Written once, never changed.

    ``texts`` is ``{language: {title, body}}``; ``contents`` the composed messages, one per
    channel and language; ``counts`` the recipients per channel and language, counted at the time
    of release. It is sent in one or more ``waves``. ``wording_reason``: why its texts say what
    the rules of wording call grave.
    """

    __tablename__ = "alert_release"
    __table_args__ = (
        UniqueConstraint("alert_id", "number"),
        # One initial release, one closure, one withdrawal, and one for each update and correction.
        UniqueConstraint("alert_id", "key"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"))
    kind: Mapped[ReleaseKind] = mapped_column(enum_column(ReleaseKind))
    number: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(100))
    texts: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    contents: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    target: Mapped[dict[str, Any]] = mapped_column(JSON)
    target_description: Mapped[str] = mapped_column(Text)
    counts: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    recipients: Mapped[int] = mapped_column(Integer)
    wording_reason: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    alert: Mapped[Alert] = relationship(back_populates="releases")
    waves: Mapped[list[ReleaseWave]] = relationship(
        order_by="ReleaseWave.number", lazy="selectin", viewonly=True
    )

    @property
    def broadcast_ids(self) -> list[int]:
        """The broadcasts of its waves, in order."""
        return [wave.broadcast_id for wave in self.waves]


class ReleaseWave(Base):
    """One broadcast of a release, and its audience. Written once, never changed.

    ``number`` counts from 1; ``audience`` is ``{kind, params}``; ``counts`` is as in the
    release, for this wave only.
    """

    __tablename__ = "release_wave"

    release_id: Mapped[int] = mapped_column(ForeignKey("alert_release.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    broadcast_id: Mapped[int] = mapped_column(BigId, ForeignKey("broadcast.id"), unique=True)
    audience: Mapped[dict[str, Any]] = mapped_column(JSON)
    counts: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


def _refuse(_mapper: Mapper[Any], _connection: Any, record: AlertRelease | ReleaseWave) -> None:
    raise ImmutableRecord(f"{record.__tablename__} records what was sent and cannot be changed")


for _record in (AlertRelease, ReleaseWave):
    event.listen(_record, "before_update", _refuse)
    event.listen(_record, "before_delete", _refuse)
