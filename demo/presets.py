"""What the demo's officers have prepared: two templates and an area."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.draft import Wording
from alerts.kinds import AlertKind
from alerts.models import Severity
from alerts.presets.content import PresetContent
from alerts.presets.keeping import create_preset
from alerts.presets.models import Preset
from areas.kinds import AreaKind
from areas.lookup import find_area
from demo.people import DISTRICTS, LOGINS
from staff.actor import Actor
from staff.models import Staff

SMOKE = Wording(
    "Røg ved [hvor]",
    "Der er kraftig røg fra en brand ved [hvor]. Gå inden døre, luk vinduer og døre, og sluk for"
    " ventilation indtil kl. [tidspunkt].",
)
BURGLARY = Wording(
    "Indbrud ved [hvor]",
    "Der har været indbrud ved [hvor] [ugedag og dato] mellem kl. [fra] og [til]. Så du nogen eller"
    " en bil, der ikke plejer at være der?",
)


def prepare(session: Session) -> None:
    """Make them, if nothing has been prepared yet."""
    if session.scalar(select(Preset.id).limit(1)) is not None:
        return
    officer = session.scalars(select(Staff).where(Staff.email == LOGINS[0].email)).one()
    town = {"area_ids": [find_area(session, AreaKind.POSTCODE, "3400").id]}
    for name, kind, severity, text in (
        ("Røg fra brand", AlertKind.AREA_ALERT, Severity.SEVERE, SMOKE),
        ("Indbrud, vidner søges", AlertKind.WITNESS_APPEAL, Severity.MODERATE, BURGLARY),
        ("Hillerød by", None, Severity.MODERATE, None),
    ):
        create_preset(
            session,
            Actor.of(officer),
            PresetContent(
                name=name,
                district=DISTRICTS[0],
                kind=kind,
                severity=severity,
                target=None if text else town,
                texts={"da": text} if text else {},
            ),
        )
