"""The messages of a release: an SMS and an e-mail in each language, within their limits."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from alerts.composing.senders import in_words
from alerts.draft import Wording
from alerts.errors import InvalidAlert
from alerts.kinds import AlertKind
from alerts.models import ReleaseKind, Severity
from config import current_config
from dispatch.broadcasts import Content
from dispatch.models import Channel
from dispatch.segments import count_segments, outside_gsm7
from web.languages.choice import DEFAULT_LANGUAGE, LANGUAGES, speaking
from web.languages.public_addresses import public_address
from web.texts.typography import plain

MAX_SEGMENTS = 4
"""The longest SMS: each segment occupies the sender for a tenth of a second per recipient."""
TITLE_LENGTH = 80
BODY_LENGTH = 1500

# The card's border in the e-mail, in the colours of the alert cards on the pages.
_EDGES = {"extreme": "#9b1c1c", "severe": "#9a4a00", "moderate": "#735700", "minor": "#14506b"}


@dataclass(frozen=True)
class MessageParts:
    """Everything that the messages of one release are composed from.

    ``senders``: the police districts that it is from. ``places`` describes the target in each
    language. ``titles``: those of the alert itself, which name it where a text has no title.
    """

    code: str
    kind: AlertKind
    severity: Severity
    release: ReleaseKind
    case_reference: str | None
    senders: Sequence[str]
    places: Mapping[str, str]
    expires_at: datetime | None
    texts: Mapping[str, Wording]
    titles: Mapping[str, str] = field(default_factory=dict)

    def wording(self, language: str) -> Wording:
        """The text in a language, else the Danish one, under the alert's own title if it has one.

        What replaces the whole alert keeps the title that it was given.
        """
        if language in self.texts:
            return self.texts[language]
        danish = self.texts[DEFAULT_LANGUAGE]
        own = None if self.release.is_whole else self.titles.get(language)
        return Wording(own or danish.title, danish.body)

    @property
    def asks_for_tips(self) -> bool:
        """Whether its readers are asked to answer."""
        return self.kind.row.asks_for_tips and not self.release.is_end


@dataclass(frozen=True)
class TooLong:
    """An SMS that is too long in one language: its segments, and the characters to cut.

    ``costly`` names the characters that make it longer, in the reader's language.
    """

    language: str
    segments: int
    excess: int
    costly: str


def alert_url(code: str, language: str) -> str:
    """The public address of an alert's page."""
    return public_address(current_config(), f"/varsel/{code}", language)


def heading(parts: MessageParts, title: str) -> str:
    """The title, marked as an update, a correction, ended or withdrawn, in the current language.

    How it ended names its alert: others may still be in force for the same people.
    """
    if parts.release is ReleaseKind.UPDATE:
        return str(_("Opdatering: %(title)s", title=title))
    if parts.release is ReleaseKind.CORRECTION:
        return str(_("Rettelse: %(title)s", title=title))
    if parts.release is ReleaseKind.CLOSURE:
        return f"{_('Afsluttet:')} {title}"
    if parts.release is ReleaseKind.WITHDRAWAL:
        return str(_("Trukket tilbage: %(title)s", title=title))
    return title


def compose(parts: MessageParts) -> list[Content]:
    """One SMS and one e-mail per language; a Danish-only text gets an English frame as well."""
    contents = []
    for language in LANGUAGES:
        with speaking(language):
            contents += [_sms(parts, language), _mail(parts, language)]
    return contents


def sms_text(parts: MessageParts, language: str, wording: Wording) -> str:
    """The text of the SMS, in the current language.

    It is from the police where naming its several districts would cost more. To those who read
    another language it says that it is in Danish only, and an appeal, or its end, names its area,
    each if that costs no more.
    """
    title = heading(parts, wording.title)
    url = alert_url(parts.code, language)
    ending = [url]
    if parts.asks_for_tips:
        # The anonymous way comes before the one that gives the number away.
        ending = [_("Tip anonymt: %(url)s", url=url), _("Eller svar her (ikke anonymt).")]
        if parts.case_reference:
            ending.append(_("Sag %(reference)s", reference=parts.case_reference))
        ending.append(_("Akut fare: ring 112"))
    place = parts.places.get(language, "")
    lines = [f"{in_words(parts.senders, most=1)}: {title}", wording.body]
    lines = _if_free([f"{in_words(parts.senders)}: {title}", wording.body], lines, ending)
    if language not in parts.texts:
        lines = _if_free([*lines, danish_only()], lines, ending)
    names_area = parts.asks_for_tips or parts.release.is_end
    if names_area and place and place not in f"{wording.title} {wording.body}":
        lines = _if_free([*lines, _("Område: %(place)s", place=place)], lines, ending)
    return plain("\n".join([*lines, *ending]))


