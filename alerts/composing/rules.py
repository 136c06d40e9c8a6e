"""The rules for an alert's content, checked when it is saved, and again before it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from flask_babel import gettext as _

from alerts.composing.messages import BODY_LENGTH, TITLE_LENGTH
from alerts.draft import AlertDraft, Wording
from alerts.errors import InvalidAlert
from cases.references import parse_case_reference
from database import utcnow
from web.languages.choice import DEFAULT_LANGUAGE, LANGUAGES

DEFAULT_LIFETIME = timedelta(hours=24)
LONGEST_LIFETIME = timedelta(days=30)
FARTHEST_AHEAD = timedelta(days=90)
GRACE = timedelta(minutes=1)
"""A time entered to the minute is not past until the minute is over."""

GAP = re.compile(r"\[[^\[\]]*\]")
"""What is still to be written: "[where]"."""
GAPS_NAMED = 6

Fields = dict[str, list[str]]


def require_valid(draft: AlertDraft, now: datetime | None = None) -> None:
    """Raise :class:`InvalidAlert` with everything that is wrong, by field."""
    fields: Fields = {
        **check_texts(draft.texts),
        **_check_case(draft),
        **_check_times(draft, now or utcnow()),
    }
    if fields:
        raise InvalidAlert(next(iter(fields.values()))[0], fields=fields)


def check_texts(texts: Mapping[str, Wording]) -> Fields:
    """What is wrong with the texts: Danish is required, and each has a title and a body."""
    fields: Fields = {}
    if DEFAULT_LANGUAGE not in texts:
        fields[f"texts.{DEFAULT_LANGUAGE}"] = [_("Skriv titel og tekst på dansk.")]
    for language, wording in texts.items():
        name = f"texts.{language}"
        if language not in LANGUAGES:
            fields[name] = [
                _("Vi sender på dansk og engelsk, ikke på »%(language)s«.", language=language)
            ]
            continue
        fields |= _check_length(f"{name}.title", wording.title, TITLE_LENGTH, _("Skriv en titel."))
        fields |= _check_length(f"{name}.body", wording.body, BODY_LENGTH, _("Skriv en tekst."))
    return fields


def find_gaps(texts: Iterable[str]) -> list[str]:
    """The gaps that are left in these texts, each once, in their order."""
    return list(dict.fromkeys(gap for text in texts for gap in GAP.findall(text)))


def check_gaps(texts: Mapping[str, Wording]) -> Fields:
    """The gaps that keep texts from being sent; a draft may have them."""
    fields: Fields = {}
    for language, wording in texts.items():
        for part, text in (("title", wording.title), ("body", wording.body)):
            gaps = find_gaps([text])
            if gaps:
                named = " ".join(gaps[:GAPS_NAMED])
                fields[f"texts.{language}.{part}"] = [
                    _("Der står endnu %(gaps)s i teksten. Skriv det, der mangler, eller slet det.",
                      gaps=named)
                ]  # fmt: skip
    return fields


def require_no_gaps(texts: Mapping[str, Wording]) -> None:
    """Raise :class:`InvalidAlert` for a text that is not written to its end."""
    fields = check_gaps(texts)
    if fields:
        raise InvalidAlert(next(iter(fields.values()))[0], fields=fields)


def _check_length(name: str, text: str, most: int, missing: str) -> Fields:
    if not text.strip():
        return {name: [missing]}
    if len(text) > most:
        return {
            name: [
                _("Teksten er på %(length)s tegn. Kort den med mindst %(excess)s.",
                  length=len(text), excess=len(text) - most)
            ]
        }  # fmt: skip
    return {}


def _check_case(draft: AlertDraft) -> Fields:
    if draft.case_reference is None:
        if draft.kind.row.asks_for_tips:
            return {
                "case_reference": [
                    _("Skriv sagsnummeret, så svarene når frem til den rigtige sag.")
                ]
            }
        return {}
    if parse_case_reference(draft.case_reference) is None:
        return {
            "case_reference": [
                _("Et sagsnummer har 16 cifre i grupper, for eksempel 0900-10161-00018-24.")
            ]
        }
    return {}


def _check_times(draft: AlertDraft, now: datetime) -> Fields:
    fields: Fields = {}
    if draft.send_at is not None:
        if draft.send_at < now - GRACE:
            fields["send_at"] = [_("Tidspunktet er passeret. Vælg et senere, eller send nu.")]
        elif draft.send_at > now + FARTHEST_AHEAD:
            fields["send_at"] = [
                _("Vælg et tidspunkt inden for %(days)s dage.", days=FARTHEST_AHEAD.days)
            ]
    start = max(draft.send_at or now, now)
    if draft.expires_at is not None:
        if draft.expires_at <= start:
            fields["expires_at"] = [_("Varslet skal udløbe, efter at det er sendt.")]
        elif draft.expires_at > start + LONGEST_LIFETIME + GRACE:
            fields["expires_at"] = [
                _("Varslet kan højst gælde i %(days)s dage.", days=LONGEST_LIFETIME.days)
            ]
    return fields
