"""Names of places as people write them: folded, abbreviated, misspelt.

Nothing here uses the database: it matches what was written with the names of areas and with local
names. No look-up goes through all names: each is found by a word, a beginning, or by itself
without one or two of its letters.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations
from typing import NamedTuple

from areas.kinds import AreaKind
from web.texts.folding import fold_words

LONGEST_NAME = 100
"""Anything longer is not a place name, and not worth looking up."""
MOST_BEGUN = 50
"""How many names that begin as written are looked at."""

_HINTS = {word: kind for kind in AreaKind for word in kind.row.name_words}


def without_accents(key: str) -> str:
    """The key as people without æ, ø and å write it: "hillerod" for "hilleroed"."""
    return key.replace("aa", "a").replace("ae", "a").replace("oe", "o")


# One form for each word that people abbreviate, or that has an English name of its own.
_SAME_WORD = {
    "kbh": "koebenhavn",
    "kbhvn": "koebenhavn",
    "cph": "koebenhavn",
    "copenhagen": "koebenhavn",
    "elsinore": "helsingoer",
    "frb": "frederiksberg",
    "gl": "gammel",
    "kgs": "kongens",
    "ll": "lille",
    "nr": "noerre",
    "sdr": "soender",
    "nord": "n",
    "syd": "s",
    "oest": "oe",
    "vest": "v",
    "nordvest": "nv",
    "nordoest": "noe",
    "sydvest": "sv",
    "sydoest": "soe",
}
# The part of the country behind a name, which tells two places of that name apart.
_SAME_PART = {
    "falster": "f",
    "jylland": "j",
    "jyll": "j",
    "jyl": "j",
    "lolland": "l",
    "mors": "m",
    "sjaelland": "sj",
    "sjael": "sj",
}
for _same in (_SAME_WORD, _SAME_PART):
    _same |= {without_accents(word): short for word, short in _same.items()}
_NOISE = {"hele", "dk"}


class Tier(IntEnum):
    """How a hit was found; lower is better. All up to ``WORDS`` are names as they are written."""

    EXACT = 0
    GENITIVE = 1
    LOCAL = 2
    WITHOUT_ACCENTS = 3
    WORDS = 4
    NEAR = 5
    """Spelt or begun like that: ``edits`` says how nearly."""


_SCORES = {
    Tier.EXACT: 1.0,
    Tier.GENITIVE: 0.95,
    Tier.LOCAL: 0.9,
    Tier.WITHOUT_ACCENTS: 0.85,
    Tier.WORDS: 0.8,
}


class AreaName(NamedTuple):
    """An area and its official name."""

    area_id: int
    kind: AreaKind
    name: str


class NamedLocally(NamedTuple):
    """A local name and an area that holds the place; no area if it is far too wide for one.

    ``well_known``: nobody who writes the name means another place.
    """

    name: str
    area_id: int | None
    well_known: bool


@dataclass(frozen=True)
class Hit:
    """One area that may be meant; ``edits`` is the number of different letters.

    ``local_name`` is the name of the place in the area that was found, if it is not the area's.
    """

    area_id: int
    kind: AreaKind
    key: str
    tier: Tier
    score: float
    edits: int = 0
    local_name: str | None = None
    well_known: bool = True


def key_of(name: str) -> tuple[str, AreaKind | None]:
    """The key a name is compared by, and the kind its words name ("Kommune", "Politi")."""
    hint: AreaKind | None = None
    words: list[str] = []
    for word in fold_words(name).split():
        if word in _HINTS:
            hint = _HINTS[word]
        elif word not in _NOISE:
            words.append(_SAME_WORD.get(word, word))
    if len(words) > 1:
        words[-1] = _SAME_PART.get(words[-1], words[-1])
    return " ".join(words), hint


def edits_between(one: str, other: str, limit: int) -> int:
    """Letters to add, drop, change or swap with the next (optimal string alignment).

    Returns ``limit + 1`` as soon as there are more than ``limit``.
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, opposite in enumerate(other, 1):
            cost = min(row[-1] + 1, above[j] + 1, above[j - 1] + (letter != opposite))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == opposite:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, above = above, row
    return min(above[-1], limit + 1)


def edits_suggested(key: str) -> int:
    """How many wrong letters a suggestion may have, for a name of this length."""
    return 0 if len(key) < 3 else 1 if len(key) < 8 else 2


