"""The wording check of an alert's texts, with what its rules need to know beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from alerts.composing.reasons import LONGEST_REASON, says_why
from alerts.draft import Wording
from alerts.errors import WordingReasonMissing
from alerts.kinds import AlertKind
from alerts.models import Alert
from alerts.wording.check import Finding, check_wording
from alerts.wording.text import Setting
from areas.search import is_place_name
from config import current_config
from database import utcnow

LONGEST_CHECKED = 5_000
"""Characters of a text that are checked: more than can be saved."""


def check_one(
    session: Session,
    wording: Wording,
    language: str,
    kind: AlertKind,
    *,
    has_case: bool,
    is_follow_up: bool = False,
    segments: int | None = None,
    send_at: datetime | None = None,
    others: Sequence[Wording] = (),
) -> list[Finding]:
    """What the rules say about a text in one language; ``others`` are in the other languages."""
    config = current_config()
    setting = Setting(
        language=language,
        kind=kind,
        now=utcnow(),
        send_at=send_at,
        is_follow_up=is_follow_up,
        has_case=has_case,
        segments=segments,
        others=[f"{other.title}\n{other.body}" for other in others],
        own_hosts=frozenset({urlsplit(config.public_url).hostname or ""}) - {""},
        own_numbers=frozenset({re.sub(r"\D", "", config.sms_number)[-8:]}) - {""},
        is_place=partial(is_place_name, session),
    )
    return check_wording(wording.title[:LONGEST_CHECKED], wording.body[:LONGEST_CHECKED], setting)


def check_texts_of(
    session: Session,
    alert: Alert,
    texts: Mapping[str, Wording],
    *,
    is_follow_up: bool = False,
    segments: Mapping[str, int] | None = None,
) -> list[Finding]:
    """What the rules say about all texts of an alert; of a follow-up, about the new bodies."""
    checked = {
        language: Wording("" if is_follow_up else wording.title, wording.body)
        for language, wording in texts.items()
    }
    return [
        finding
        for language, wording in checked.items()
        for finding in check_one(
            session,
            wording,
            language,
            alert.kind,
            has_case=alert.case_reference is not None,
            is_follow_up=is_follow_up,
            segments=(segments or {}).get(language),
            send_at=None if is_follow_up else alert.send_at,
            others=[text for other, text in checked.items() if other != language],
        )
    ]


def require_reason(findings: Sequence[Finding], reason: str | None) -> str | None:
    """The reason for what is grave in the texts, if anything is.

    Raises WordingReasonMissing if there is none, or one that would tell nobody anything.
    """
    grave = [finding for finding in findings if finding.is_hard]
    if not grave:
        return None
    written = (reason or "").strip()
    if says_why(written) and len(written) <= LONGEST_REASON:
        return written
    said = _("Skriv med mindst tre ord, hvorfor teksten skal sendes sådan, eller ret den.")
    if len(written) > LONGEST_REASON:
        said = _("Skriv højst %(most)s tegn.", most=LONGEST_REASON)
    raise WordingReasonMissing(
        " ".join([*dict.fromkeys(finding.message for finding in grave), said]),
        fields={"wording_reason": [said]},
    )
