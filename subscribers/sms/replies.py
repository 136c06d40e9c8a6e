"""Every reply to a keyword, in the current language (``web.languages.choice.speaking``).

Short: one SMS segment if possible, two at most, no matter which areas are named. That is why
lists are cut and why there are no characters outside GSM-7.
"""

from __future__ import annotations

from collections.abc import Sequence

from areas.kinds import AreaKind
from areas.models import Area
from areas.titles import area_title
from dispatch.segments import count_segments
from subscribers.written_places import Unclear
from web.languages.typed_gettext import _

LONGEST_LIST = 150
"""Characters that a list of areas may take, so that the whole reply fits two segments."""
LONGEST_QUOTE = 30


def following(areas: Sequence[Area]) -> str:
    """They get alerts for these areas now."""
    return _(
        "Du får nu varsler for %(areas)s. Svar STOP for at afmelde, STATUS for at se dine områder.",
        areas=_listed(areas),
    )


def welcome_back(areas: Sequence[Area]) -> str:
    """Alerts resume as they were before STOP."""
    return _(
        "Velkommen tilbage. Du får nu varsler for %(areas)s. Svar STOP for at afmelde.",
        areas=_listed(areas),
    )


def which_area() -> str:
    """They want alerts but did not say where."""
    return _(
        "Hvilket område vil du have varsler om? Svar TRYK og dit postnummer, f.eks. TRYK 3400."
    )


def too_many(limit: int) -> str:
    """They already follow as many areas as allowed."""
    return _(
        "Du kan højst følge %(limit)s områder. Svar AFMELD og et postnummer for at fjerne et, "
        "STATUS for at se dem.",
        limit=limit,
    )


def unclear(place: Unclear) -> str:
    """A place is unknown or ambiguous; ends with what to reply."""
    name = quoted(place.text)
    if not place.suggestions:
        return _(
            "Vi kender ikke stedet %(place)s. Svar TRYK og et postnummer, for eksempel TRYK 3400.",
            place=name,
        )
    options = _either(titles(place.suggestions))
    if place.ambiguous:
        question = _("Mente du %(options)s?", options=options)
    else:
        question = _("Vi kender ikke %(place)s. Mente du %(options)s?", place=name, options=options)
    if place.suggestions[0].kind is AreaKind.POSTCODE:
        return question + " " + _("Svar TRYK og postnummeret.")
    return question + " " + _("Svar TRYK og hele navnet.")


def also_unclear(places: Sequence[Unclear]) -> str:
    """These places were not understood, though others were."""
    names = ", ".join(quoted(place.text) for place in places)
    return _("Vi forstod ikke %(places)s. Skriv postnummeret.", places=_cut(names, 60))


def stopped(*, mail_goes_on: bool) -> str:
    """No more text messages."""
    text = _("Du er afmeldt og får ikke flere sms'er fra Varsko. Svar START for at begynde igen.")
    return text + " " + _("Du får stadig varsler på e-mail.") if mail_goes_on else text


def left(areas: Sequence[Area], remaining: Sequence[Area]) -> str:
    """They no longer follow these areas."""
    text = _("Du får ikke længere varsler for %(areas)s.", areas=_listed(areas))
    if remaining:
        return text + " " + _("Svar STATUS for at se dine områder.")
    return text + " " + _("Du følger ingen områder nu. Svar TRYK og et postnummer for at følge et.")


def not_followed(place: str) -> str:
    """They do not follow what they want to leave."""
    return _(
        "Du følger ikke %(place)s. Svar STATUS for at se dine områder, STOP for at afmelde alt.",
        place=quoted(place),
    )


def status(areas: Sequence[Area], *, suppressed: bool) -> str:
    """What they follow, and whether they have opted out."""
    if suppressed:
        return _("Du er afmeldt og får ingen varsler på sms. Svar START for at begynde igen.")
    if not areas:
        return not_signed_up()
    return _(
        "Du får varsler for %(areas)s. "
        "TRYK og postnummer: følg flere. AFMELD og postnummer: fjern et område. STOP: afmeld alt.",
        areas=_listed(areas),
    )


def not_signed_up() -> str:
    """They follow nothing."""
    return _("Du følger ingen områder. Svar TRYK og dit postnummer, for eksempel TRYK 3400.")


def help_text() -> str:
    """What can be written."""
    return _(
        "Varsko sender politiets varsler. Skriv TRYK 3400: få varsler for 3400. "
        "STATUS: dine områder. AFMELD 3400: fjern et område. STOP: afmeld alt. "
        "ENGLISH: in English. Alt andet læser vi som et tip. Akut fare: ring 112."
    )


def nothing_written() -> str:
    """The message had no words in it."""
    return _(
        "Din besked kom uden tekst, og vi kan kun læse tekst. "
        "Skriv dit tip som tekst, eller svar HJÆLP. Akut fare: ring 112."
    )


def language_changed() -> str:
    """The language was changed to this one."""
    return _("Vi skriver nu til dig på dansk. Svar HJÆLP for at se, hvad du kan skrive.")


def not_a_danish_number(sign_up_url: str) -> str:
    """Their number is one we cannot send to."""
    return _(
        "Varsko sender kun sms'er til danske numre. Du kan få varsler på e-mail: %(url)s",
        url=sign_up_url,
    )


def titles(areas: Sequence[Area]) -> list[str]:
    """The areas' titles, in the current language."""
    return [area_title(area) for area in areas]


def quoted(text: str) -> str:
    """What a person wrote, cut short and reduced to GSM-7 so that the reply costs no more."""
    plain = "".join(
        letter if count_segments(letter).encoding == "GSM-7" else "?" for letter in text
    )
    return _cut(" ".join(plain.split()), LONGEST_QUOTE)


def _listed(areas: Sequence[Area]) -> str:
    """ "3400 Hillerød, 3480 Fredensborg og 4 andre": as many as fit."""
    names = titles(areas)
    shown = len(names)
    while shown > 1 and len(", ".join(names[:shown])) > LONGEST_LIST:
        shown -= 1
    hidden = len(names) - shown
    if hidden:
        return _("%(list)s og %(count)s andre", list=", ".join(names[:shown]), count=hidden)
    return _all_of(names)


def _all_of(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("%(list)s og %(last)s", list=", ".join(names[:-1]), last=names[-1])


def _either(names: Sequence[str]) -> str:
    shown = list(names)
    while len(shown) > 1 and len(", ".join(shown)) > LONGEST_LIST:
        del shown[-1]
    if len(shown) < 2:
        return "".join(shown)
    return _("%(list)s eller %(last)s", list=", ".join(shown[:-1]), last=shown[-1])


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3].rstrip() + "..."
