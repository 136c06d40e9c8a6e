"""Two officers who change one draft: neither undoes what the other changed without seeing it."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

from flask.testing import FlaskClient

from alerts.composing.saving import find_alert
from alerts.models import Severity
from database import current_database, utcnow
from staff.models import Staff
from tests.alerts.test_desk_loses_nothing import kept_draft, officers
from tests.alerts.test_pages import DESK
from web.texts.filters import format_datetime_local

__all__ = ["officers"]


def form_of(page: str) -> dict[str, str]:
    """What the compose form of a page would send as it stands."""
    found = {
        **dict(re.findall(r'<input[^>]*? name="(\w+)"[^>]*? value="([^"]*)"', page)),
        **dict(re.findall(r'<textarea[^>]*? name="(\w+)"[^>]*>([^<]*)</textarea>', page)),
        **dict(re.findall(r'type="radio"[^>]* name="(\w+)" value="(\w+)"[^>]* checked', page)),
    }
    for name, options in re.findall(r'<select[^>]*? name="(\w+)"[^>]*>(.*?)</select>', page, re.S):
        found[name] = "".join(re.findall(r'value="(\w+)"[^>]* selected', options))
    found.pop("only_show", None)
    return {name: unescape(value).lstrip("\n") for name, value in found.items()}


TOMORROW = (utcnow() + dt.timedelta(days=1)).strftime("%Y-%m-%dT12:00")
THEIRS = {"areas": "3400 Hillerød", "severity": "extreme", "expires_at": TOMORROW}


def test_what_only_a_colleague_changed_is_taken_over(officers: list[FlaskClient]) -> None:
    first, second = officers
    code = kept_draft(first)
    address = f"{DESK}/{code}/edit"
    opened = [form_of(officer.get(address).text) for officer in officers]
    assert first.post(address, data={**opened[0], **THEIRS}).status_code == 302
    late = second.post(address, data={**opened[1], "title_da": "En anden titel"})
    assert late.status_code == 409
    with current_database().unit_of_work(writes=False) as session:
        alert = find_alert(session, code)
        theirs = alert.target
        name = session.get_one(Staff, alert.edited_by).name
    told = re.findall(r"<li><strong>([^<]*):</strong>", late.text)
    assert told == ["Alvorsgrad", "Områder", "Gælder til"]
    assert f"{name} rettede det sidst" in unescape(late.text)
    assert second.post(address, data=form_of(late.text)).status_code == 302
    with current_database().unit_of_work(writes=False) as session:
        alert = find_alert(session, code)
        assert alert.text("da").title == "En anden titel"
        assert (alert.target, alert.severity) == (theirs, Severity.EXTREME)
        assert format_datetime_local(alert.expires_at) == TOMORROW


def test_where_both_changed_a_field_the_colleagues_stands_beside(
    officers: list[FlaskClient],
) -> None:
    first, second = officers
    code = kept_draft(first)
    address = f"{DESK}/{code}/edit"
    opened = [form_of(officer.get(address).text) for officer in officers]
    first.post(address, data={**opened[0], "severity": "extreme", "title_da": "Hendes titel"})
    mine = {"severity": "moderate", "body_da": "Min tekst"}
    late = second.post(address, data={**opened[1], **mine})
    taken, both = late.text.split("Det her har I begge rettet", 1)
    assert "Hendes titel" in taken
    assert re.findall(r"<li><strong>([^<]*):</strong>", both) == ["Alvorsgrad"]
    kept = form_of(late.text)
    assert (kept["severity"], kept["body_da"]) == ("moderate", "Min tekst")
    assert kept["title_da"] == "Hendes titel"


def test_a_mistake_does_not_hide_that_a_colleague_changed_the_draft(
    officers: list[FlaskClient],
) -> None:
    first, second = officers
    code = kept_draft(first)
    address = f"{DESK}/{code}/edit"
    opened = [form_of(officer.get(address).text) for officer in officers]
    first.post(address, data={**opened[0], **THEIRS})
    wrong = second.post(address, data={**opened[1], "title_da": ""})
    assert wrong.status_code == 422
    late = second.post(address, data={**form_of(wrong.text), "title_da": "En anden titel"})
    assert late.status_code == 409
    assert form_of(late.text)["severity"] == "extreme"
