"""Leaving areas out that a draft's target only grazes, and taking them in again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from alerts.composing.saving import update_draft
from alerts.draft import AlertDraft
from alerts.lifecycle import lock
from alerts.models import Alert
from areas.targets.target import Target
from staff.actor import Actor


def leave_out_area(
    session: Session, actor: Actor, alert: Alert, area_id: int, *, seen: str
) -> Alert:
    """Leave out those who follow this area and nothing else that the draft's target touches.

    ``seen`` is the fingerprint of the draft that was read. Raises as :func:`update_draft`.
    """
    lock(session, alert)
    left_out = {*Target.from_json(alert.target).left_out_ids, area_id}
    return _update(session, actor, alert, left_out, seen)


def take_in_area(session: Session, actor: Actor, alert: Alert, area_id: int, *, seen: str) -> Alert:
    """Undo :func:`leave_out_area`."""
    lock(session, alert)
    left_out = {*Target.from_json(alert.target).left_out_ids} - {area_id}
    return _update(session, actor, alert, left_out, seen)


def with_those_left_out(draft: AlertDraft, target: Mapping[str, Any]) -> AlertDraft:
    """The draft with the areas that a target leaves out, if it goes to the same ground.

    Otherwise nobody is left out: what was grazed may now lie in the middle of it, and one message
    too many does less harm than one that is missing.
    """
    before = Target.from_json(dict(target))
    after = Target.from_json(dict(draft.target))
    if not before.left_out_ids or not after.covers_same_ground(before):
        return draft
    return _with_left_out(draft, before.left_out_ids)


def _update(session: Session, actor: Actor, alert: Alert, left_out: set[int], seen: str) -> Alert:
    draft = _with_left_out(AlertDraft.of(alert), sorted(left_out))
    return update_draft(session, actor, alert, draft, seen=seen)


def _with_left_out(draft: AlertDraft, left_out: Sequence[int]) -> AlertDraft:
    return dataclasses.replace(draft, target={**draft.target, "left_out_ids": list(left_out)})
