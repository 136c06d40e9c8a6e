"""Every reply to a keyword, in the current language (``web.languages.choice.speaking``).

Short: one SMS segment if possible, two at most, no matter which areas are named. That is why
lists are cut and why there are no characters outside GSM-7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from areas.models import Area
from areas.titles import area_title
from subscribers.sms.name_lists import (
    LONGEST_LIST,
    MEDIUM_LIST,
    SHORT_LIST,
    cut,
    either,
    listed,
    listed_titles,
    quoted,
    titles,
    with_local_names,
)
from subscribers.written_places import Unclear
from web.languages.typed_gettext import _
from web.texts.folding import fold


def following(areas: Sequence[Area], local_names: Mapping[int, str] | None = None) -> str:
    """They get alerts for these areas now: those whose own name was not written say which was."""
    return _(
        "Du får nu varsler for %(areas)s. Svar STOP for at afmelde, STATUS for at se dine områder.",
        areas=listed_titles(with_local_names(areas, local_names or {})),
    )


def following_again(
    areas: Sequence[Area], local_names: Mapping[int, str], back: Sequence[Area]
) -> str:
    """They get alerts for these areas now, and once more for those they had before STOP."""
    return _(
        "Du får nu varsler for %(areas)s, og igen for %(back)s. "
        "Svar STOP for at afmelde, STATUS for at se dine områder.",
        areas=listed_titles(with_local_names(areas, local_names), SHORT_LIST),
        back=listed_titles(titles(back), SHORT_LIST),
    )


def following_and_unclear(
    areas: Sequence[Area], local_names: Mapping[int, str], places: Sequence[Unclear]
) -> str:
    """They get alerts for these areas now; asks about the first place that was not understood."""
    named = with_local_names(areas, local_names)
    now = _("Du får nu varsler for %(areas)s.", areas=listed_titles(named, SHORT_LIST))
    return " ".join([now, unclear_in_turn(places, SHORT_LIST), _("STOP: afmeld.")])


def welcome_back(areas: Sequence[Area]) -> str:
    """Alerts resume as they were before STOP."""
    return _(
        "Velkommen tilbage. Du får nu varsler for %(areas)s. Svar STOP for at afmelde.",
        areas=listed(areas),
    )


def which_area() -> str:
    """They want alerts but did not say where."""
    return _("Hvilket område vil du have varsler om? Svar med dit postnummer, for eksempel 3400.")


def too_many(limit: int) -> str:
    """They already follow as many areas as allowed."""
    return _(
        "Du kan højst følge %(limit)s områder. Svar AFMELD og et postnummer for at fjerne et, "
        "STATUS for at se dem.",
        limit=limit,
    )


def offer_in_turn(places: Sequence[Unclear], longest: int = LONGEST_LIST) -> str:
    """Asks whether to follow the first of some places that were sent alone."""
    return _in_turn(_offer(places[0], longest), places)


def _offer(place: Unclear, longest: int) -> str:
    shown = offered(place, longest)
    if place.total or not place.ambiguous or len(shown) < 2:
        return unclear(place, longest)
    options = either([f"{n}: {title}" for n, title in enumerate(titles(shown), 1)])
    question = _("Vil du følge %(options)s?", options=options)
    return question + " " + _("Svar med tallet, eller skriv dit postnummer.")


def not_sure(question: str) -> str:
    """A question about what we read in a message that says more."""
    return _("Vi er ikke sikre på, hvad du mener.") + " " + question


def not_later(question: str, place: str | None) -> str:
    """A question of somebody who will move: nothing happens by itself on a date.

    ``place``: where to, if something else is followed until then.
    """
    now = _("Vi kan ikke vente på en dato: det gælder fra nu af, hvis du svarer ja.")
    if place is None:
        return " ".join([now, question])
    change = _("Skriv SKIFT TIL %(place)s, når du er flyttet.", place=quoted(place))
    return " ".join([now, change, question])


def unclear(place: Unclear, longest: int = LONGEST_LIST) -> str:
    """A question about a place that is unknown or may be several; ends with what to reply."""
    name = quoted(place.text)
    shown = offered(place, longest)
    if place.total:
        return _(
            "%(place)s har %(total)s postnumre. Svar med dit postnummer.",
            place=name,
            total=place.total,
        )
    if place.too_wide:
        return _(
            "%(place)s er for stort et område. Svar med dit postnummer, for eksempel 3400.",
            place=name,
        )
    if not shown:
        return _(
            "Vi kender ikke %(place)s. Svar med dit postnummer, for eksempel 3400.", place=name
        )
    if len(shown) == 1:
        area = area_title(shown[0])
        if not name:
            question = _("Mente du %(options)s?", options=area)
        elif place.ambiguous and _is_name_of(name, shown[0]):
            question = _("Vil du følge %(area)s?", area=area)
        elif place.ambiguous:
            question = _("%(place)s hører til %(area)s. Vil du følge det?", place=name, area=area)
        else:
            question = _("Vi kender ikke %(place)s. Mente du %(area)s?", place=name, area=area)
        return question + " " + _("Svar JA, eller skriv dit postnummer.")
    options = either(
        [f"{n}: {title}" for n, title in enumerate(_explained(place, shown, longest), 1)]
    )
    if place.ambiguous:
        question = _("Mente du %(options)s?", options=options)
    else:
        question = _("Vi kender ikke %(place)s. Mente du %(options)s?", place=name, options=options)
    return question + " " + _("Svar med tallet, eller skriv dit postnummer.")


def _is_name_of(text: str, area: Area) -> bool:
    return fold(text) in map(fold, (area.code, area.name, area_title(area)))


def offered(place: Unclear, longest: int = LONGEST_LIST) -> tuple[Area, ...]:
    """The areas that the question about a place offers: as many as fit."""
    shown = len(place.suggestions)
    while shown > 1 and sum(len(t) + 5 for t in titles(place.suggestions[:shown])) > longest:
        shown -= 1
    return place.suggestions[:shown]


def _explained(place: Unclear, shown: Sequence[Area], longest: int) -> list[str]:
    """The titles, with the place in each that it is offered for, if that fits: "4180 Sorø (Ål)"."""
    names = {
        area.id: why.local_name
        for area in shown
        if (why := place.reasons.get(area.id))
        and why.local_name
        and fold(why.local_name) not in fold(area_title(area))
    }
    explained = with_local_names(shown, names)
    fits = sum(len(title) + 5 for title in explained) <= longest
    return explained if fits else titles(shown)


def declined() -> str:
    """None of the places that were offered."""
    return _("Vi har ikke ændret noget. Svar TRYK og dit postnummer for at følge et område.")


def unclear_in_turn(places: Sequence[Unclear], longest: int = LONGEST_LIST) -> str:
    """A question about the first of some places, and which ones are asked about after it."""
    return _in_turn(unclear(places[0], longest), places)


def _in_turn(question: str, places: Sequence[Unclear]) -> str:
    """A question about the first place, and which ones are asked about after it."""
    if len(places) == 1:
        return question
    names = cut(", ".join(quoted(place.text) for place in places[1:]), 40)
    return question + " " + _("Derefter spørger vi om %(places)s.", places=names)


def still_following(areas: Sequence[Area]) -> str:
    """They were asked whether to leave or stop, and said no."""
    return _(
        "Vi har ikke ændret noget. Du følger stadig %(areas)s. STOP: afmeld alt.",
        areas=listed(areas),
    )


def not_stopped(areas: Sequence[Area]) -> str:
    """They wrote that they do not want to stop, as we understand it."""
    if areas:
        followed = _("Du følger stadig %(areas)s.", areas=listed(areas))
    else:
        followed = _("Du følger ingen områder.")
    ask = _("Vil du alligevel afmeldes, så svar STOP.")
    return " ".join([_("Vi har ikke ændret noget."), followed, ask])


def how_to_sign_up() -> str:
    """They asked how to get alerts."""
    return _(
        "Du tilmelder dig ved at svare med dit postnummer, for eksempel 3400. "
        "Så får du politiets varsler for det. Du kan altid svare STOP."
    )


def which_to_leave(areas: Sequence[Area], instead: Sequence[Area] = ()) -> str:
    """They want to leave one of the areas that they follow."""
    numbered = [f"{n}: {title}" for n, title in enumerate(titles(areas), 1)]
    listed = listed_titles(numbered, MEDIUM_LIST)
    if instead and len(areas) == 1:
        return _(
            "Skal %(areas)s erstatte %(old)s? Svar JA, eller BEGGE for at følge begge.",
            areas=listed_titles(titles(instead), 40),
            old=area_title(areas[0]),
        )
    if instead:
        question = _("Hvad skal %(areas)s erstatte?", areas=listed_titles(titles(instead), 40))
        answers = _("Svar med tallet. ALT: alle. TILFØJ: behold alle. STOP: afmeld dig.")
    else:
        question = _("Hvilket område vil du ikke følge mere?")
        answers = _("Svar med tallet. ALT: alle. STOP: afmeld dig.")
    return " ".join([question, listed + ".", answers])


def ask_to_leave(area: Area) -> str:
    """They may want to leave this one area; nothing has changed yet."""
    return _(
        "Vil du ikke længere følge %(area)s? Svar JA. STOP: afmeld alt.", area=area_title(area)
    )


def moved(areas: Sequence[Area], left_areas: Sequence[Area]) -> str:
    """They get alerts for these areas now, and no longer for those."""
    return _(
        "Du får nu varsler for %(areas)s, og ikke længere for %(left)s. "
        "Svar STATUS for at se dine områder, STOP for at afmelde alt.",
        areas=listed_titles(titles(areas), SHORT_LIST),
        left=listed_titles(titles(left_areas), SHORT_LIST),
    )


def stopped(*, mail_goes_on: bool, has_areas: bool) -> str:
    """No more text messages."""
    if mail_goes_on:
        text = _(
            "Du er afmeldt og får ikke flere sms'er fra Varsko. Svar START for at begynde igen."
        )
        return text + " " + _("Du får stadig varsler på e-mail.")
    if not has_areas:
        return _(
            "Du er afmeldt og får ikke flere sms'er fra Varsko. Svar START for at begynde igen."
        )
    return _(
        "Du er afmeldt og får ikke flere sms'er fra Varsko. Svar START for at begynde igen. "
        "Områder slettes efter 30 dage. SLET: slet alt nu."
    )


def stopped_and_ask_to_erase(*, mail_goes_on: bool) -> str:
    """No more text messages; asks whether to delete what we know."""
    told = _("Du er afmeldt og får ikke flere sms'er fra Varsko.")
    if mail_goes_on:
        question = _(
            "Du får stadig varsler på e-mail. Skal vi også slette dit nummer og dit samtykke til "
            "sms nu? Svar JA. Tips slettes ikke: ring 114 om dem."
        )
    else:
        question = _(
            "Områder slettes efter 30 dage. Skal vi slette dem, dit nummer og dit samtykke nu? "
            "Svar JA. Tips slettes ikke: ring 114 om dem."
        )
    return f"{told} {question}"


def stopped_for_another(*, mail_goes_on: bool) -> str:
    """No more text messages to a number that is not, or no longer, who signed up."""
    text = _(
        "Det er vi kede af. Dette nummer er afmeldt og får ikke flere sms'er fra Varsko. Får et "
        "andet nummer dem, så skriv STOP fra det. Svar START for at begynde igen."
    )
    return text + " " + _("Du får stadig varsler på e-mail.") if mail_goes_on else text


def ask_about_stop() -> str:
    """They may want to stop, or tell of something that should be stopped."""
    return _("Vil du afmelde alle varsler? Svar STOP.")


def one_thing_only() -> str:
    """They asked for two things at once; neither was done."""
    return _("Vi har ikke ændret noget. Skriv én ting ad gangen: TRYK 8000 eller AFMELD 3400.")


def left(areas: Sequence[Area], remaining: Sequence[Area]) -> str:
    """They no longer follow these areas."""
    text = _("Du får ikke længere varsler for %(areas)s.", areas=listed(areas))
    if remaining:
        return text + " " + _("Svar STATUS for at se dine områder.")
    return text + " " + _("Du følger ingen områder nu. Svar TRYK og et postnummer for at følge et.")


def left_but_within(areas: Sequence[Area], around: Sequence[Area]) -> str:
    """They left these areas, but still follow others in which they lie."""
    return _(
        "Du følger ikke længere %(areas)s, men får stadig varsler derfra, fordi du følger "
        "%(around)s. AFMELD og navnet: fjern også det. STOP: afmeld alt.",
        areas=listed_titles(titles(areas), SHORT_LIST),
        around=listed_titles(titles(around), SHORT_LIST),
    )


def followed_within(place: str, around: Sequence[Area]) -> str:
    """They do not follow what they want to leave, but a wider area in which it lies."""
    return _(
        "Du følger ikke %(place)s, men får varsler derfra, fordi du følger %(around)s. "
        "AFMELD og navnet: fjern det. STOP: afmeld alt.",
        place=quoted(place),
        around=listed_titles(titles(around), SHORT_LIST),
    )


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
        areas=listed(areas),
    )


def not_signed_up() -> str:
    """They follow nothing."""
    return _("Du følger ingen områder. Svar TRYK og dit postnummer, for eksempel TRYK 3400.")
