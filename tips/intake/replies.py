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


def danger(language: str, *, is_silent: bool = False, is_despair: bool = False) -> str:
    """Somebody may be in danger: what to do now, and what has become of the message.

    No thanks and no form: whoever reads it has no time. 112 cannot be reached by an ordinary SMS;
    who can't talk aloud may whisper there.
    """
    with speaking(language):
        return _join(
            str(_("Ring 112 nu, hvis der er fare. Herfra sendes ingen hjælp.")),
            str(_("Kan du ikke tale højt, så hvisk, eller få en anden til at ringe."))
            if is_silent
            else "",
            str(_("Du kan også tale med Livslinien på 70 201 201.")) if is_despair else "",
            str(_("Din besked er gemt til politiet, men læses ikke med det samme.")),
        )


def on_case(language: str, reference: str, alert_code: str | None) -> str:
    """Thanks for a tip that was filed on a case."""
    with speaking(language):
        return _join(
            _("Tak. Dit tip er modtaget i sag %(reference)s.", reference=reference),
            _anonymity(language, alert_code),
            _emergency(),
        )


def more_on_case(language: str, reference: str) -> str:
    """Thanks for a follow-up message within a few minutes."""
    with speaking(language):
        return _join(
            _("Tak. Vi har også lagt denne besked på sag %(reference)s.", reference=reference),
            _emergency(),
        )


def unassigned(language: str, alert_code: str | None, stated: str | None) -> str:
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
        return _join(thanks, _anonymity(language, alert_code), _emergency())


def ask(language: str, titles: Sequence[str]) -> str:
    """Thanks, and asks which of these appeals (at least two) the tip is about."""
    with speaking(language):
        numbers = [str(number) for number in range(1, len(titles) + 1)]
        return "\n".join(
            [
                _join(
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
                _join(str(_("En sms er ikke anonym.")), _emergency()),
            ]
        )  # fmt: skip


def ask_again(language: str, last: int) -> str:
    """The question is still unanswered; the message is kept."""
    with speaking(language):
        return _join(
            _("Tak. Svar med et tal fra 1 til %(last)s, så dit tip kommer på den rette sag.",
              last=last),
            _emergency(),
        )  # fmt: skip


def safety_question(
    language: str, alert_code: str | None, *, is_over: bool = False, is_withdrawn: bool = False
) -> str:
    """They asked whether it is safe: nobody answers that here, but the alert's page says."""
    with speaking(language):
        if alert_code is None:
            state = _("Se de aktuelle varsler: %(url)s", url=current_config().public_url)
        elif is_withdrawn:
            state = _("Varslet er trukket tilbage: %(url)s", url=alert_url(alert_code, language))
        elif is_over:
            state = _("Varslet er afsluttet: %(url)s", url=alert_url(alert_code, language))
        else:
            state = _("Varslet gælder stadig: %(url)s", url=alert_url(alert_code, language))
        kept = _("Ingen svarer på spørgsmål på dette nummer. Din besked er gemt til politiet.")
        return _join(str(kept), str(state), _emergency())


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


def _emergency() -> str:
    """What every receipt ends with."""
    return str(_("Akut? Ring 112."))


def _anonymity(language: str, alert_code: str | None) -> str:
    if alert_code is None:
        link = current_config().public_url
        return str(
            _(
                "En sms er ikke anonym. Når politiet søger vidner, er der ved varslet en "
                "formular, hvor du kan være anonym: %(url)s",
                url=link,
            )
        )
    link = f"{alert_url(alert_code, language)}/tip"
    return str(
        _("En sms er ikke anonym. Vil du være anonym, så brug formularen: %(url)s", url=link)
    )


def _join(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
