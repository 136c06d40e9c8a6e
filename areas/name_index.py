"""Names of places as people write them: folded, abbreviated, misspelt.

Nothing here uses the database: it matches what was written with the areas' names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from areas.kinds import AreaKind
from web.texts.folding import fold_words

LONGEST_NAME = 80
"""Anything longer is not a place name, and not worth comparing with all of them."""


_HINTS = {word: kind for kind in AreaKind for word in kind.row.name_words}

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
_NOISE = {"hele", "dk"}


class Tier(IntEnum):
    """How a hit was found; lower is better."""

    EXACT = 0
    WITHOUT_ACCENTS = 1
    GENITIVE = 2
    ABBREVIATED = 3
    WORDS = 4
    BEGINNING = 5
    SPELLING = 6


_SCORES = {
    Tier.EXACT: 1.0,
    Tier.WITHOUT_ACCENTS: 0.97,
    Tier.GENITIVE: 0.95,
    Tier.ABBREVIATED: 0.9,
    Tier.WORDS: 0.85,
    Tier.BEGINNING: 0.6,
}


@dataclass(frozen=True)
class Hit:
    """One area that may be meant; ``edits`` is the number of different letters."""

    area_id: int
    kind: AreaKind
    key: str
    tier: Tier
    score: float
    edits: int = 0


def key_of(name: str) -> tuple[str, AreaKind | None]:
    """The key a name is compared by, and the kind its words name ("Kommune", "Politi")."""
    hint: AreaKind | None = None
    words: list[str] = []
    for word in fold_words(name).split():
        if word in _HINTS:
            hint = _HINTS[word]
        elif word not in _NOISE:
            words.append(_SAME_WORD.get(word, word))
    return " ".join(words), hint


def without_accents(key: str) -> str:
    """The key as people without æ, ø and å write it: "hillerod" for "hilleroed"."""
    return key.replace("aa", "a").replace("ae", "a").replace("oe", "o")


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


def edits_forgiven(key: str) -> int:
    """How many wrong letters are tolerated in a name of this length."""
    letters = len(key)
    return 0 if letters < 4 else 1 if letters < 9 else 2


class NameIndex:
    """Every area's name, ready to be compared. Built once per atlas."""

    def __init__(self, areas: Iterable[tuple[int, AreaKind, str]]) -> None:
        self._by_key: dict[str, list[tuple[int, AreaKind]]] = defaultdict(list)
        for area_id, kind, name in areas:
            self._by_key[key_of(name)[0]].append((area_id, kind))
        self._plain: dict[str, list[str]] = defaultdict(list)
        self._possessive: dict[str, list[str]] = defaultdict(list)
        for key in self._by_key:
            self._plain[without_accents(key)].append(key)
            self._possessive[key.rstrip("s")].append(key)
        self._letters = {key: Counter(key) for key in self._by_key}

    def find(self, text: str) -> list[Hit]:
        """Hits for a name, best first: tier, then fewest edits, then the kind's search order."""
        key, hint = key_of(text)
        if not key or len(text) > LONGEST_NAME:
            return []
        found: dict[int, Hit] = {}
        for name, tier, edits in self._tiers(key):
            for area_id, kind in self._by_key[name]:
                if area_id in found:
                    continue
                # "Hillerød Politi" is not a district: then Hillerød is only worth suggesting.
                if hint not in (None, kind):
                    tier, edits = Tier.BEGINNING, len(key)
                score = _SCORES.get(tier) or max(0.1, 0.6 - edits / len(key))
                found[area_id] = Hit(area_id, kind, name, tier, score, edits)
        return sorted(
            found.values(),
            key=lambda hit: (hit.tier, hit.edits, hit.kind.row.search_order, hit.key, hit.area_id),
        )

    def _tiers(self, key: str) -> list[tuple[str, Tier, int]]:
        """Names that may be meant, with how they were found and their edits; best first."""
        found = [(key, Tier.EXACT, 0)] if key in self._by_key else []
        plain = self._plain.get(without_accents(key), ())
        found += [(name, Tier.WITHOUT_ACCENTS, 0) for name in plain]
        found += [(name, Tier.GENITIVE, 0) for name in self._possessive.get(key.rstrip("s"), ())]
        words = key.split()
        for name in self._by_key:
            parts = name.split()
            if _abbreviates(words, parts):
                found.append((name, Tier.ABBREVIATED, 0))
            elif _holds(parts, words):
                found.append((name, Tier.WORDS, 0))
            elif name.startswith(key) or words[: len(parts)] == parts:
                found.append((name, Tier.BEGINNING, abs(len(name) - len(key))))
        if not any(tier <= Tier.GENITIVE for _name, tier, _edits in found):
            found += self._misspelt(key)
        return found

    def _misspelt(self, key: str) -> list[tuple[str, Tier, int]]:
        limit = edits_forgiven(key) + 1 if len(key) >= 4 else 0
        if not limit:
            return []
        letters = Counter(key)
        plain = without_accents(key)
        found = []
        for name, theirs in self._letters.items():
            if max((letters - theirs).total(), (theirs - letters).total()) > limit + 2:
                continue
            edits = min(
                edits_between(key, name, limit),
                edits_between(plain, without_accents(name), limit),
            )
            if edits <= limit:
                found.append((name, Tier.SPELLING, max(edits, 1)))
        return sorted(found, key=lambda hit: hit[2])


def _abbreviates(words: list[str], parts: list[str]) -> bool:
    """Whether the two differ only by shortened later words: "Nykøbing Falster", "Nykøbing F"."""
    return (
        len(words) == len(parts) > 1
        and words[0] == parts[0]
        and words != parts
        and all(w.startswith(p) or p.startswith(w) for w, p in zip(words, parts, strict=True))
    )


def _holds(parts: list[str], words: list[str]) -> bool:
    """Whether the words occur in a row in a longer name: "Lyngby" in "Kongens Lyngby"."""
    length = len(words)
    if length >= len(parts) or len("".join(words)) < 3:
        return False
    return any(parts[at : at + length] == words for at in range(len(parts) - length + 1))
