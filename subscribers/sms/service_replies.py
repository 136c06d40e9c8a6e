"""Replies about the service itself: what it is, costs and keeps, and what it can't do yet.

As short as those about areas (``replies.py``).
"""

from __future__ import annotations

from config import current_config
from dispatch.hooks import Reply
from subscribers.sms.name_lists import quoted
from web.languages.choice import current_language, speaking
from web.languages.public_addresses import public_page
from web.languages.typed_gettext import _


def code() -> str:
    """They sent the code that belongs on a page."""
    return _(
        "Koden kan ikke bruges i en sms, og vi gemmer den ikke. Skriv den på den side, hvor du "
        "bad om den. Er siden lukket, så tilmeld dig igen: %(url)s",
        url=current_config().public_url,
    )


def my_tip() -> str:
    """They want a tip to be deleted or changed."""
    return _(
        "Et tip kan ikke slettes eller ændres med en sms. Er noget forkert, så skriv her, hvad der "
        "er rigtigt. Vil du have det slettet, så bed politiet om det: ring 114."
    )


def no_to_nothing() -> str:
    """They said no, to nothing that we asked."""
    return _(
        "Har du set eller hørt noget, så skriv hvad og hvor. Vil du afmeldes, så svar STOP. "
        "Akut? Ring 112."
    )


def my_page() -> str:
    """Where they get the link to their own page."""
    return _("Få et link til Min side, og se eller ret dine områder: %(url)s", url=my_page_form())


def page_link(url: str) -> str:
    """The link to their own page."""
    return _("Din side hos Varsko: %(link)s (personligt link, virker i 30 dage)", link=url)


def my_data() -> str:
    """How they see and erase what we know of them."""
    return _(
        "Se, hvad du følger, på Min side: %(url)s Svar SLET for at få det, vi har om dig, slettet, "
        "STOP for at afmelde sms'er.",
        url=my_page_form(),
    )


def ask_to_erase(*, mail_goes_on: bool, is_stopped: bool) -> str:
    """They want to be forgotten; nothing has changed yet."""
    if mail_goes_on:
        return _(
            "Vil du have slettet dit nummer og dit samtykke til sms nu? Så får du ikke flere "
            "sms'er, men stadig varsler på e-mail. Svar JA. Tips slettes ikke: ring 114 om dem."
        )
    question = _(
        "Vil du have slettet dit nummer, dine områder og dit samtykke nu? Så får du ikke flere "
        "sms'er. Svar JA. Tips slettes ikke: ring 114 om dem."
    )
    return question if is_stopped else question + " " + _("STOP: afmeld kun.")


def erased(*, mail_goes_on: bool) -> str:
    """What was deleted, and what stays."""
    if mail_goes_on:
        return _(
            "Dit nummer og dit samtykke til sms er slettet. Kun en kode bliver, så vi ikke skriver "
            "igen. Du får stadig varsler på e-mail. Slet den her: %(url)s",
            url=_erase_page(),
        )
    return _(
        "Dit nummer, dine områder og dit samtykke er slettet. Kun en kode bliver, så vi ikke "
        "skriver igen. Mere om det: %(url)s",
        url=public_page("about.privacy", current_language()),
    )


def not_erased() -> str:
    """They were asked whether to be forgotten, and said no."""
    return _("Vi har ikke slettet noget.")


def nothing_to_erase() -> str:
    """They want to be forgotten, and their number is not kept."""
    return _(
        "Vi har ikke gemt dit nummer til varsler. Er du tilmeldt med e-mail, så slet den her: "
        "%(url)s Har du sendt et tip, så ring 114 om det.",
        url=_erase_page(),
    )


def _erase_page() -> str:
    return public_page("subscribers_erasing.link_form", current_language())


def pause() -> str:
    """Pausing is not possible yet."""
    return _(
        "Varsko kan ikke holde pause endnu. Svar STOP for at afmelde. Vi gemmer dine områder i "
        "30 dage: svar START, når du vil have varsler igen."
    )


def check() -> str:
    """Checking a message's code is not possible yet."""
    return _(
        "Varsko kan ikke tjekke koder endnu. Se de aktuelle varsler på %(url)s",
        url=current_config().public_url,
    )


def genuine() -> str:
    """How they see whether a message is from us."""
    return _(
        "Vores aktuelle varsler står på %(url)s Vi beder aldrig om koder, kort eller penge. "
        "Er du i tvivl, så ring til politiet på 114.",
        url=_start_page(),
    )


def cost() -> str:
    """What it costs."""
    return _(
        "Det er gratis at få varsler. En sms til os koster det, som dit teleselskab tager for en "
        "sms. Svar HJÆLP for at se, hvad du kan skrive."
    )


def by_mail() -> str:
    """How they get alerts by e-mail."""
    return _("Du kan også få varsler på e-mail. Tilmeld den her: %(url)s", url=_start_page())


def how_to_change() -> str:
    """How they follow another area."""
    return _(
        "Svar SKIFT TIL og dit nye postnummer, for eksempel SKIFT TIL 3400. "
        "TRYK 3400: følg også 3400. AFMELD 3400: fjern 3400. STATUS: se dine områder."
    )


def kept(answer: str) -> Reply:
    """An answer to a message that is kept for the police too."""
    text = " ".join([answer, _("Din besked er gemt til politiet. Akut? Ring 112.")])
    return Reply(text, passes_on=True, says_kept=True)


def part_of_tip(place: str) -> str:
    """A place that was sent alone by somebody who is telling something."""
    return _(
        "Vi har gemt %(place)s til politiet som en del af dit tip. "
        "Vil du i stedet have varsler derfra, så svar TRYK %(place)s. Akut? Ring 112.",
        place=quoted(place),
    )


def open_question() -> Reply:
    """They asked what nobody answers here."""
    return kept(
        _(
            "Ingen svarer på spørgsmål på dette nummer. Ring til politiet på 114. "
            "Se de aktuelle varsler: %(url)s",
            url=_start_page(),
        )
    )


def bereaved() -> Reply:
    """Somebody has died: asks whether to stop."""
    return kept(_("Det gør os ondt. Skal dette nummer ikke have flere varsler, så svar STOP."))


def _start_page() -> str:
    return current_config().public_url


def my_page_form() -> str:
    """The address where they ask for the link to their own page."""
    return public_page("subscribers_my_page.link_form", current_language())


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


def other_language() -> str:
    """How to be written to in the other language; in that language."""
    with speaking("da" if current_language() == "en" else "en"):
        return _("På dansk: svar DANSK.")


def language_changed() -> str:
    """The language was changed to this one."""
    return _("Vi skriver nu til dig på dansk. Svar HJÆLP for at se, hvad du kan skrive.")
