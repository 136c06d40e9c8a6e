"""Why a sending is held, as staff are told it: what is wrong, and what they can do.

The reason of a broadcast is ``kind: detail``, such as ``configuration: twilio 20003``,
``content: twilio 21617`` and ``errors: 60 % of the last attempts failed``
(dispatch.sending.send), or
``officer: 12`` for the member of staff with that id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from staff.models import Staff
from web.filters import format_share

OFFICER = "officer"
PROVIDERS: dict[str, Any] = {
    "twilio": _l("sms-leverandøren Twilio"),
    "gatewayapi": _l("sms-leverandøren GatewayAPI"),
    "smtp": _l("mailserveren"),
}
_SHARE = re.compile(r"(\d+) %")


@dataclass(frozen=True)
class Pause:
    """What is wrong in one line, and what it means and calls for in another."""

    heading: str
    text: str
    is_by_system: bool


def officer_reason(staff_id: int) -> str:
    """The reason of a pause that somebody asked for; a name would end up in the log."""
    return f"{OFFICER}: {staff_id}"


def explain_pause(session: Session, reason: str | None) -> Pause:
    """The reason of a paused broadcast in the reader's language."""
    kind, _colon, detail = (reason or "").partition(": ")
    provider, _space, code = detail.partition(" ")
    if kind == OFFICER:
        return _by_officer(session.get(Staff, int(detail)) if detail.isdigit() else None)
    if kind == "configuration":
        return Pause(
            _("Udsendelsen er gået på pause: %(who)s afviser os", who=provider_name(provider)),
            _("Fejlen ligger i vores opsætning eller aftale, ikke hos modtagerne: ingen af dem er"
              " opgivet. Giv driften besked om fejl %(code)s, og genoptag, når den er rettet.",
              code=code),
            is_by_system=True,
        )  # fmt: skip
    if kind == "content":
        return Pause(
            _("Udsendelsen er gået på pause: %(who)s afviser teksten", who=provider_name(provider)),
            _("Teksten kan ikke sendes, som den er (fejl %(code)s). Stop udsendelsen, og skriv"
              " varslet igen med en anden tekst.", code=code),
            is_by_system=True,
        )  # fmt: skip
    if kind == "errors":
        return _for_errors(detail)
    return Pause(
        _("Udsendelsen er gået på pause af sig selv"),
        _("Giv driften besked om »%(reason)s«, og genoptag, når det er rettet.", reason=reason)
        if reason
        else _("Giv driften besked, og genoptag, når det er rettet."),
        is_by_system=True,
    )


def _by_officer(officer: Staff | None) -> Pause:
    return Pause(
        _("%(name)s har sat udsendelsen på pause", name=officer.name)
        if officer
        else _("Udsendelsen er sat på pause"),
        _(
            "Der bliver ikke sendt mere, før den genoptages. Det, der er sendt, kan ikke kaldes"
            " tilbage."
        ),
        is_by_system=False,
    )


def _for_errors(detail: str) -> Pause:
    found = _SHARE.search(detail)
    what_to_do = _(
        "Giv driften besked. Du kan genoptage: bliver det ved, går udsendelsen på pause igen."
    )
    how_many = (
        _("%(share)s af de seneste forsøg mislykkedes.", share=format_share(int(found[1]) / 100))
        + " "
        if found
        else ""
    )
    return Pause(
        _("Udsendelsen er gået på pause: for mange beskeder fejler"),
        how_many + what_to_do,
        is_by_system=True,
    )


def provider_name(provider: str) -> str:
    """The provider in the reader's language."""
    return str(PROVIDERS.get(provider, provider))
