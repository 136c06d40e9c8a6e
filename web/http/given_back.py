"""A form whose request failed comes back with what was typed, to be sent again.

The page needs no database, for that may be what is away. Its form goes where the first one went
and holds the same id, so that what had arrived nevertheless is not done twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, request
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException

from web.http.access import NO_AMBIENT_AUTHORITY, Open, Signed, View, rule_of
from web.http.sent_forms import FIELD
from web.problems.responses import GIVEN_BACK

LABELS = "varsko_labels_of_typed_fields"
FORGOTTEN = "varsko_form_is_forgotten"
LONGEST = 256 * 1024
"""Bytes that are read of a form which is too long for its route, to give them back."""
NOT_GIVEN_BACK = frozenset({"only_translate", "csrf_token"})

WORDS: dict[int, tuple[Any, Any]] = {
    400: (
        _l("Vi kunne ikke læse det hele. Det, du skrev, står herunder. Ret det, og send det igen."),
        _l("Vi kunne ikke læse det. Prøv igen."),
    ),
    413: (
        _l("Vi har ikke modtaget det. Det, du skrev, står herunder. Kort det, og send det igen."),
        _l("Send noget mindre."),
    ),
    429: (
        _l(
            "Vi har ikke modtaget det. Det, du skrev, står herunder. "
            "Vent et minut, og send det igen."
        ),
        _l("Der er ikke sket noget. Vent et minut, og prøv igen."),
    ),
    500: (
        _l(
            "Fejlen er noteret. Det, du skrev, står herunder. Send det igen om lidt. "
            "Er det nået frem, får vi det kun én gang."
        ),
        _l("Fejlen er noteret. Prøv igen om lidt."),
    ),
    503: (
        _l(
            "Det, du skrev, står herunder. Send det igen om lidt. "
            "Er det nået frem, får vi det kun én gang."
        ),
        _l("Prøv igen om lidt."),
    ),
}
"""What is said when a form comes back, by status: with typed fields, and without any."""
STAFF_WORDS: dict[int, tuple[Any, Any]] = {
    **WORDS,
    500: (
        _l(
            "Fejlen er noteret. Det, du skrev, står herunder. Prøv igen. "
            "Sker det igen, så kopiér teksten, og kontakt driften."
        ),
        _l("Fejlen er noteret. Prøv igen. Sker det igen, så kontakt driften."),
    ),
    503: (
        _l(
            "Det, du skrev, står herunder. Prøv igen om lidt. "
            "Sker det igen, så kopiér teksten, og kontakt driften."
        ),
        _l("Prøv igen om lidt. Sker det igen, så kontakt driften."),
    ),
}
"""The same for staff, who have somebody to tell; their forms may do their work each time."""
NOT_WRITTEN = re.compile(r"true|false|[\[{].*", re.DOTALL)
"""What a page writes in its fields, and no person."""


@dataclass
class GivenBack:
    """A form to be sent again. ``shown``: (name, label, value) of what a person types,
    in an area of several lines if it is longer than ``several_lines``. ``written``: what the
    hidden fields of a staff form hold, to be read and copied.
    """

    address: str
    words: Any = ""
    shown: list[tuple[str, Any, str]] = field(default_factory=list)
    hidden: list[tuple[str, str]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    is_for_staff: bool = False
    is_forgotten: bool = False
    several_lines: int = 60


def given_back(labels: Mapping[str, Any], *, forgotten: bool = False) -> Callable[[View], View]:
    """Show these fields of the view's form, by their labels, when it comes back.

    With ``forgotten`` browsers keep nothing of it once it has been received.
    """

    def mark(view: View) -> View:
        setattr(view, LABELS, labels)
        setattr(view, FORGOTTEN, forgotten)
        return view

    return mark


def form_given_back(status: int) -> GivenBack | None:
    """The form that a person sent with this request, if it may be sent again."""
    if request.method != "POST" or status not in WORDS:
        return None
    view = current_app.view_functions.get(request.endpoint or "")
    rule = rule_of(view)
    is_for_staff = isinstance(rule, Signed)
    if is_for_staff:
        # Another site's form is not kept for anybody to send.
        own = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
        if status == 400 or rule == Signed(None) or not own:
            return None
    elif rule is not Open.PUBLIC or not getattr(view, NO_AMBIENT_AUTHORITY, False):
        return None
    back = GivenBack(
        _address(), is_for_staff=is_for_staff, is_forgotten=getattr(view, FORGOTTEN, False)
    )
    labels: Mapping[str, Any] = getattr(view, LABELS, {})
    for name, value in _sent():
        if name in NOT_GIVEN_BACK or "password" in name:
            continue
        if name in labels:
            back.shown.append((name, labels[name], value))
        else:
            back.hidden.append((name, value))
            if is_for_staff and _is_written(name, value):
                back.written.append(value.strip())
    words = STAFF_WORDS if is_for_staff else WORDS
    back.words = words[status][0 if back.shown or back.written else 1]
    return back


def _is_written(name: str, value: str) -> bool:
    """Whether a person may have typed this, as far as the form itself can tell."""
    text = value.strip()
    return name != FIELD and text != "" and NOT_WRITTEN.fullmatch(text) is None


def _sent() -> list[tuple[str, str]]:
    """What the form held; nothing if even that can't be read."""
    if (request.content_length or 0) > LONGEST:
        return []
    request.max_content_length = request.max_form_memory_size = LONGEST
    try:
        return list(request.form.items(multi=True))
    except HTTPException:
        return []


def _address() -> str:
    address: str = request.environ.get("SCRIPT_NAME", "") + request.full_path.rstrip("?")
    return address


def init_app(app: Flask) -> None:
    """Let the pages of errors give forms back."""
    app.extensions[GIVEN_BACK] = form_given_back
