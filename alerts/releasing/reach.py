"""Which followed areas an alert reaches, how much of each lies inside, and who is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from areas.atlas import Place, current_atlas
from areas.targets.shares import Inside, shares_inside
from areas.targets.target import Target
from areas.titles import area_title
from dispatch.broadcasts import Audience
from subscribers.audience import count_followers, touched_ids


@dataclass(frozen=True)
class ReachedArea:
    """An area that the target touches, and how many recipients follow it.

    ``is_named``: the target names it. ``is_left_out``: its followers get it only if they follow
    something else that is reached.
    """

    place: Place
    inside: Inside
    followers: int
    is_named: bool
    is_left_out: bool

    @property
    def title(self) -> str:
        """Its full name, in the reader's language."""
        return area_title(self.place)

    @property
    def is_whole(self) -> bool:
        """Whether all of it is meant: it is named, or lies inside."""
        return self.is_named or self.inside.is_whole

    @property
    def is_grazed(self) -> bool:
        """Whether it is touched at its edge only."""
        return not self.is_named and self.inside.is_grazed


def reached_areas(session: Session, target: Target, audience: Audience) -> Sequence[ReachedArea]:
    """The followed areas of an alert's audience, and those left out.

    What is grazed comes first, the smallest share at the top; what is meant as a whole, last.
    """
    touched = touched_ids(audience)
    followers = count_followers(session, touched)
    left_out = touched.intersection(target.left_out_ids)
    shown = followers.keys() | left_out
    inside = shares_inside(session, target, touched)
    places = current_atlas(session).places
    found = [
        ReachedArea(
            place=places[area_id],
            inside=inside[area_id],
            followers=followers.get(area_id, 0),
            is_named=area_id in target.area_ids,
            is_left_out=area_id in left_out,
        )
        for area_id in shown
        if area_id in inside
    ]
    return sorted(found, key=_urgency)


def _urgency(area: ReachedArea) -> tuple[bool, bool, float, str]:
    share = 1.0 if area.inside.share is None else area.inside.share
    return area.is_whole, not area.is_grazed, share, area.title
