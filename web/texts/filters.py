"""Template filters: times in Copenhagen, spans of time, numbers, paragraphs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from babel import Locale
from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.dates import format_time as babel_time
from babel.numbers import format_currency, format_decimal, format_percent
from flask import Flask
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from markupsafe import Markup, escape

from database import SealedText
from web.languages.choice import DEFAULT_LANGUAGE
from web.languages.time_zone import to_copenhagen

RELATIVE_UNTIL = dt.timedelta(days=7)


def init_app(app: Flask) -> None:
    """Register the filters."""
    app.jinja_env.filters.update(
        date=format_date,
        datetime=format_datetime,
        datetime_local=format_datetime_local,
        lines=format_lines,
        money=format_money,
        number=format_number,
        percent=format_share,
        time=format_time,
        time_ago=format_time_ago,
        time_tag=format_time_tag,
    )


def format_datetime(moment: dt.datetime | None) -> str:
    """``3. marts 2025 kl. 14.05`` / ``3 March 2025 at 14:05``; empty for None."""
    if moment is None:
        return ""
    local = to_copenhagen(moment)
    pattern = "d MMMM y 'at' HH:mm" if _english() else "d. MMMM y 'kl.' HH.mm"
    return str(babel_datetime(local, pattern, locale=_locale()))


def format_date(moment: dt.datetime | dt.date | None) -> str:
    """``3. marts 2025`` / ``3 March 2025``; empty for None."""
    if moment is None:
        return ""
    day = to_copenhagen(moment).date() if isinstance(moment, dt.datetime) else moment
    return str(babel_date(day, "d MMMM y" if _english() else "d. MMMM y", locale=_locale()))


def format_time(moment: dt.datetime | None) -> str:
    """``14.05`` / ``14:05``; empty for None."""
    if moment is None:
        return ""
    local = to_copenhagen(moment)
    return str(babel_time(local, "HH:mm" if _english() else "HH.mm", locale=_locale()))


def format_time_ago(moment: dt.datetime | None, now: dt.datetime | None = None) -> str:
    """``for 5 minutter siden``, ``om 2 timer``; date and time if it is more than a week away."""
    if moment is None:
        return ""
    now = now or dt.datetime.now(dt.UTC)
    passed = now - moment
    if abs(passed) > RELATIVE_UNTIL:
        return format_datetime(moment)
    minutes = int(abs(passed).total_seconds() // 60)
    if minutes < 1:
        return str(_("lige nu"))
    span = _span(minutes)
    if passed < dt.timedelta(0):
        return str(_("om %(span)s", span=span))
    return str(_("for %(span)s siden", span=span))


def format_time_tag(moment: dt.datetime | None, relative: bool = False) -> Markup:
    """A ``<time>`` element with the exact time; ``relative`` shows how long ago it is."""
    if moment is None:
        return Markup("")
    shown = format_time_ago(moment) if relative else format_datetime(moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.astimezone(dt.UTC).isoformat(timespec="seconds"), format_datetime(moment), shown
    )


def format_datetime_local(moment: dt.datetime | None) -> str:
    """The value of a ``datetime-local`` input: ``2025-03-03T14:05`` in Copenhagen."""
    return to_copenhagen(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""


def format_number(number: float | Decimal | None) -> str:
    """``34.000`` / ``34,000``; empty for None."""
    return "" if number is None else str(format_decimal(number, locale=_locale()))


def format_money(amount: Decimal, currency: str) -> str:
    """``1.088,00 kr.`` / ``DKK 1,088.00``."""
    return str(format_currency(amount, currency, locale=_locale()))


def format_share(share: float | None) -> str:
    """A fraction as a percentage: ``42 %`` / ``42%``; empty for None."""
    return "" if share is None else str(format_percent(share, locale=_locale()))


def format_lines(text: SealedText | None) -> Markup:
    """Plain text as paragraphs, separated by empty lines; line breaks are kept."""
    paragraphs = [part.strip("\n") for part in str(text or "").replace("\r\n", "\n").split("\n\n")]
    return Markup("\n").join(
        Markup("<p>{}</p>").format(escape(paragraph).replace("\n", Markup("<br>")))
        for paragraph in paragraphs
        if paragraph.strip()
    )


def _span(minutes: int) -> str:
    if minutes < 60:
        return str(ngettext("%(num)d minut", "%(num)d minutter", minutes))
    hours = minutes // 60
    if hours < 24:
        return str(ngettext("%(num)d time", "%(num)d timer", hours))
    return str(ngettext("%(num)d dag", "%(num)d dage", hours // 24))


def _locale() -> Locale:
    """British English as English, for the date order that Danes expect."""
    return Locale("en", "GB") if _english() else Locale(DEFAULT_LANGUAGE)


def _english() -> bool:
    locale = get_locale()
    return locale is not None and locale.language == "en"
