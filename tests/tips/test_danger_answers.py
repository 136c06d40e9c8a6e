"""What somebody in danger is told, and which case their message does not go to."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from alerts.kinds import AlertKind
from dispatch.segments import count_segments
from tests.tips.factories import all_tips, hand_over, make_appeal, text_in

THANKS_OR_FORM = ("Tak", "tip", "Thank", "anonym", "http")
SILENT = [
    "jeg kan ikke tale han slår mig jeg er på Slotsgade 12", "han hører mig hvis jeg ringer",
    "vi gemmer os i kælderen", "I can't talk he is in the next room", "he hears me if I call",
]  # fmt: skip
DESPAIR = [
    "jeg vil ikke leve mere", "jeg vil dø", "min bror vil tage sit liv", "jeg orker ikke at leve",
    "I want to die", "I don't want to live anymore", "my friend is suicidal, he wants to die",
]  # fmt: skip
OTHERS = ["han har en kniv, han er her nu", "hvornår kommer I??", "help now he has a gun"]


@pytest.mark.parametrize("text", [*SILENT, *DESPAIR, *OTHERS])
def test_it_is_one_plain_text_without_thanks_or_form(session: Session, text: str) -> None:
    hand_over(session, make_appeal(session))
    reply = text_in(session, text)
    assert "112" in reply[:20]
    assert not [word for word in THANKS_OR_FORM if word in reply]
    assert "gemt til politiet" in reply or "kept for the police" in reply
    assert count_segments(reply).segments <= 2
    (tip,) = all_tips(session)
    assert (tip.text, tip.urgent) == (text, True)
    assert ("hvisk" in reply or "whisper" in reply) == (text in SILENT)
    assert ("70 201 201" in reply) == (text in DESPAIR)


def test_nothing_else_is_asked_of_somebody_in_danger(session: Session) -> None:
    hand_over(session, make_appeal(session))
    hand_over(session, make_appeal(session, "MSSNG3", "0500-10161-00077-24", "Savnet"))
    assert "Svar" not in text_in(session, "han slår mig")
    (tip,) = all_tips(session)
    assert (tip.case, tip.urgent) == (None, True)


FIRE = "Brand på skole. Røgen kan være farlig"
IN_THE_SMOKE = [
    "Røgen kommer fra skolen på Carlsbergvej, der er folk derinde",
    "Jeg kan ikke lukke vinduet, hvad skal jeg gøre", "der er røg i opgangen", "hvad skal vi gøre?",
    "min søn hoster", "vi har svært ved at ånde", "I can't close the window",
    "there is smoke in our stairway", "what should we do?", "vores hus brænder",
]  # fmt: skip
AFTER_THE_FIRE = [
    "der er ingen røg her", "jeg så røg i går", "må vi åbne vinduerne?", "ilden er slukket",
    "no smoke here", "a white van stood there", "manden havde en hvid varevogn",
]  # fmt: skip


def _appeal_then_fire(session: Session, kind: AlertKind = AlertKind.AREA_ALERT) -> None:
    hand_over(session, make_appeal(session))
    fire = make_appeal(session, "FRRE22", None, FIRE, kind=kind)
    hand_over(session, fire)


@pytest.mark.parametrize("text", IN_THE_SMOKE)
def test_what_is_written_of_the_newest_alert_is_urgent_and_on_no_other_case(
    session: Session, text: str
) -> None:
    _appeal_then_fire(session)
    assert text_in(session, text).startswith(("Ring 112 nu", "Call 112 now"))
    (tip,) = all_tips(session)
    assert (tip.case, tip.alert_code, tip.urgent) == (None, "FRRE22", True)


@pytest.mark.parametrize("text", AFTER_THE_FIRE)
def test_what_tells_of_no_danger_is_not_urgent(session: Session, text: str) -> None:
    _appeal_then_fire(session)
    text_in(session, text)
    (tip,) = all_tips(session)
    assert not tip.urgent


def test_without_such_an_alert_smoke_is_an_ordinary_tip(session: Session) -> None:
    hand_over(session, make_appeal(session))
    text_in(session, "der kom røg fra bilen")
    (tip,) = all_tips(session)
    assert (tip.case is not None, tip.urgent) == (True, False)


def test_danger_in_answer_to_the_newest_appeal_stays_on_its_case(session: Session) -> None:
    hand_over(session, make_appeal(session, "FRRE22", None, FIRE, kind=AlertKind.AREA_ALERT))
    hand_over(session, make_appeal(session))
    text_in(session, "han er her nu med en kniv")
    (tip,) = all_tips(session)
    assert (tip.case is not None, tip.urgent) == (True, True)
