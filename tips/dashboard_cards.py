"""The tips' cards on the staff front page."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from staff.actor import Actor
from staff.dashboard import Card
from tips.case_lists import count_unassigned, list_cases


def draw_new(session: Session, actor: Actor) -> Card:
    """The number of unread tips on the person's cases, and how many of them are urgent."""
    cases = list_cases(session, actor)
    urgent = sum(case.urgent for case in cases)
    return Card(
        _("Nye tips på sager"),
        url_for("tips_staff.cases"),
        _("%(count)s haster.", count=urgent) if urgent else "",
        figure=sum(case.new for case in cases),
    )


def draw_unassigned(session: Session, actor: Actor) -> Card:
    """The number of tips without a case."""
    return Card(
        _("Tips uden sag"),
        url_for("tips_staff.unassigned"),
        figure=count_unassigned(session, actor),
    )
