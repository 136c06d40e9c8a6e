"""The tips' cards on the staff front page."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from staff.actor import Actor
from staff.dashboard import Card
from tips.case_lists import count_unassigned, count_urgent_unassigned, list_cases
from tips.quiet_cases import quiet_cases


def draw_new(session: Session, actor: Actor) -> Card:
    """The new tips on the person's cases; how many urgent or opened ones nobody has judged."""
    cases = list_cases(session, actor)
    urgent, opened = sum(case.urgent for case in cases), sum(case.opened for case in cases)
    said = [
        _("%(count)s haster og er ikke vurderet.", count=urgent) if urgent else "",
        _("%(count)s er åbnet, men ikke vurderet.", count=opened) if opened else "",
    ]
    return Card(
        _("Nye tips på sager"),
        url_for("tips_staff.cases"),
        " ".join(filter(None, said)),
        figure=sum(case.new for case in cases),
    )


def draw_closed(session: Session, actor: Actor) -> Card | None:
    """A notice of closed cases with tips that wait: they came late, as a rule."""
    waiting = sum(row.waiting for row in list_cases(session, actor) if row.waits_closed)
    if not waiting:
        return None
    heading = ngettext(
        "%(num)d tip venter på en lukket sag", "%(num)d tips venter på lukkede sager", waiting
    )
    return Card(
        heading,
        url_for("tips_staff.cases"),
        _("Sagerne står øverst. Læs og vurdér tippene, eller genåbn sagen."),
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
    """The number of tips without a case, and how many urgent ones nobody has judged."""
    urgent = count_urgent_unassigned(session, actor)
    return Card(
        _("Tips uden sag"),
        url_for("tips_staff.unassigned"),
        _("%(count)s haster og er ikke vurderet.", count=urgent) if urgent else "",
        figure=count_unassigned(session, actor),
    )
