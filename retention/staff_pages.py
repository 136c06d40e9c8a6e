"""The administrators' page: what is kept how long, what is due, and what was deleted when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from config import current_config
from database import session, utcnow
from retention.hooks import everything_kept
from retention.runs import late_since, latest_runs
from staff.access import requires
from staff.actor import Actor
from staff.dashboard import Card
from staff.permissions import Permission
from web.texts.filters import format_datetime

blueprint = Blueprint("retention_staff", __name__, url_prefix="/staff", template_folder="templates")

SOON = timedelta(days=30)


@dataclass(frozen=True)
class KeptRow:
    """A kind of thing, and how many of it are due now, due within a month, and held back."""

    title: LazyString
    rule: LazyString
    days: int
    due: int
    soon: int
    held: int


@blueprint.get("/retention")
@requires(Permission.AUDIT_READ)
def show() -> str:
    """What is due, and the latest runs."""
    now = utcnow()
    rows = []
    for kept in everything_kept():
        before = kept.before(now)
        due = kept.count(session, before)
        rows.append(
            KeptRow(
                title=kept.title,
                rule=kept.rule,
                days=kept.days(current_config()),
                due=due,
                soon=kept.count(session, before + SOON) - due,
                held=kept.held(session, before) if kept.held else 0,
            )
        )
    return render_template(
        "retention/show.html",
        rows=rows,
        runs=latest_runs(session),
        titles={kept.name: kept.title for kept in everything_kept()},
        late=late_since(session),
    )


def draw_late(session: Session, _actor: Actor) -> Card | None:
    """That nothing has been deleted for too long."""
    late = late_since(session)
    if late is None:
        return None
    return Card(
        _("Sletningen er gået i stå"),
        url_for("retention_staff.show"),
        _("Der er ikke ryddet færdigt op siden %(time)s. Giv driften besked.",
          time=format_datetime(late)),
        kind="warning",
    )  # fmt: skip
