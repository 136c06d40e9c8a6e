"""Hooks for the rooms above: counting a case's tips, and following its corrections."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy.orm import Session

from cases.models import Case
from staff.actor import Actor

EXTENSION = "varsko_case_tips"
CORRECTED = "varsko_case_corrected"

TipCounter = Callable[[Session, Collection[int]], Mapping[int, int]]
"""Counts the tips of each of these cases (ids); a case without tips may be left out."""


def register_tip_counter(app: Flask, count: TipCounter) -> None:
    """Register the function that counts the tips of cases."""
    app.extensions[EXTENSION] = count


def count_tips(session: Session, case_id: int) -> int:
    """How many tips a case has; does not check whether the reader may know."""
    count: TipCounter = current_app.extensions[EXTENSION]
    return count(session, [case_id]).get(case_id, 0)


@dataclass(frozen=True)
class Correction:
    """A case that was corrected.

    ``alert_codes`` are the appeals whose reference or case has changed; ``left`` is the id of
    the case they belonged to before, if it was another one.
    """

    case: Case
    actor: Actor
    alert_codes: Sequence[str] = ()
    left: int | None = None


CorrectionListener = Callable[[Session, Correction], None]


def on_corrected(app: Flask, listener: CorrectionListener) -> None:
    """Call ``listener`` in the transaction that corrects a case."""
    app.extensions.setdefault(CORRECTED, []).append(listener)


def announce(session: Session, correction: Correction) -> None:
    """Call the listeners after a case was corrected."""
    listeners: list[CorrectionListener] = current_app.extensions.get(CORRECTED, [])
    for listener in listeners:
        listener(session, correction)
