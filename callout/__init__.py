"""Call-outs: the phones at which members of staff are reached, confirmed by a code."""

from __future__ import annotations

from flask import Flask

from callout import staff_pages
from callout.phones import forget_phones_of_leavers
from dispatch.hooks import register_job
from staff.profile_rows import add_row


def init_app(app: Flask) -> None:
    """Register the page, its row on the profile, and the job that forgets."""
    app.register_blueprint(staff_pages.blueprint)
    add_row(app, staff_pages.profile_row)
    register_job(app, "forget_phones_of_leavers", 600, forget_phones_of_leavers)