class NameIndex:
    """Every name, ready to be looked up. Built once per atlas."""

    def __init__(self, areas: Iterable[AreaName], local_names: Iterable[NamedLocally] = ()) -> None:
        self._by_key: dict[str, list[AreaName]] = defaultdict(list)
        kinds: dict[int, AreaKind] = {}
        for area in areas:
            kinds[area.area_id] = area.kind
            self._by_key[key_of(area.name)[0]].append(area)
        self._local: dict[str, list[NamedLocally]] = defaultdict(list)
        for local in local_names:
            self._local[key_of(local.name)[0]].append(local)
        self._kinds = kinds
        keys = {*self._by_key, *self._local}
        self._longest = max(map(len, keys), default=0)
        self._plain: dict[str, list[str]] = defaultdict(list)
        self._by_word: dict[str, list[str]] = defaultdict(list)
        self._shortened: dict[str, list[str]] = defaultdict(list)
        for key in sorted(keys):
            plain = without_accents(key)
            self._plain[plain].append(key)
            for word in set(plain.split()):
                self._by_word[word].append(key)
            # A local name is only suggested for one wrong letter: two would fit too many.
            most = edits_suggested(plain) if key in self._by_key else 1
            for shorter in _shortenings(plain, most):
                self._shortened[shorter].append(key)

        self._begun = sorted(self._plain)

    def is_too_wide(self, text: str) -> bool:
        """Whether this is the name of something far wider than any area ("Jylland")."""
        return any(local.area_id is None for local in self._local.get(key_of(text)[0], ()))

    def knows(self, text: str) -> bool:
        """Whether this is a name, as it is written and in full."""
        if len(text) > LONGEST_NAME:
            return False
        key = key_of(text)[0]
        return key in self._by_key or key in self._local

    def find(self, text: str) -> list[Hit]:
        """Hits for a name, best first: tier, then fewest edits, then the kind's search order."""
        key, hint = key_of(text)
        if not key or len(text) > LONGEST_NAME:
            return []
        found: dict[int, Hit] = {}
        for name, tier, edits in self._tiers(key):
            for hit in self._hits(name, tier, edits, hint):
                best = found.setdefault(hit.area_id, hit)
                if (hit.tier, hit.edits) < (best.tier, best.edits):
                    found[hit.area_id] = hit
        return sorted(
            found.values(),
            key=lambda hit: (
                hit.tier,
                hit.edits,
                hit.local_name is not None,
                not hit.well_known,
                hit.kind.row.search_order,
                hit.key,
                hit.area_id,
            ),
        )

    def _hits(self, name: str, tier: Tier, edits: int, hint: AreaKind | None) -> Iterator[Hit]:
        score = _SCORES.get(tier) or max(0.1, 0.6 - edits / len(name))
        for area in self._by_key.get(name, ()):
            # "Hillerød Politi" is not a district: then Hillerød is only worth suggesting.
            if hint == area.kind or (hint is None and not area.kind.row.needs_word):
                yield Hit(area.area_id, area.kind, name, tier, score, edits)
            else:
                # A bare "Ribe" is no parish, but asked about where nothing else is called so.
                worst = max(tier, Tier.WORDS) if hint is None else Tier.NEAR
                yield Hit(area.area_id, area.kind, name, worst, 0.1, edits + len(name))
        for local in self._local.get(name, ()):
            kind = None if local.area_id is None else self._kinds.get(local.area_id)
            if local.area_id is None or kind is None or hint not in (None, kind):
                continue
            how = Tier.LOCAL if tier < Tier.LOCAL else tier
            value = min(score, _SCORES[Tier.LOCAL])
            yield Hit(local.area_id, kind, name, how, value, edits, local.name, local.well_known)

    def _tiers(self, key: str) -> Iterator[tuple[str, Tier, int]]:
        """Names that may be meant, with how they were found and their edits."""
        known = key in self._by_key or key in self._local
        if known:
            yield key, Tier.EXACT, 0
        for possessive in (f"{key}s", key.removesuffix("s")):
            if any(area.kind.row.named_after_place for area in self._by_key.get(possessive, ())):
                yield possessive, Tier.GENITIVE, 0
        for name in self._plain.get(without_accents(key), ()):
            yield name, Tier.WITHOUT_ACCENTS, 0
        # "Nykobing" is in "Nykøbing F" as well as "Nykøbing" is.
        plain = without_accents(key)
        words = plain.split()
        for name in self._by_word.get(words[0], ()):
            if _holds(without_accents(name).split(), words):
                yield name, Tier.WORDS, 0
        for length in range(1, len(words)):
            begun = " ".join(words[:length])
            for name in self._plain.get(begun, ()):
                yield name, Tier.NEAR, len(plain) - len(begun)
        first = bisect_left(self._begun, plain)
        for longer in self._begun[first : first + MOST_BEGUN]:
            if not longer.startswith(plain):
                break
            for name in self._plain[longer]:
                yield name, Tier.NEAR, len(longer) - len(plain)
        if not known:
            yield from self._misspelt(key)

    def _misspelt(self, key: str) -> Iterator[tuple[str, Tier, int]]:
        plain = without_accents(key)
        limit = edits_suggested(plain)
        if not limit or len(key) > self._longest + limit:
            return
        near = {
            name
            for form in {key, plain}
            for shorter in _shortenings(form, limit)
            for name in self._shortened.get(shorter, ())
        }
        for name in near:
            edits = min(
                edits_between(key, name, limit),
                edits_between(plain, without_accents(name), limit),
            )
            if edits <= limit:
                yield name, Tier.NEAR, max(edits, 1)


def _shortenings(word: str, most: int) -> set[str]:
    """The word without up to ``most`` of its letters.

    Two words that differ by n letters have one in common when each lacks n of its own, which finds
    what is near without comparing it with everything (the symmetric deletes of SymSpell).
    """
    return {
        "".join(letters)
        for dropped in range(most + 1)
        for letters in combinations(word, len(word) - dropped)
    }


def _holds(parts: list[str], words: list[str]) -> bool:
    """Whether the words occur in a row in a longer name: "Lyngby" in "Kongens Lyngby"."""
    length = len(words)
    if length >= len(parts) or len("".join(words)) < 3:
        return False
    return any(parts[at : at + length] == words for at in range(len(parts) - length + 1))
