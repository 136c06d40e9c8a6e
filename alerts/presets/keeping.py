"""Finding, making, changing and deleting presets, each within the actor's police districts."""

from __future__ import annotations

import structlog
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alerts.errors import InvalidPreset, PresetChanged, PresetNotFound
from alerts.kinds import AlertKind
from alerts.presets.content import PresetContent, checked
from alerts.presets.models import Preset
from audit.trail import record
from staff.actor import Actor

log = structlog.get_logger(__name__)

_ORDER = {kind: place for place, kind in enumerate(AlertKind)}


def list_presets(session: Session, actor: Actor) -> list[Preset]:
    """Those of the actor's districts: templates by kind and name, then saved areas by name."""
    found = session.scalars(select(Preset).where(Preset.district_code.in_(actor.districts)))
    return sorted(found, key=_rank)


def _rank(preset: Preset) -> tuple[int, str, str]:
    place = len(_ORDER) if preset.kind is None else _ORDER[preset.kind]
    return place, preset.name.casefold(), preset.district_code


def find_preset(session: Session, actor: Actor, preset_id: int) -> Preset:
    """One of the actor's districts; raises :class:`PresetNotFound`."""
    preset = session.get(Preset, preset_id)
    if preset is None or preset.district_code not in actor.districts:
        raise _not_found()
    return preset


def _not_found() -> PresetNotFound:
    return PresetNotFound(_("Den er slettet, eller den hører til en anden politikreds."))


def create_preset(session: Session, actor: Actor, content: PresetContent) -> Preset:
    """Keep a new one. Raises as :func:`alerts.presets.content.checked`."""
    preset = Preset(created_by=actor.staff_id)
    _store(session, preset, checked(session, actor, content))
    _note(session, actor, "alert_preset.created", preset)
    return preset


def change_preset(
    session: Session, actor: Actor, preset: Preset, content: PresetContent, seen: int | None = None
) -> Preset:
    """Replace the content of a preset; ``seen`` is the version that the change was made to.

    Raises PresetChanged, and as :func:`alerts.presets.content.checked`.
    """
    lock_preset(session, preset)
    after = checked(session, actor, content)
    if after == PresetContent.of(preset):
        return preset
    if seen not in (None, preset.version):
        raise PresetChanged(_("En anden har rettet den, mens du skrev."))
    _store(session, preset, after)
    preset.version += 1
    preset.edited_by = actor.staff_id
    session.flush()
    _note(session, actor, "alert_preset.changed", preset)
    return preset


def delete_preset(session: Session, actor: Actor, preset: Preset) -> None:
    """Delete it: alerts that were begun with it keep what they have."""
    lock_preset(session, preset)
    _note(session, actor, "alert_preset.deleted", preset)
    session.delete(preset)
    session.flush()


def lock_preset(session: Session, preset: Preset) -> Preset:
    """Lock its row until the transaction ends, and read it as it is now.

    Raises :class:`PresetNotFound` if somebody has deleted it.
    """
    found = session.scalars(
        select(Preset)
        .where(Preset.id == preset.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise _not_found()
    return found


def _store(session: Session, preset: Preset, content: PresetContent) -> None:
    """Write it. Raises InvalidPreset if the district has one of that name."""
    said = _("Kredsen har allerede én med det navn. Vælg et andet.")
    taken = InvalidPreset(said, fields={"name": [said]})
    same = select(Preset.id).where(
        Preset.district_code == content.district,
        Preset.name == content.name,
        Preset.id != (preset.id or 0),
    )
    if session.scalar(same) is not None:
        raise taken
    try:
        with session.begin_nested():
            content.fill(preset)
            session.add(preset)
    except IntegrityError as error:
        raise taken from error


def _note(session: Session, actor: Actor, action: str, preset: Preset) -> None:
    kind = preset.kind.value if preset.kind else None
    said = {"kind": kind, "district": preset.district_code, "version": preset.version}
    record(session, actor, action, "alert_preset", preset.id, **said)
    log.info(action.replace(".", "_"), preset=preset.id, **said)
