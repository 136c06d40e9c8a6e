"""What rooms above know about a case and cases must be able to say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from flask import Flask, current_app
from sqlalchemy.orm import Session

EXTENSION = "varsko_case_tips"

TipCounter = Callable[[Session, Collection[int]], Mapping[int, int]]
"""How many tips lie on each of these cases (ids); a case without any may be left out."""


def register_tip_counter(app: Flask, count: TipCounter) -> None:
    """Tell this app who counts the tips of cases."""
    app.extensions[EXTENSION] = count


def count_tips(session: Session, case_id: int) -> int:
    """How many tips lie on a case; nobody is asked whether the reader may know."""
    count: TipCounter = current_app.extensions[EXTENSION]
    return count(session, [case_id]).get(case_id, 0)
