"""A trial: the alert's messages as they would be sent, to the officer alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from alerts.composing.messages import compose, require_fitting
from alerts.composing.rules import require_no_gaps
from alerts.composing.saving import message_parts
from alerts.draft import AlertDraft
from alerts.models import Alert, ReleaseKind
from audit.trail import record
from callout.phones import send_to_staff
from database import utcnow
from dispatch.broadcasts import Content, send_to_address
from dispatch.models import Channel
from staff.actor import Actor
from staff.models import Staff
from web.http.rate_limits import take
from web.languages.choice import speaking
from web.problems.errors import Problem

MOST = "20 per hour"
LASTS = timedelta(minutes=30)


class TooManyTrials(Problem):
    """The officer has sent many trials."""

    status = 429
    slug = "too-many-trials"


@dataclass(frozen=True)
class Trial:
    """How many messages are on their way to the officer, by channel."""

    sms: int
    emails: int


def send_trial(session: Session, actor: Actor, alert: Alert) -> Trial:
    """Send its messages in each language to the officer's own address and confirmed phone.

    They say that they are a trial. Raises InvalidAlert if it could not be sent as it is, and
    TooManyTrials.
    """
    texts = AlertDraft.of(alert).texts
    parts = message_parts(session, alert, ReleaseKind.INITIAL, texts)
    require_fitting(parts)
    require_no_gaps(texts)
    if not take(MOST, "trials", str(actor.staff_id)):
        raise TooManyTrials(_("Du har sendt mange prøver. Prøv igen om en time."))
    address = session.get_one(Staff, actor.staff_id).email
    sms = emails = 0
    for content in compose(parts):
        if content.language not in texts:
            continue
        with speaking(content.language):
            mark = _("PRØVE, kun sendt til dig")
            body = "\n".join(
                [f"{mark}.", _("Linket virker først, når varslet er sendt."), content.body]
            )
        reference = f"trial:{alert.code}"
        if content.channel is Channel.SMS:
            sms += len(
                send_to_staff(
                    session, [actor.staff_id], body, reference,
                    language=content.language, lasts=LASTS,
                )
            )  # fmt: skip
        else:
            mail = Content(
                Channel.EMAIL, content.language, body, subject=f"{mark}: {content.subject}"
            )
            send_to_address(session, address, mail, reference, utcnow() + LASTS)
            emails += 1
    record(session, actor, "alert.trial_sent", "alert", alert.id, code=alert.code)
    return Trial(sms, emails)
