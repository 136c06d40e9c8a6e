"""What a message to the service asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    """What a message asks for, or is instead of a tip."""

    FOLLOW = "follow"
    LEAVE = "leave"
    MOVE = "move"
    MOVED = "moved"
    OFFER = "offer"
    KEEP_ONLY = "keep_only"
    RESUME = "resume"
    REGRET = "regret"
    STOP = "stop"
    STOP_AND_ERASE = "stop_and_erase"
    STOP_FOR_ANOTHER = "stop_for_another"
    BEREAVED = "bereaved"
    ASK_ABOUT_STOP = "ask_about_stop"
    TWO_THINGS = "two_things"
    STATUS = "status"
    HELP = "help"
    HOW_TO_SIGN_UP = "how_to_sign_up"
    CODE = "code"
    MY_TIP = "my_tip"
    LANGUAGE = "language"
    MY_PAGE = "my_page"
    MY_DATA = "my_data"
    ERASE = "erase"
    IS_ERASED = "is_erased"
    PAUSE = "pause"
    CHECK = "check"
    GENUINE = "genuine"
    COST = "cost"
    BY_MAIL = "by_mail"
    HOW_TO_CHANGE = "how_to_change"
    QUESTION = "question"
    THANKS = "thanks"
    NO = "no"
    REACTION = "reaction"
    AUTOMATIC = "automatic"
    EMPTY = "empty"


STOPS = (Verb.STOP, Verb.STOP_AND_ERASE, Verb.STOP_FOR_ANOTHER)
"""They opt out of everything."""
KEPT = (Verb.ASK_ABOUT_STOP, Verb.BEREAVED, Verb.MOVED, Verb.OFFER, Verb.QUESTION)
"""They may be something else, so the message is kept as a tip as well."""


@dataclass(frozen=True)
class Command:
    """A keyword and what came with it.

    ``language`` is the keyword's language, None if it is the same in both. ``places`` are as
    the person typed them. ``doubtful``: if none of the places exist, it was an ordinary
    sentence; and a lone AFMELD may mean the only area that is followed, or everything.
    ``instead_of`` are the places to leave by moving. A doubtful ``ASK_ABOUT_STOP`` says that its
    sender does not want to stop. ``KEEP_ONLY`` leaves all but its places, which are none if they
    could not be read. ``bare``: postcodes without a keyword, or a
    single word that is nearly one.
    ``OFFER``: places that may be wished for, to be asked about; doubtful if no word says so.
    ``MOVED``: somebody has moved to the places, or will (``later``); doubtful unless they say that
    they want no more of the old ones. ``unsure`` are places said with "maybe".
    ``is_foreign``: it was said in a language that Varsko does not speak.
    ``in_sentence``: the places stood in a sentence, so a name is asked about before it is followed,
    and every place before it is left.
    """

    verb: Verb
    language: str | None = None
    places: tuple[str, ...] = ()
    instead_of: tuple[str, ...] = ()
    doubtful: bool = False
    bare: bool = False
    in_sentence: bool = False
    later: bool = False
    unsure: tuple[str, ...] = ()
    is_foreign: bool = False
