"""Lists of areas in replies: as many as fit, joined as they are said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from areas.models import Area
from areas.titles import area_title
from dispatch.segments import outside_gsm7
from web.languages.typed_gettext import _
from web.texts.folding import compose, without_marks

LONGEST_LIST = 150
"""Characters that a list of areas may take, so that the whole reply fits two segments."""
SHORT_LIST = 60
"""The same, for a reply with two lists."""
MEDIUM_LIST = 100
"""The same, for a question that also says what is asked about next."""
LONGEST_QUOTE = 30


def titles(areas: Sequence[Area]) -> list[str]:
    """The areas' titles, in the current language."""
    return [area_title(area) for area in areas]


def quoted(text: str) -> str:
    """What a person wrote, cut short and reduced to GSM-7 so that the reply costs no more."""
    plain = " ".join("".join(map(_in_gsm7, compose(text))).split())
    if any(map(str.isalnum, text)) and not any(map(str.isalnum, plain)):
        return _("det sted")
    return cut(plain, LONGEST_QUOTE)


def _in_gsm7(letter: str) -> str:
    """A letter without the marks that a plain SMS has no room for; none if it is of no use."""
    if not outside_gsm7(letter):
        return letter
    bare = without_marks(letter)
    return "" if outside_gsm7(bare) else bare


def with_local_names(areas: Sequence[Area], local_names: Mapping[int, str]) -> list[str]:
    """The areas' titles, each with the name that was written if that was not its own."""
    return [
        f"{area_title(area)} ({quoted(local_names[area.id])})"
        if area.id in local_names
        else area_title(area)
        for area in areas
    ]


def listed(areas: Sequence[Area]) -> str:
    """The areas' titles, as many as fit."""
    return listed_titles(titles(areas))


def listed_titles(names: Sequence[str], longest: int = LONGEST_LIST) -> str:
    """ "3400 Hillerød, 3480 Fredensborg og 4 andre": as many as fit."""
    shown = len(names)
    while shown > 1 and len(", ".join(names[:shown])) > longest:
        shown -= 1
    hidden = len(names) - shown
    if hidden:
        return _("%(list)s og %(count)s andre", list=", ".join(names[:shown]), count=hidden)
    return all_of(names)


def all_of(names: Sequence[str]) -> str:
    """ "3400 Hillerød og 3480 Fredensborg"."""
    if len(names) < 2:
        return "".join(names)
    return _("%(list)s og %(last)s", list=", ".join(names[:-1]), last=names[-1])


def either(options: Sequence[str]) -> str:
    """ "3400 Hillerød eller 3480 Fredensborg"; at least two."""
    return _("%(list)s eller %(last)s", list=", ".join(options[:-1]), last=options[-1])


def cut(text: str, length: int) -> str:
    """The text, at most so many characters long."""
    return text if len(text) <= length else text[: length - 3].rstrip() + "..."
