"""What other rooms register: the things that are deleted when they are old enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask, current_app
from flask_babel import LazyString
from sqlalchemy.orm import Session

from config import Config, current_config

EXTENSION = "varsko_retention"

Count = Callable[[Session, datetime], int]
"""Counts what became old enough before a time."""
Delete = Callable[[Session, datetime], int]
"""Deletes some of what became old enough before a time, a bounded number; returns how many."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Something that is kept for a number of days.

    ``rule`` says from when the days count, and what is not deleted. ``held`` counts what would be
    deleted by its age and is not. ``order``: the lowest is deleted first.
    """

    name: str
    title: LazyString
    rule: LazyString
    days: Callable[[Config], int]
    count: Count
    delete: Delete
    held: Count | None = None
    order: int

    def before(self, now: datetime) -> datetime:
        """What became old enough before this time is deleted at ``now``."""
        return now - timedelta(days=self.days(current_config()))


def register_kept(app: Flask, kept: Kept) -> None:
    """Let something be deleted when it is old enough."""
    known: list[Kept] = app.extensions.setdefault(EXTENSION, [])
    known.append(kept)
    known.sort(key=lambda each: each.order)


def everything_kept() -> Sequence[Kept]:
    """All that is registered, in the order of deletion."""
    known: list[Kept] = current_app.extensions[EXTENSION]
    return known
