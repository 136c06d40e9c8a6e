"""The list of alerts, by state."""

from __future__ import annotations

from flask import render_template, request

from alerts.approving.waiting import asked_for, waiting_for
from alerts.desk.blueprint import blueprint
from alerts.desk.check_page import address_of
from alerts.desk.steps import place_of
from alerts.lifecycle import EDITABLE
from alerts.listing import count_by_status, held_alerts, list_alerts
from alerts.models import AlertStatus
from database import session
from staff.access import requires
from staff.actor import current_actor
from staff.permissions import Permission

TABS: dict[str, frozenset[AlertStatus]] = {
    "current": frozenset({AlertStatus.SCHEDULED, AlertStatus.SENDING, AlertStatus.ACTIVE}),
    "drafts": EDITABLE,
    "ended": frozenset(
        {
            AlertStatus.CLOSED,
            AlertStatus.STOPPED,
            AlertStatus.CANCELLED,
            AlertStatus.REJECTED,
            AlertStatus.WITHDRAWN,
        }
    ),
}
PAGE_SIZE = 25


@blueprint.get("")
@requires(Permission.ALERT_READ)
def index() -> str:
    """Alerts of the officer's districts, or of all districts, by state."""
    actor = current_actor()
    tab = request.args.get("tab", "current")
    tab = tab if tab in TABS else "current"
    everywhere = request.args.get("all") == "1" or not actor.districts
    districts = None if everywhere else actor.districts
    page = list_alerts(
        session,
        actor,
        statuses=TABS[tab],
        districts=districts,
        after=request.args.get("after"),
        limit=PAGE_SIZE,
    )
    counts = count_by_status(session, actor, districts)
    return render_template(
        "alerts/list.html",
        alerts=page.alerts,
        following=page.next,
        tab=tab,
        counts={name: sum(counts.get(s, 0) for s in states) for name, states in TABS.items()},
        everywhere=everywhere,
        may_compose=actor.may(Permission.ALERT_COMPOSE),
        places={alert.id: place_of(alert) for alert in page.alerts},
        held=held_alerts(session, actor, districts),
        waiting=waiting_for(session, actor) if actor.may(Permission.ALERT_APPROVE) else [],
        asked=asked_for(session, actor) if actor.may(Permission.ALERT_COMPOSE) else [],
        address_of=address_of,
    )
