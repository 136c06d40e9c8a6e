"""The names of places that the bundled gazetteer knows, for tests without a database."""

from __future__ import annotations

import csv
from functools import cache

from rooms import ROOT
from web.texts.folding import fold_words

DATA = ROOT / "areas/data"


@cache
def _names() -> frozenset[str]:
    names = set()
    for file in ("areas.csv", "local_names.csv"):
        with (DATA / file).open(encoding="utf-8") as rows:
            names |= {fold_words(row["name"]) for row in csv.DictReader(rows)}
    return frozenset(names)


def is_place(name: str) -> bool:
    """Whether it is the name of an official area or a local name, as it is written."""
    return fold_words(name) in _names()
