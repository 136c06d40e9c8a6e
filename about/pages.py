"""Pages of plain text, the same for everybody."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from config import current_config
from web.http.access import public
from web.texts.phone_numbers import unbroken_number

bp = Blueprint("about", __name__, template_folder="templates")

DAYS_OF_A_YEAR = 365


@bp.get("/om")
@public
def contact() -> str:
    """Who is behind Varsko, its numbers, and what it never asks for."""
    config = current_config()
    # Replies come from the number that was written to, whoever sends alerts.
    senders = dict.fromkeys([*(s.address for s in config.senders("sms")), config.sms_number])
    return render_template(
        "about/contact.html",
        number=unbroken_number(config.sms_number),
        senders=[unbroken_number(s) if s.startswith("+") else s for s in senders],
        mail=config.mail_from,
        address=config.public_url,
    )


@bp.get("/privatliv")
@public
def privacy() -> str:
    """What is kept, why, for how long, and the rights of whom it is about."""
    config = current_config()
    used = {sender.provider for sender in config.senders("sms")}
    return render_template(
        "about/privacy.html",
        number=unbroken_number(config.sms_number),
        providers=[part.title for part in config.providers if part.provider in used],
        recipients_kept=_period(config.keep_ledger_days),
        alerts_kept=_period(config.keep_alerts_days),
        tips_kept=_period(config.keep_tips_days),
        contacts_kept=_period(config.keep_contacts_days),
        quiet_case=_period(config.quiet_case_days),
        audit_kept=_period(config.keep_audit_days),
    )


def _period(days: int) -> str:
    """So many days, and how many years that is."""
    said: str = ngettext("%(num)s dag", "%(num)s dage", days)
    years, rest = divmod(days, DAYS_OF_A_YEAR)
    if rest or not years:
        return said
    return str(_("%(days)s (%(years)s år)", days=said, years=years))


@bp.get("/anonym")
@public
def anonymity() -> str:
    """What "anonymous" means here."""
    return render_template("about/anonymity.html")


@bp.get("/tilgaengelighed")
@public
def accessibility() -> str:
    """The accessibility statement."""
    return render_template("about/accessibility.html")
