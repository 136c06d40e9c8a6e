"""Two who change one draft: what each of them changed since the form was opened."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from alerts.composing.forms import LABELS, WHERE_FIELDS, form_values
from alerts.draft import AlertDraft
from alerts.models import Alert
from alerts.state_names import SEVERITY_NAMES
from areas.targets.descriptions import describe_target
from areas.targets.target import Target
from staff.models import Staff
from web.texts.filters import format_datetime

TOGETHER: dict[str, tuple[str, ...]] = {
    "kind": ("kind",),
    "severity": ("severity",),
    "case_reference": ("case_reference",),
    "areas": tuple(sorted(WHERE_FIELDS)),
    "title_da": ("title_da",),
    "body_da": ("body_da",),
    "title_en": ("title_en",),
    "body_en": ("body_en",),
    "when": ("when", "send_at"),
    "expires_at": ("expires_at",),
}
"""The fields of the form that say one thing together, by the one whose label names it."""


@dataclass(frozen=True)
class Change:
    """What a colleague made of a field: how it reads now, and its language if it is a text."""

    label: str
    now: str
    language: str | None


@dataclass(frozen=True)
class Merged:
    """A form over a draft that was changed meanwhile; ``by`` changed it last.

    ``taken``: what only the colleague changed, now in ``values``. ``both``: what both changed,
    where the values are still those of the form.
    """

    values: dict[str, Any]
    by: str
    taken: list[Change]
    both: list[Change]


def form_version(session: Session, alert: Alert) -> str:
    """The fingerprint of a draft and a hash of each thing that its form says, for its form."""
    hashes = _hashes(form_values(session, alert)).values()
    return ".".join([AlertDraft.of(alert).fingerprint(), *hashes, _left_out(alert)])


def seen_fingerprint(version: str | None) -> str | None:
    """The fingerprint in what :func:`form_version` gave."""
    return version.split(".")[0] if version is not None else None


def merge(session: Session, alert: Alert, typed: Mapping[str, Any], version: str) -> Merged:
    """What was typed over this version, with what only a colleague has changed since.

    A field that the form did not send was not changed in it. Of a version of another program all
    that differs counts as changed by both.
    """
    theirs = form_values(session, alert)
    opened = dict(zip((*TOGETHER, "left_out"), version.split(".")[1:], strict=False))
    others_left_out = opened.get("left_out") not in (None, _left_out(alert))
    now, mine = _hashes(theirs), _hashes(typed)
    values = dict(typed)
    taken: list[Change] = []
    both: list[Change] = []
    for name, fields in TOGETHER.items():
        is_sent = any(field in typed for field in fields)
        is_untouched = not is_sent or mine[name] == opened.get(name)
        if is_untouched:
            values |= {field: theirs.get(field) or "" for field in fields}
        is_other = now[name] != opened.get(name) and not (is_sent and now[name] == mine[name])
        if is_other or (name == "areas" and others_left_out):
            (taken if is_untouched else both).append(_change(session, alert, name, theirs))
    by = session.get_one(Staff, alert.edited_by or alert.created_by).name
    return Merged(values, by, taken, both)


def _change(session: Session, alert: Alert, name: str, theirs: Mapping[str, Any]) -> Change:
    now = {
        "kind": str(alert.kind.row.name),
        "severity": str(SEVERITY_NAMES[alert.severity]),
        "areas": describe_target(session, Target.from_json(alert.target)),
        "when": format_datetime(alert.send_at),
        "expires_at": format_datetime(alert.expires_at),
    }.get(name, theirs.get(name) or "")
    is_text = name.startswith(("title_", "body_"))
    return Change(str(LABELS[name]), now, name[-2:] if is_text else None)


def _left_out(alert: Alert) -> str:
    """A hash of the areas left out: the form keeps them without a field for them."""
    return _hash(str(sorted(alert.target.get("left_out_ids", []))))


def _hashes(values: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: _hash("\0".join(_plain(values.get(field)) for field in fields))
        for name, fields in TOGETHER.items()
    }


def _plain(value: Any) -> str:
    return "\n".join(str(value or "").strip().splitlines())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
