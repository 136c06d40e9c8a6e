"""Why a broadcast is paused or a sender rests, for staff: what is wrong, and what they can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from dispatch.broadcasts import PauseKind, PauseReason
from dispatch.providers.directory import settings_of
from staff.models import Staff
from web.texts.filters import format_share

UNKNOWN_CODE = "?"


@dataclass(frozen=True)
class Pause:
    """A heading that says what is wrong, and a text that says what it means and what to do."""

    heading: str
    text: str
    is_by_system: bool


def explain_pause(session: Session, reason: PauseReason) -> Pause:
    """Why a broadcast is paused, in the reader's language."""
    who, code = provider_name(reason.provider or ""), reason.code or UNKNOWN_CODE
    match reason.kind:
        case PauseKind.STAFF:
            return _by_officer(session.get(Staff, reason.by) if reason.by is not None else None)
        case PauseKind.ERRORS:
            return _for_errors(reason.share)
        case PauseKind.CONFIGURATION:
            return _by_system(
                _("Udsendelsen er gået på pause: %(who)s afviser os", who=who),
                _("Fejlen ligger i vores opsætning eller aftale, ikke hos modtagerne: ingen af dem"
                  " er opgivet. Giv driften besked om fejl %(code)s, og genoptag, når den er"
                  " rettet.", code=code),
            )  # fmt: skip
        case PauseKind.CONTENT:
            return _by_system(
                _("Udsendelsen er gået på pause: %(who)s afviser teksten", who=who),
                _("Teksten kan ikke sendes, som den er (fejl %(code)s). Stop udsendelsen, og skriv"
                  " varslet igen med en anden tekst.", code=code),
            )  # fmt: skip
        case PauseKind.UNAVAILABLE | PauseKind.UNANSWERED:
            return _by_system(
                _("Udsendelsen er gået på pause: %(who)s svarer ikke, som den skal", who=who),
                explain_rest(reason)
                + " "
                + _("Giv driften besked, og genoptag, når det er rettet."),
            )  # fmt: skip


def explain_rest(reason: PauseReason | None) -> str:
    """Why a sender rests, in a sentence in the reader's language."""
    code = (reason.code if reason else None) or UNKNOWN_CODE
    return str(_rest(reason, code))


def _rest(reason: PauseReason | None, code: str) -> Any:
    match reason.kind if reason else None:
        case PauseKind.CONFIGURATION:
            return _("Leverandøren afviser os (fejl %(code)s).", code=code)
        case PauseKind.UNAVAILABLE:
            return _("Leverandøren kan ikke tage imod lige nu (fejl %(code)s).", code=code)
        case PauseKind.UNANSWERED:
            return _(
                "Leverandøren svarer ikke på, om den har modtaget beskederne (fejl %(code)s).",
                code=code,
            )
        case _:
            return _("Fejl %(code)s.", code=code)


def _by_system(heading: str, text: str) -> Pause:
    return Pause(heading, text, is_by_system=True)


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


def _for_errors(share: float | None) -> Pause:
    what_to_do = _(
        "Giv driften besked. Du kan genoptage: bliver det ved, går udsendelsen på pause igen."
    )
    how_many = (
        _("%(share)s af de seneste forsøg mislykkedes.", share=format_share(share)) + " "
        if share is not None
        else ""
    )
    return _by_system(
        _("Udsendelsen er gået på pause: for mange beskeder fejler"), how_many + what_to_do
    )


def provider_name(provider: str) -> str:
    """The provider in the reader's language."""
    settings = settings_of(provider)
    if settings is None:
        return provider
    if settings.channel == "email":
        return str(_("mailserveren"))
    return str(_("sms-leverandøren %(name)s", name=settings.title))
