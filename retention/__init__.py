"""How long: what is deleted when it is old enough, every day, in chunks, and reported."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from audit.trail import count_entries, forget_entries
from dispatch.forgetting import count_messages, forget_messages
from dispatch.hooks import register_job
from retention import cli, staff_pages
from retention.hooks import Kept, register_kept
from retention.runs import CHUNK_SECONDS, continue_run
from staff.dashboard import add_card
from staff.permissions import Permission
from staff.retention import count_departed_staff, forget_departed_staff
from web.http import navigation


def init_app(app: Flask) -> None:
    """Register the page, the job, the command, and what the rooms below keep."""
    app.register_blueprint(staff_pages.blueprint)
    cli.init_app(app)
    register_job(app, "retention", CHUNK_SECONDS, continue_run)
    add_card(app, staff_pages.draw_late, Permission.AUDIT_READ, order=7)
    navigation.add(
        app, navigation.STAFF, "retention_staff.show", _l("Sletning"), Permission.AUDIT_READ,
        order=87,
    )  # fmt: skip
    register_kept(
        app,
        Kept(
            name="messages",
            title=_l("Beskeder til én person"),
            rule=_l("efter at koden, linket eller svaret er sendt. Teksten slettes før."),
            days=lambda config: config.keep_ledger_days,
            count=count_messages,
            delete=forget_messages,
            order=20,
        ),
    )
    register_kept(
        app,
        Kept(
            name="staff",
            title=_l("Navne på lukkede konti"),
            rule=_l(
                "efter at kontoen er lukket. Kontoens nummer bliver, og revisionssporet har sine"
                " egne navne."
            ),
            days=lambda config: config.keep_staff_days,
            count=count_departed_staff,
            delete=forget_departed_staff,
            order=80,
        ),
    )
    register_kept(
        app,
        Kept(
            name="audit",
            title=_l("Revisionsspor"),
            rule=_l("efter handlingen."),
            days=lambda config: config.keep_audit_days,
            count=count_entries,
            delete=forget_entries,
            order=90,
        ),
    )
