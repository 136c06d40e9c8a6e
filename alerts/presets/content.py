"""The content of a preset, as a value, and what must be true of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from alerts.composing.rules import Fields, check_texts
from alerts.composing.wording_check import check_one
from alerts.draft import AlertDraft, Wording
from alerts.errors import InvalidPreset
from alerts.kinds import AlertKind
from alerts.models import Severity
from alerts.presets.models import NAME_LENGTH, Preset
from areas.targets.input import parse_target
from areas.targets.touched_areas import district_codes
from staff.actor import Actor, require_districts


@dataclass(frozen=True, kw_only=True)
class PresetContent:
    """What a district has prepared under a name.

    ``kind``: None for a saved area. ``target``: as for ``areas.parse_target``; None: it is chosen
    each time. ``texts``: by language, with gaps like "[where]".
    """

    name: str
    district: str
    kind: AlertKind | None = None
    severity: Severity = Severity.MODERATE
    target: Mapping[str, Any] | None = None
    texts: Mapping[str, Wording] = field(default_factory=dict)

    @classmethod
    def of(cls, preset: Preset) -> PresetContent:
        """The current content of a preset."""
        return cls(
            name=preset.name,
            district=preset.district_code,
            kind=preset.kind,
            severity=preset.severity,
            target=preset.target,
            texts={language: Wording(**text) for language, text in preset.texts.items()},
        )

    def fill(self, preset: Preset) -> None:
        """Make this the content of a preset; the reverse of :meth:`of`."""
        preset.name, preset.district_code = self.name, self.district
        preset.kind, preset.severity = self.kind, self.severity
        preset.target = None if self.target is None else dict(self.target)
        preset.texts = {name: dataclasses.asdict(text) for name, text in self.texts.items()}

    def as_draft(self, session: Session, target: Mapping[str, Any] | None) -> AlertDraft:
        """A draft begun with it, to this target; raises TargetError if that is not possible."""
        return AlertDraft(
            kind=self.kind or AlertKind.AREA_ALERT,
            severity=self.severity,
            target=parse_target(session, dict(target)).to_json() if target else {},
            texts=self.texts or {"da": Wording("", "")},
        )


def checked(session: Session, actor: Actor, content: PresetContent) -> PresetContent:
    """The content as it is stored.

    Raises InvalidPreset, TargetError, AreaNotFound, AmbiguousArea, or NotAllowed when the district
    or a part of the target is not the actor's.
    """
    require_districts(actor, [content.district])
    tidied = _tidied(content)
    fields: Fields = _check_name(tidied.name)
    if tidied.kind is None:
        if tidied.texts:
            fields["texts"] = [_("Et gemt område har ingen tekst. Vælg en slags varsel.")]
        if not tidied.target:
            fields["target"] = [_("Vælg, hvilket område der skal gemmes.")]
    else:
        fields |= check_texts(tidied.texts)
        fields |= _check_grave(session, tidied.kind, tidied.texts)
    target = None
    if tidied.target:
        parsed = parse_target(session, dict(tidied.target))
        codes = district_codes(session, parsed)
        require_districts(actor, codes)
        if tidied.district not in codes:
            fields["target"] = [_("Området ligger ikke i den valgte politikreds.")]
        target = parsed.to_json()
    if fields:
        raise InvalidPreset(next(iter(fields.values()))[0], fields=fields)
    return dataclasses.replace(tidied, target=target)


def _tidied(content: PresetContent) -> PresetContent:
    has_severity = content.kind is not None and "severity" in content.kind.row.fields
    return dataclasses.replace(
        content,
        name=" ".join(content.name.split()),
        severity=content.severity if has_severity else Severity.MODERATE,
        texts={
            language: Wording(text.title.strip(), text.body.strip())
            for language, text in content.texts.items()
        },
    )


def _check_name(name: str) -> Fields:
    if not name:
        return {"name": [_("Skriv et navn, som dine kolleger kan kende det på.")]}
    if len(name) > NAME_LENGTH:
        return {"name": [_("Skriv højst %(most)s tegn.", most=NAME_LENGTH)]}
    return {}


def _check_grave(session: Session, kind: AlertKind, texts: Mapping[str, Wording]) -> Fields:
    """What must not be kept for every alert to come, such as a name or an identity number."""
    fields: Fields = {}
    for language, wording in texts.items():
        for found in check_one(session, wording, language, kind, has_case=False):
            if found.is_hard:
                said = _("Det kan ikke stå i en skabelon: %(why)s", why=found.message)
                fields.setdefault(f"texts.{language}.{found.field}", []).append(said)
    return fields
