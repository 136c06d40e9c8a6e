"""The SMS replies to a tipster: plain GSM-7 text, at most two segments if possible.

Every function writes in the given language and needs an app context.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from alerts.composing.messages import alert_url
from config import current_config
from web.languages.choice import speaking
from web.texts.typography import plain as plain_text

TITLE_LENGTH = 40
"""Characters of an appeal's title in the question "1 or 2?"."""


def on_case(language: str, reference: str, alert_code: str | None, *, dangerous: bool) -> str:
    """Thanks for a tip that was filed on a case."""
    with speaking(language):
        return _join(
            _danger(dangerous),
            _("Tak. Dit tip er modtaget i sag %(reference)s.", reference=reference),
            _anonymity(language, alert_code),
        )


def more_on_case(language: str, *, dangerous: bool) -> str:
    """Thanks for a follow-up message within a few minutes."""
    with speaking(language):
        return _join(
            _danger(dangerous),
            _("Tak. Vi har også lagt denne besked på sagen."),
        )


def unassigned(
    language: str, alert_code: str | None, stated: str | None, *, dangerous: bool
) -> str:
    """Thanks for a tip whose case an investigator has to find."""
    with speaking(language):
        if stated is None:
            thanks = _("Tak. Dit tip er modtaget.")
        else:
            thanks = _(
                "Tak. Dit tip er modtaget. Vi kender ikke sag %(reference)s; "
                "en efterforsker finder den rette sag.",
                reference=stated,
            )
        return _join(_danger(dangerous), thanks, _anonymity(language, alert_code))


def ask(language: str, titles: Sequence[str], *, dangerous: bool) -> str:
    """Thanks, and asks which of these appeals (at least two) the tip is about."""
    with speaking(language):
        numbers = [str(number) for number in range(1, len(titles) + 1)]
        return "\n".join(
            [
                _join(
                    _danger(dangerous),
                    _(
                        "Tak. Dit tip er modtaget. Hvad handler det om? "
                        "Svar %(first)s eller %(last)s:",
                        first=", ".join(numbers[:-1]),
                        last=numbers[-1],
                    ),
                ),
                *(
                    f"{number}: {shorten(title)}"
                    for number, title in zip(numbers, titles, strict=True)
                ),
                _("En sms er ikke anonym."),
            ]
        )  # fmt: skip


def ask_again(language: str, last: int, *, dangerous: bool) -> str:
    """The question is still unanswered; the message is kept."""
    with speaking(language):
        return _join(
            _danger(dangerous),
            _("Tak. Svar med et tal fra 1 til %(last)s, så dit tip kommer på den rette sag.",
              last=last),
        )  # fmt: skip


def empty(language: str) -> str:
    """The message was empty."""
    with speaking(language):
        return str(_("Din besked var tom. Skriv, hvad du har set eller hørt. Akut: ring 112."))


def shorten(title: str) -> str:
    """A title on one line, in plain characters that fit GSM-7, cut between words."""
    plain = " ".join(plain_text(title).split())
    if len(plain) <= TITLE_LENGTH:
        return plain
    cut = plain[: TITLE_LENGTH - 2].rsplit(" ", 1)[0].rstrip(",.;:- ")
    return f"{cut or plain[: TITLE_LENGTH - 2]}.."


def _danger(dangerous: bool) -> str:
    if not dangerous:
        return ""
    return str(_("Ring 112 nu, hvis der er fare. Beskeder hertil læses ikke med det samme."))


def _anonymity(language: str, alert_code: str | None) -> str:
    if alert_code is None:
        link = current_config().public_url
        return str(
            _(
                "En sms er ikke anonym. "
                "Vil du være anonym, så brug formularen ved varslet: %(url)s",
                url=link,
            )
        )
    link = f"{alert_url(alert_code, language)}/tip"
    return str(
        _("En sms er ikke anonym. Vil du være anonym, så brug formularen: %(url)s", url=link)
    )


def _join(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
