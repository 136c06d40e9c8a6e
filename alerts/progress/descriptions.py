"""The situation of a release in a sentence, for the page, screen readers and the API."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from alerts.progress.alert_progress import AlertProgress, ReleaseProgress, Situation
from database import utcnow
from dispatch.ledger.rates import Rate
from web.languages.time_zone import to_copenhagen
from web.texts.filters import format_datetime, format_number, format_share, format_time


def describe(release: ReleaseProgress) -> str:
    """One or two sentences in the reader's language, with the finish if it can be estimated."""
    return str(_sentence(release))


def _sentence(release: ReleaseProgress) -> Any:
    counts = release.counts
    waiting = format_number(counts.waiting)
    match release.situation:
        case Situation.DRAFT:
            return _("Udkastet er ikke sendt.")
        case Situation.SCHEDULED:
            return _("Venter på sit tidspunkt.")
        case Situation.WAITING:
            return _("Udsendelsen begynder om et øjeblik.")
        case Situation.SENDING:
            return _describe_sending(release, waiting)
        case Situation.OVERTAKEN:
            return _(
                "%(count)s venter, fordi en anden udsendelse går forud. De sendes af sig selv"
                " bagefter.",
                count=waiting,
            )
        case Situation.RETRYING:
            return _(
                "%(count)s kunne ikke afleveres endnu. De prøves igen af sig selv.", count=waiting
            )
        case Situation.LATER:
            return _describe_later(release, waiting)
        case Situation.STALLED if not counts.waiting:
            return _(
                "Udsendelsen skulle være begyndt, men er det ikke endnu. Bliver det ved, så giv"
                " driften besked."
            )
        case Situation.STALLED:
            return _(
                "Der kommer ingen beskeder ud lige nu, og %(count)s venter. Der prøves igen af sig"
                " selv. Bliver det ved, så giv driften besked.",
                count=waiting,
            )
        case Situation.PAUSED:
            return _("Sat på pause. %(count)s venter.", count=waiting)
        case Situation.FINISHING:
            return _(
                "Alle beskeder er afsendt. Der mangler svar om %(count)s.",
                count=format_number(counts.on_the_way),
            )
        case Situation.STOPPING | Situation.STOPPED:
            return _(
                "Stoppet. %(reached)s har fået beskeden eller kan nå at få den, %(others)s får den"
                " ikke.",
                reached=format_number(counts.reached),
                others=format_number(counts.total - counts.reached),
            )
        case Situation.SETTLED:
            return _(
                "Færdig. %(sent)s af %(total)s beskeder er sendt.",
                sent=format_number(counts.accepted + counts.delivered),
                total=format_number(counts.total),
            )


def _describe_sending(release: ReleaseProgress, waiting: str) -> Any:
    if release.finishes_at is None or release.seconds_left is None:
        return _("Sendes nu. %(count)s venter.", count=waiting)
    return _(
        "Sendes nu. De sidste er afsendt omkring %(time)s, %(span)s.",
        time=clock(release.finishes_at),
        span=span_until(release.seconds_left),
    )


def _describe_later(release: ReleaseProgress, waiting: str) -> Any:
    if release.finishes_at is None:
        return _("%(count)s får beskeden senere. Den sendes af sig selv.", count=waiting)
    return _(
        "%(count)s får beskeden senere. De sidste er afsendt omkring %(time)s.",
        count=waiting,
        time=clock(release.finishes_at),
    )


def clock(moment: datetime) -> str:
    """``kl. 14.05``, with the date if it is not today's."""
    if to_copenhagen(moment).date() != to_copenhagen(utcnow()).date():
        return format_datetime(moment)
    return str(_("kl. %(time)s", time=format_time(moment)))


def span_until(seconds: float) -> str:
    """``om 12 minutter``, rounded up: an estimate, not a promise."""
    minutes = ceil(seconds / 60)
    if minutes <= 1:
        return str(_("inden for et minut"))
    if minutes < 60:
        return str(ngettext("om %(num)s minut", "om %(num)s minutter", minutes))
    return str(_("om %(hours)s t. %(minutes)s min.", hours=minutes // 60, minutes=minutes % 60))


def describe_rate(rate: Rate) -> str:
    """``24 beskeder i sekundet``, and the SMS segments if there are any."""
    messages = _rounded(rate.messages)
    if not rate.segments:
        return str(_("%(messages)s beskeder i sekundet", messages=messages))
    segments = _rounded(rate.segments)
    return str(
        _(
            "%(messages)s beskeder i sekundet, %(segments)s sms-dele",
            messages=messages,
            segments=segments,
        )
    )


def _rounded(number: float) -> str:
    return format_number(round(number) if number >= 10 else round(number, 1))


def announcement(progress: AlertProgress) -> tuple[str, str]:
    """What a screen reader announces, and a key that changes when it should announce again.

    That is when the situation changes, or another quarter is done; not for each message.
    """
    keys, said = [], []
    for release in progress.releases:
        quarter = 4 * release.counts.done // max(1, release.counts.total)
        keys.append(f"{release.situation}{quarter}")
        if release.is_unfinished or release is progress.releases[-1]:
            share = format_share(quarter / 4)
            said.append(_("%(share)s er behandlet.", share=share) + " " + describe(release))
    return ".".join(keys), " ".join(said)
