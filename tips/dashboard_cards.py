"""The tips' cards on the staff front page."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from staff.actor import Actor
from staff.dashboard import Card
from tips.case_lists import count_unassigned, list_cases
from tips.quiet_cases import quiet_cases


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


def draw_closed(session: Session, actor: Actor) -> Card | None:
    """A notice of closed cases with tips that nobody has read: they came late, as a rule."""
    unread = sum(row.new for row in list_cases(session, actor) if row.waits_closed)
    if not unread:
        return None
    heading = ngettext(
        "%(num)d ulæst tip på en lukket sag", "%(num)d ulæste tips på lukkede sager", unread
    )
    return Card(
        heading,
        url_for("tips_staff.cases"),
        _("Sagerne står øverst. Læs tippene, eller genåbn sagen."),
        kind="warning",
    )


def draw_quiet(session: Session, actor: Actor) -> Card | None:
    """A reminder of open cases on which nothing happens any more: their tips are kept for it."""
    quiet = quiet_cases(session, actor)
    if not quiet:
        return None
    return Card(
        ngettext("%(num)d åben sag ligger stille", "%(num)d åbne sager ligger stille", len(quiet)),
        url_for("tips_staff.show_case", case_id=quiet[0])
        if len(quiet) == 1
        else url_for("tips_staff.cases", quiet="true"),
        _("Tips slettes først, når sagen er lukket. Luk den, eller sig, at den stadig er i gang."),
        kind="warning",
    )


def draw_unassigned(session: Session, actor: Actor) -> Card:
    """The number of tips without a case."""
    return Card(
        _("Tips uden sag"),
        url_for("tips_staff.unassigned"),
        figure=count_unassigned(session, actor),
    )
