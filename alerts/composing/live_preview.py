"""A draft as it will arrive, while it is written: made by the code that sends, of what is typed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from alerts.composing.forms import WHERE_FIELDS, ComposeForm, Errors, read_draft
from alerts.composing.maps import Drawing, draw_target
from alerts.composing.messages import CountedSms, MessageParts, count_sms, heading, sms_text
from alerts.composing.saving import message_parts, sketch_alert
from alerts.composing.unclear_places import MEANT
from alerts.draft import AlertDraft
from areas.targets.descriptions import describe_target, describe_written
from areas.targets.input import parse_target
from areas.targets.target import Target
from areas.targets.touched_areas import district_codes
from cases.references import parse_case_reference
from staff.actor import Actor
from web.http.forms import load_partly
from web.languages.choice import speaking
from web.problems.errors import Problem

LONGEST_CASE = 40


@dataclass(frozen=True)
class LiveMessage:
    """What arrives in one language: the SMS, how long it is, and the subject of the e-mail."""

    language: str
    sms: str
    counted: CountedSms
    subject: str


@dataclass(frozen=True)
class LivePreview:
    """What can be said of an unfinished draft; ``messages`` are in the languages that it has.

    ``place`` describes the target, and is empty while it can't be read: ``place_errors`` say why.
    ``written``: what was written for its centre, and what that was taken for.
    ``has_kind``: without one the lines about tips are not known.
    """

    messages: Sequence[LiveMessage]
    place: str
    written: tuple[str, str] | None
    drawing: Drawing | None
    place_errors: Sequence[str]
    has_kind: bool


def preview_live(session: Session, actor: Actor, typed: Mapping[str, Any]) -> LivePreview:
    """What the values of a compose form would become. Stores nothing, and refuses nothing."""
    form = MultiDict({name: str(value) for name, value in typed.items() if value is not None})
    data, wrong = load_partly(ComposeForm(), form)
    draft, errors = read_draft(session, data, wrong)
    target, said = _target(session, draft, errors)
    districts = district_codes(session, target) if target else actor.districts
    number = (draft.case_reference or "")[:LONGEST_CASE]
    draft = dataclasses.replace(
        draft.fitting_its_kind(), case_reference=parse_case_reference(number) or number or None
    )
    parts = message_parts(session, sketch_alert(draft, target, districts))
    return LivePreview(
        messages=[
            _message(parts, language)
            for language, text in parts.texts.items()
            if text.title.strip() or text.body.strip()
        ],
        place=describe_target(session, target) if target else "",
        written=describe_written(session, target) if target else None,
        drawing=draw_target(session, target) if target else None,
        place_errors=said,
        has_kind=data.get("kind") is not None,
    )


def _target(
    session: Session, draft: AlertDraft, errors: Errors
) -> tuple[Target | None, Sequence[str]]:
    """Where the draft goes, or what keeps one from knowing that."""
    wrong = [
        message
        for name, messages in errors.items()
        if name in WHERE_FIELDS or name.startswith(MEANT)
        for message in messages
    ]
    if wrong:
        return None, wrong
    try:
        return parse_target(session, dict(draft.target)), []
    except Problem as problem:
        return None, [str(problem.detail)]


def _message(parts: MessageParts, language: str) -> LiveMessage:
    text = parts.texts[language]
    counted = count_sms(parts, language)
    with speaking(language):
        return LiveMessage(
            language, sms_text(parts, language, text), counted, heading(parts, text.title)
        )