def _if_free(longer: list[str], lines: list[str], ending: list[str]) -> list[str]:
    """The longer lines, if they take no more segments than the others."""
    least, needed = (
        count_segments(plain("\n".join([*said, *ending]))).segments for said in (lines, longer)
    )
    return longer if needed == least else lines


def danish_only() -> str:
    """Says, in the current language, that a text isn't written in it."""
    return str(_("Kun på dansk"))


def _sms(parts: MessageParts, language: str) -> Content:
    return Content(
        channel=Channel.SMS,
        language=language,
        body=sms_text(parts, language, parts.wording(language)),
        page_url=alert_url(parts.code, language),
    )


def _mail(parts: MessageParts, language: str) -> Content:
    wording = parts.wording(language)
    context = {
        "parts": parts,
        "wording": wording,
        "heading": heading(parts, wording.title),
        "sender": in_words(parts.senders),
        "kind": parts.kind.row.name,
        "place": parts.places.get(language, ""),
        "url": alert_url(parts.code, language),
        "text_language": language if language in parts.texts else DEFAULT_LANGUAGE,
        "title_language": DEFAULT_LANGUAGE
        if wording == parts.texts[DEFAULT_LANGUAGE]
        else language,
        "language": language,
        "danish_only": "" if language in parts.texts else danish_only(),
        "colours": _EDGES,
    }
    return Content(
        channel=Channel.EMAIL,
        language=language,
        subject=context["heading"],
        body=render_template("alerts/public/mail.txt", **context),
        html=render_template("alerts/public/mail.html", **context),
        page_url=context["url"],
    )


def find_too_long(parts: MessageParts) -> list[TooLong]:
    """The SMS that exceed :data:`MAX_SEGMENTS`, one for each language, and by how much."""
    found = []
    for language in LANGUAGES:
        wording = parts.wording(language)
        with speaking(language):
            text = sms_text(parts, language, wording)
            segments = count_segments(text).segments
            excess = _excess(parts, language, wording) if segments > MAX_SEGMENTS else 0
        if excess:
            found.append(TooLong(language, segments, excess, name_costly(text)))
    return found


def _excess(parts: MessageParts, language: str, wording: Wording) -> int:
    """The fewest characters to cut from the end of the body for the SMS to fit."""

    def fits(cut: int) -> bool:
        kept = Wording(wording.title, wording.body[: len(wording.body) - cut])
        return count_segments(sms_text(parts, language, kept)).segments <= MAX_SEGMENTS

    return bisect_left(range(len(wording.body) + 1), True, key=fits)


@dataclass(frozen=True)
class CountedSms:
    """The length of an SMS: ``units`` of its encoding, ``excess`` characters to cut.

    ``costly`` names the characters that make it longer.
    """

    units: int
    segments: int
    excess: int
    costly: str


def count_sms(parts: MessageParts, language: str) -> CountedSms:
    """Count one SMS; ``parts`` needs a text in this language only."""
    wording = parts.texts[language]
    with speaking(language):
        text = sms_text(parts, language, wording)
        counted = count_segments(text)
        excess = _excess(parts, language, wording) if counted.segments > MAX_SEGMENTS else 0
    return CountedSms(
        units=counted.units,
        segments=counted.segments,
        excess=excess,
        costly=name_costly(text),
    )


def name_costly(text: str) -> str:
    """What makes an SMS longer than its length: the characters outside GSM-7, in a sentence."""
    found = outside_gsm7(text)
    if not found:
        return ""
    return str(
        ngettext(
            "Tegnet %(characters)s gør beskeden længere.",
            "Tegnene %(characters)s gør beskeden længere.",
            len(found),
            characters=", ".join(_name(character) for character in found),
        )
    )


def _name(character: str) -> str:
    """A character as one sees it; one that can't be seen by its name in Unicode."""
    if unicodedata.category(character)[0] in "MCZ":
        return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()
    return f"“{character}”"


def require_fitting(parts: MessageParts) -> None:
    """Raise :class:`InvalidAlert` saying how many characters to cut from which text."""
    fields: dict[str, list[str]] = {}
    for long in sorted(find_too_long(parts), key=lambda long: long.excess, reverse=True):
        # An English reader's copy of a Danish text is shortened by cutting the Danish one.
        language = long.language if long.language in parts.texts else DEFAULT_LANGUAGE
        message = _(
            "Sms'en fylder %(segments)s dele, og der må højst være %(most)s. "
            "Kort teksten med mindst %(excess)s tegn.",
            segments=long.segments, most=MAX_SEGMENTS, excess=long.excess,
        )  # fmt: skip
        if long.costly:
            message = f"{message} {long.costly}"
        fields.setdefault(f"texts.{language}.body", [message])
    if fields:
        raise InvalidAlert(next(iter(fields.values()))[0], fields=fields)
