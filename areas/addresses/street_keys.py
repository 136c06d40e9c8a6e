"""Street names as people write them: folded, abbreviated, begun, misspelt.

Nothing here uses the database. A **key** is a name without spaces and accents, its abbreviations
written out. A name is found by the key of the whole name, and by that of what follows its first
words ("Kongensgade" of "Store Kongensgade"), each equal to what is written or longer. **Slips**
find a key that differs by one letter, without comparing it with all: two words with one letter of
difference have one in common when each lacks a letter of its own (the symmetric deletes of
SymSpell). This takes no extension of a database, and is the same on each.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product
from zlib import crc32

from areas.name_index import edits_between, without_accents
from web.texts.folding import fold_words

LONGEST_KEY = 80
SHORTEST_MISSPELT = 5
"""A shorter key has too many neighbours to be taken for a slip."""
MOST_KEYS = 4
_SHORTEST_REST = 6

_ABBREVIATED: dict[str, tuple[str, ...]] = {
    "st": ("store", "sankt"),
    "skt": ("sankt",),
    "sct": ("sankt",),
    "sanct": ("sankt",),
    "ll": ("lille",),
    "gl": ("gammel", "gamle"),
    "nr": ("noerre",),
    "ndr": ("nordre",),
    "sdr": ("soender", "soendre"),
    "kgs": ("kongens",),
    "dr": ("dronning", "doktor"),
    "prof": ("professor",),
    "gen": ("general",),
    "adm": ("admiral",),
    "kapt": ("kaptajn",),
    "haveforeningen": ("hf",),
    "haveforening": ("hf",),
    "blvd": ("boulevard",),
    "bvd": ("boulevard",),
    "boul": ("boulevard",),
}
# A single letter is a direction only before all else: "Ø. Farimagsgade", "C.V. Jensens Vej".
_DIRECTIONS: dict[str, tuple[str, ...]] = {
    "n": ("noerre",),
    "oe": ("oester", "oestre"),
    "v": ("vester", "vestre"),
}
_ENDINGS = {"gd": "gade", "alleen": "alle", "allee": "alle"}
_ORDINARY = frozenset(
    ("gade", "vej", "alle", "boulevard", "plads", "torv", "straede", "gaard", "have", "park")
)


def street_key(name: str) -> str:
    """The first key of a whole name: "sanktannegade" for "Sankt Anne Gade" and "Sct. Annegade"."""
    return whole_keys(name)[0]


def whole_keys(name: str) -> list[str]:
    """The keys of a whole name: several where an abbreviation stands for several words."""
    words = fold_words(name).split()
    choices = [_written_out(word, is_first=at == 0) for at, word in enumerate(words)]
    written = (_join(each) for each in product(*choices))
    return list(dict.fromkeys(islice(written, MOST_KEYS)))


def street_keys(name: str) -> set[str]:
    """The keys that a name of the register is found by."""
    found = set(whole_keys(name))
    words = fold_words(name).split()
    for at in range(1, len(words)):
        rest = words[at:]
        begins_well = len(rest[0]) > 2 and not (len(rest) == 1 and rest[0] in _ORDINARY)
        if begins_well and len(_join(rest)) >= _SHORTEST_REST:
            found.add(whole_keys(" ".join(rest))[0])
    return found - {""}


def slips(name: str) -> set[int]:
    """Numbers of the name's forms and of each without one of its letters; none for a short one."""
    forms = [form for form in _forms(name) if len(form) >= SHORTEST_MISSPELT]
    shorter = {form[:at] + form[at + 1 :] for form in forms for at in range(len(form))}
    return {_number(form) for form in (*forms, *shorter)}


def is_slip(written: str, name: str) -> bool:
    """Whether what is written differs from a name by one letter."""
    pairs = product(_forms(written), _forms(name))
    return any(edits_between(one, other, 1) == 1 for one, other in pairs)


def _forms(name: str) -> set[str]:
    """The first key, and the same with its accents: "Skoevej" lacks an l and has no ø."""
    words = fold_words(name).split()
    full = "".join(_written_out(word, is_first=at == 0)[0] for at, word in enumerate(words))
    return {full[:LONGEST_KEY], street_key(name)}


def _number(form: str) -> int:
    """The form as an integer of four bytes. Two that are equal by chance are compared as names."""
    return crc32(form.encode()) - 2**31


def _written_out(word: str, *, is_first: bool) -> tuple[str, ...]:
    if is_first and word in _DIRECTIONS:
        return _DIRECTIONS[word]
    for short, full in _ENDINGS.items():
        if word.endswith(short) and len(word) > len(short) + 2:
            return (word.removesuffix(short) + full,)
    return _ABBREVIATED.get(word, (word,))


def _join(words: Sequence[str]) -> str:
    return without_accents("".join(words))[:LONGEST_KEY]
