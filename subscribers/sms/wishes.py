"""What people say in words of their own: stop, thanks, a reaction, a question about their data.

The words are data (``words/``, a file for each language). These rules decide:

1. A wish to stop ("don't text me again"), or a stop word, is STOP if all else that is said is
   polite, names what to stop, or says why. So no message without such a word ever stops anything.
   A number that is not the right person's, or whose owner has died, stops in kind words; a death
   alone is asked about. Who says stop, and wants to be deleted too, stops; who only wants to be
   deleted is asked first, however it is said.
2. If more is said ("Stop bilen AB12345", "stop ikke"), or how to stop is what they ask ("hvordan
   afmelder jeg mig?"), the sender is asked, and it is kept.
3. "Stop" as a thing or to somebody ("stop sign", "stop thief") says nothing of alerts.
4. What only scolds ("skrid") is asked about. A "stop." after what somebody saw ends a telegram.
5. Everything else here must be the whole message; whatever has more in it is a tip.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from subscribers.sms.commands import Verb
from web.languages.choice import DEFAULT_LANGUAGE
from web.texts.words import Phrases, in_every_language, load_words, plain_words

WORDS = Path(__file__).parent / "words"
MOST_OF_A_QUESTION = 12
"""Words of a question that can be nothing else."""
FEW_WORDS = 6
"""In a message with so few, a stop word anywhere is asked about."""

_STRETCHED_STOP = re.compile(r"s+t+o+p+|с+т+о+п+")
LONGEST_AUTOMATIC = 300
"""Characters of what phones write by themselves."""
_OPENING_QUOTE = re.compile('[“”„«»"‘]')
_CLOSING_QUOTE = re.compile('[“”„«»"’…]')
_THUMBS = "👍👌🙏❤♥💙💚🙂😊👏🫶"


@cache
def phrases(*names: str) -> Phrases:
    """The phrases of some lists, in every language."""
    return Phrases(phrase for name in names for phrase in in_every_language(WORDS, name))


def is_stop(word: str) -> bool:
    """Whether a word opts out on its own."""
    return is_plain_stop(word) or phrases("stop_alone").are_all_of(f" {word} ")


def is_plain_stop(word: str) -> bool:
    """Whether a word opts out and may be followed by more."""
    stretched = _STRETCHED_STOP.fullmatch(word) is not None
    return stretched or phrases("stop").are_all_of(f" {word} ")


def read_stop(text: str) -> Verb | None:
    """STOP, or STOP_AND_ERASE, or ASK_ABOUT_STOP; None if the text says nothing of stopping."""
    words = phrases("no_stops").without(plain_words(text))
    said = words.split()
    wishes = ["wishes", "erase", "wrong_number"]
    if phrases("bereaved").are_in(words):
        wishes.append("stops_the_dead")
    wanted = phrases(*wishes).are_in(words)
    plain = any(map(is_plain_stop, said))
    if phrases("stop_questions").are_all_of(phrases("polite", "greetings").without(words)):
        return Verb.ASK_ABOUT_STOP
    if phrases("bereaved").are_all_of(phrases("polite", "greetings").without(words)):
        return Verb.BEREAVED
    if phrases("go_away").are_all_of(words):
        return Verb.ASK_ABOUT_STOP
    if phrases("maybe_wrong_number").are_all_of(phrases("polite", "greetings").without(words)):
        return Verb.ASK_ABOUT_STOP
    if not (wanted or any(map(is_stop, said))) or wants_only_to_be_erased(words):
        return None
    if not wanted and not any(map(is_stop, said[:-1])) and phrases("seen").are_in(words):
        return None
    left = phrases(*wishes).without(words)
    left = phrases("reasons", "bereaved").without(left)
    left = phrases("polite").without(left)
    rest = [word for word in left.split() if not is_stop(word)]
    around = phrases("around") if wanted or plain else Phrases(())
    negated = phrases("negated", "stops_somebody").are_in(words)
    erases = phrases("erase", "erase_requests").without(around.without(_line(rest)))
    also_erases = phrases("erase_requests").are_in(_line(rest))
    if also_erases and not negated and not phrases("and", "around").without(erases).split():
        return Verb.STOP_AND_ERASE
    if not negated and not around.without(_line(rest)).split():
        if phrases("erase").are_in(words):
            return Verb.STOP_AND_ERASE
        for_another = phrases("wrong_number", "bereaved").are_in(words)
        return Verb.STOP_FOR_ANOTHER if for_another else Verb.STOP
    opening = next(iter(phrases("polite").without(words).split()), "")
    is_asked = wanted or negated or is_plain_stop(opening) or (plain and len(said) <= FEW_WORDS)
    return Verb.ASK_ABOUT_STOP if is_asked else None


def wants_only_to_be_erased(words: str) -> bool:
    """Whether plain words ask to be deleted, and say nothing else."""
    return phrases("erase_requests").are_all_of(phrases("polite", "greetings").without(words))


def agrees(words: str, *, to_erase: bool = False) -> bool:
    """Whether plain words say yes to what we asked, in as many words as one likes, and no more."""
    said = phrases("erase_requests") if to_erase else Phrases(())
    core = phrases("yes", "agrees")
    rest = said.without(words)
    if not (core.are_in(rest) or said.are_in(words)):
        return False
    rest = phrases("beside_agrees", "polite").without(core.without(rest))
    return not (phrases("all_of_them").without(rest) if to_erase else rest).split()


def _line(words: Iterable[str]) -> str:
    return f" {' '.join(words)} "


WHOLE_MESSAGES = {
    "my_page": Verb.MY_PAGE,
    "erased_questions": Verb.IS_ERASED,
    "erase_requests": Verb.ERASE,
    "data_requests": Verb.MY_DATA,
    "pause": Verb.PAUSE,
    "check": Verb.CHECK,
    "genuine": Verb.GENUINE,
    "codes": Verb.CODE,
    "my_tip": Verb.MY_TIP,
    "cost_questions": Verb.COST,
    "mail_questions": Verb.BY_MAIL,
    "change_questions": Verb.HOW_TO_CHANGE,
    "sign_up_questions": Verb.HOW_TO_SIGN_UP,
    "no": Verb.NO,
    "yes": Verb.NO,
    "status_questions": Verb.STATUS,
    "greetings": Verb.HELP,
    "language_questions": Verb.HELP,
    "open_questions": Verb.QUESTION,
}
"""The lists whose phrases mean something when nothing else is said."""


def read_wish(text: str) -> Verb | None:
    """What a message that is no command and no tip asks for, other than to stop."""
    words = plain_words(text)
    without_courtesy = phrases("polite").without(words)
    for name, verb in WHOLE_MESSAGES.items():
        found = phrases(name)
        if found.are_all_of(words) or found.are_all_of(without_courtesy):
            return verb
    left = phrases("thanks").without(words)
    is_thanks = left != words and not phrases("beside_thanks", "polite").without(left).split()
    return Verb.THANKS if is_thanks else None


def is_question(text: str) -> bool:
    """Whether a short text asks something, and tells of nothing that somebody saw.

    Nobody answers here, so it is kept.
    """
    words = plain_words(text)
    is_short = len(words.split()) <= MOST_OF_A_QUESTION and "?" in text[-3:]
    opens = phrases("question_words").are_in(f" {next(iter(words.split()), '')} ")
    return is_short and opens and not phrases("seen").are_in(words)


def language_of_wish(text: str) -> str | None:
    """The language of a wish of :func:`read_wish`; None if several say it with the same words."""
    words = plain_words(text)
    without_courtesy = phrases("polite").without(words)
    found = {
        DEFAULT_LANGUAGE if language == DEFAULT_LANGUAGE else "en"
        for language in load_words(WORDS)
        if any(map(_wishes_in(language).are_all_of, (words, without_courtesy)))
    }
    return found.pop() if len(found) == 1 else None


@cache
def _wishes_in(language: str) -> Phrases:
    lists = load_words(WORDS)[language]
    return Phrases(phrase for name in WHOLE_MESSAGES for phrase in lists.get(name, ()))


def is_negated(text: str) -> bool:
    """Whether a message with a stop word says that its sender does not want to stop."""
    return phrases("negated").are_in(phrases("no_stops").without(plain_words(text)))


def is_regret(text: str) -> bool:
    """Whether somebody takes back that they stopped, and says nothing else."""
    words, regrets = plain_words(text), phrases("regrets")
    return regrets.are_in(words) and not phrases("regrets", "polite", "yes").without(words).split()


def is_automatic(text: str) -> bool:
    """Whether a phone wrote this by itself, or it is only the advertisement of one."""
    if len(text) > LONGEST_AUTOMATIC:
        return False
    words = plain_words(text)
    if phrases("seen").are_in(words):
        return False
    return bool(words.split()) and not phrases("automatic").without(words).split()


def read_language(text: str) -> str | None:
    """The language that somebody asks to be written to in, if nothing else is said."""
    words = plain_words(text)
    without_courtesy = phrases("polite", "greetings").without(words)
    for language, name in (("da", "to_danish"), ("en", "to_english")):
        if phrases(name).are_all_of(words) or phrases(name).are_all_of(without_courtesy):
            return language
    return None


def is_thumbs_up(text: str) -> bool:
    """Whether a message without words is a friendly gesture."""
    shown = [letter for letter in text if unicodedata.category(letter) in ("So", "Sm")]
    return bool(shown) and all(letter in _THUMBS for letter in shown)


def own_part(text: str) -> str | None:
    """What a phone's reaction to a message says besides it: None for a text that is no reaction.

    'Liked “You now get alerts.”' says nothing of its own, and so does '👍 til “…”'.
    """
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip()
    quote = _OPENING_QUOTE.search(visible)
    opening = visible[: quote.start()] if quote else visible
    words = plain_words(opening)
    if quote is None:
        things = phrases("reacted_things")
        left = things.without(words)
        alone = left != words and phrases("reactions").are_all_of(left)
        return "" if alone else None
    has_symbol = any(unicodedata.category(letter) == "So" for letter in opening)
    by_symbol = has_symbol and words.strip() in ("to", "til", "paa", "auf", "na", "a")
    if not by_symbol and not phrases("reactions").are_all_of(words):
        return None
    ends = [found.end() for found in _CLOSING_QUOTE.finditer(visible, quote.end())]
    return visible[ends[-1] :].strip() if ends else ""
