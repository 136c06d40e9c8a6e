"""The pages: an officer's way from an empty form to a closed alert, and what the public sees."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Select, case, select
from sqlalchemy.orm import Session

from alerts.models import Alert
from alerts.releasing.publishing import publish_alert
from areas.atlas import renew_edition
from areas.models import LocalName
from database import current_database
from dispatch import audience_columns, register_audience
from staff.permissions import Role
from subscribers.audience import KIND, resolve_areas
from tests.alerts.factories import (
    CASE,
    NORTH,
    SOUTH,
    Country,
    make_draft,
    make_officer,
    make_reader,
)
from tests.staff.factories import make_staff, sign_in, submit
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

DESK = "/staff/alerts"
TYPED = {
    "kind": "witness_appeal",
    "severity": "severe",
    "case_reference": "0900 10161 00018 24",
    "areas": "3400 Hillerød\nFredensborg",
    "title_da": "Indbrud på Søvej",
    "body_da": "Har du set en hvid varevogn i nat?",
    "when": "now",
}


@pytest.fixture
def desk(app: VarskoApp, country: Country) -> FlaskClient:
    """A signed-in officer of the north, with readers in the area."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        make_reader(session, country.p3480, "en")
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


def published(country: Country, **changes: Any) -> str:
    """The code of an alert that is out."""
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        make_reader(session, country.p3400)
        alert = make_draft(session, country, officer, **changes)
        publish_alert(session, officer, alert, f"key-{alert.code}")
        return alert.code


def test_an_officer_writes_checks_and_sends(desk: FlaskClient) -> None:
    kept = submit(desk, f"{DESK}/new", TYPED)
    assert kept.status_code == 302, kept.text
    check = desk.get(kept.location)
    assert "Indbrud på Søvej" in check.text
    assert "3400 Hillerød" in check.text
    assert "Tip anonymt: http://varsko.test/varsel/" in check.text
    assert "Eller svar her (ikke anonymt)." in check.text
    code = kept.location.split("/")[-2]
    fields = dict(_hidden(check.text))
    unread = desk.post(f"{DESK}/{code}/publish", data=fields)
    assert unread.status_code == 422
    assert "Sæt kryds" in unread.text
    for _ in range(2):
        sent = desk.post(f"{DESK}/{code}/publish", data={**fields, "read": "true"})
        assert sent.location.endswith(f"{DESK}/{code}")
    shown = desk.get(sent.location).text
    assert "Sendes nu" in shown
    assert "Stop udsendelsen" in shown
    assert "/varsel/" + code in shown


def _hidden(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)


MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"areas": "Atlantis"}, "Atlantis"),
    ({"areas": ""}, "Skriv mindst ét sted"),
    ({"areas": "4600"}, "uden for dine politikredse"),
    ({"title_da": ""}, "Skriv en titel."),
    ({"body_da": "x" * 900}, "Kort teksten"),
    ({"case_reference": "12"}, "0900-10161-00018-24"),
    ({"when": "later"}, "Vælg, hvornår"),
    ({"when": "later", "send_at": "2001-01-01T12:00"}, "Tidspunktet er passeret"),
    ({"when": "later", "send_at": "i morgen"}, "Skriv dato og klokkeslæt"),
    ({"shape": "{"}, "GeoJSON"),
    ({"lat": "55,93", "lon": "12,3"}, "radius"),
    ({"lat": "nord", "lon": "12", "areas": ""}, "Vi kan ikke læse »nord«."),
]


def test_a_mistake_leaves_what_was_typed(desk: FlaskClient) -> None:
    for changes, complaint in MISTAKES:
        answer = submit(desk, f"{DESK}/new", {**TYPED, **changes})
        assert answer.status_code == 422, changes
        assert complaint in answer.text, changes
        assert 'id="error-summary"' in answer.text
        typed = {**TYPED, **changes}
        for name in ("title_da", "body_da", "areas", "case_reference", "lat", "shape"):
            assert typed.get(name, "") in answer.text, (changes, name)
    assert "Ingen udkast" in desk.get(f"{DESK}?tab=drafts").text


@pytest.mark.parametrize(
    ("written", "candidates"),
    [
        ("Hilerød", ["Hillerød Kommune", "3400 Hillerød"]),
        ("Hillerød", ["Hillerød Kommune", "3400 Hillerød"]),
        ("Fredensbrog", ["3480 Fredensborg"]),
        ("Stenbyen", ["3400 Hillerød"]),
    ],
)
def test_a_place_that_is_not_named_by_its_own_name_is_not_alerted(
    desk: FlaskClient, country: Country, written: str, candidates: list[str]
) -> None:
    """The officer chooses among candidates, also where a citizen's local name would do."""
    with current_database().unit_of_work() as session:
        name = LocalName(name="Stenbyen", area_id=country.p3400, well_known=True, source="test")
        session.add(name)
        renew_edition(session)
    answer = submit(desk, f"{DESK}/new", {**TYPED, "areas": f"3480\n{written}"})
    assert answer.status_code == 422
    assert all(title in answer.text for title in candidates)
    assert written in answer.text
    assert "Ingen udkast" in desk.get(f"{DESK}?tab=drafts").text
    if written == "Stenbyen":
        found = desk.get(f"{DESK}/places?q=stenb").text
        assert "3400 Hillerød" in found
        assert "Stenbyen" in found


@pytest.mark.parametrize(
    "written", ["Slotsgade 14, 3400 Hillerød", "3480\nSlotsgade 14, 2. tv.\n3400 Hillerød"]
)
def test_an_address_is_its_postcode(desk: FlaskClient, written: str) -> None:
    kept = submit(desk, f"{DESK}/new", {**TYPED, "areas": written})
    assert kept.status_code == 302
    assert "3400 Hillerød" in desk.get(kept.location).text


def test_a_draft_is_changed_on_its_page(desk: FlaskClient) -> None:
    kept = submit(desk, f"{DESK}/new", TYPED)
    code = kept.location.split("/")[-2]
    page = desk.get(f"{DESK}/{code}/edit").text
    assert "3400 Hillerød" in page
    assert CASE in page
    submit(desk, f"{DESK}/{code}/edit", {**TYPED, "title_en": "Burglary", "body_en": "White van?"})
    assert "Burglary" in desk.get(f"{DESK}/{code}/preview").text


def test_the_officer_sees_who_is_left_out_and_why(app: VarskoApp, desk: FlaskClient) -> None:
    def without_english(session: Session, params: dict[str, Any]) -> Select[Any]:
        found = resolve_areas(session, params).subquery()
        reason = case((found.c.language == "en", "quiet"))
        return select(*audience_columns(found.c.contact_id, found.c.language, left_out=reason))

    kept = submit(desk, f"{DESK}/new", TYPED)
    assert "får det ikke" not in desk.get(kept.location).text
    register_audience(app, KIND, without_english, left_out={"quiet": "de har stilletid"})
    assert "1 får det ikke: de har stilletid." in desk.get(kept.location).text
    code = kept.location.split("/")[-2]
    told = desk.get(f"/api/v1/alerts/{code}/preview").get_json()
    assert told["recipients"] == 1
    assert told["left_out"] == [{"reason": "quiet", "name": "de har stilletid", "number": 1}]


def test_the_count_is_that_of_what_is_sent(desk: FlaskClient) -> None:
    token = dict(_hidden(desk.get(f"{DESK}/new").text))["csrf_token"]
    answer = desk.post(f"{DESK}/count?language=da", data={**TYPED, "csrf_token": token})
    assert "i 2 dele" in answer.text
    long = desk.post(
        f"{DESK}/count?language=da", data={**TYPED, "body_da": "x" * 800, "csrf_token": token}
    )
    assert "Kort teksten med mindst" in long.text


def test_places_are_suggested(desk: FlaskClient) -> None:
    assert "3400 Hillerød" in desk.get(f"{DESK}/places?q=hiller").text
    assert "Intet sted" in desk.get(f"{DESK}/places?q=xyzxyz").text


def test_an_alert_is_followed_up_and_closed(desk: FlaskClient, country: Country) -> None:
    code = published(country)
    update = submit(
        desk,
        f"{DESK}/{code}/update",
        {"key": "key-12345", "text_da": "Grå bil.", "read": "true", "step": "send"},
    )
    assert update.status_code == 302, update.text
    empty = submit(desk, f"{DESK}/{code}/update", {"key": "key-12346", "text_da": ""})
    assert empty.status_code == 422
    assert "Skriv en tekst." in empty.text
    assert submit(desk, f"{DESK}/{code}/stop").status_code == 302
    closed = submit(
        desk,
        f"{DESK}/{code}/close",
        {"key": "key-12347", "text_da": "Løst.", "read": "true", "step": "send"},
    )
    assert closed.status_code == 302
    page = desk.get(f"{DESK}/{code}").text
    assert "Afsluttet af politiet" in page
    assert "Grå bil." in page


def test_what_can_be_done_is_offered_and_nothing_else(
    app: VarskoApp, desk: FlaskClient, country: Country
) -> None:
    code = published(country)
    with current_database().unit_of_work() as session:
        reader = make_staff(session, [Role.INVESTIGATOR], [NORTH])
    assert f"{code}/update" in desk.get(f"{DESK}/{code}").text
    assert f"{code}/update" not in sign_in(app.test_client(), reader).get(f"{DESK}/{code}").text
    submit(desk, f"{DESK}/{code}/stop")
    stopped = desk.get(f"{DESK}/{code}").text
    assert f"{code}/update" not in stopped
    assert f"{code}/close" in stopped


@pytest.mark.parametrize(
    ("written", "metres"),
    [("2000", 2000), ("2 km", 2000), ("1,5 km", 1500), ("1.5km", 1500), ("500 m", 500),
     ("750 meter", 750), ("2.000", None), ("50.000", None), ("1,500", None), ("2 000", None),
     ("1,5", None), ("2", None), ("-500", None), ("nan", None), ("km", None), ("0 km", None),
     ("0,002 km", None), ("51 km", None)],
)  # fmt: skip
def test_a_radius_is_taken_as_meant_or_refused(
    desk: FlaskClient, written: str, metres: float | None
) -> None:
    circle = {"areas": "", "where": "circle", "lat": "55,925", "lon": "12,3", "radius_m": written}
    answer = submit(desk, f"{DESK}/new", {**TYPED, **circle})
    if metres is None:
        assert answer.status_code == 422
        assert 'href="#field-radius_m"' in answer.text
        assert f'value="{written}"' in answer.text
        return
    assert answer.status_code == 302
    with current_database().unit_of_work(writes=False) as session:
        assert session.scalars(select(Alert)).one().target["radius_m"] == metres


def test_nobody_waits_for_what_is_stopped(desk: FlaskClient, country: Country) -> None:
    code = published(country)

    def figure(label: str) -> str:
        page = desk.get(f"{DESK}/{code}/progress?status=x").text
        said = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))
        found = re.search(rf"{label} (\d+)", said)
        assert found, said
        return found[1]

    assert (figure("venter"), figure("ikke sendt")) == ("2", "0")
    submit(desk, f"{DESK}/{code}/stop")
    assert (figure("venter"), figure("ikke sendt")) == ("0", "2")


def test_a_circle_is_shown_as_it_is_typed(desk: FlaskClient) -> None:
    circle = {"areas": "", "lat": "55,925", "lon": "12,3", "radius_m": "800"}
    code = submit(desk, f"{DESK}/new", {**TYPED, **circle}).location.split("/")[-2]
    danish, english = (desk.get(f"{root}{DESK}/{code}/edit").text for root in ("", "/en"))
    assert all(f'value="{typed}"' in danish for typed in ("55,925", "12,3", "800"))
    assert 'value="55.925"' in english


def test_progress_refreshes_the_page_when_the_state_changes(
    desk: FlaskClient, country: Country
) -> None:
    code = published(country)
    same = desk.get(f"{DESK}/{code}/progress?state=sending101")
    assert "HX-Refresh" not in same.headers
    assert desk.get(f"{DESK}/{code}/progress?state=scheduled000").headers["HX-Refresh"] == "true"


def test_other_staff_see_what_is_theirs(
    app: VarskoApp, desk: FlaskClient, country: Country
) -> None:
    code = published(country)
    with current_database().unit_of_work() as session:
        southerner = make_staff(session, [Role.OFFICER], [SOUTH])
        investigator = make_staff(session, [Role.INVESTIGATOR], [NORTH])
    south = sign_in(app.test_client(), southerner)
    assert "Indbrud" not in south.get(DESK).text
    assert "Indbrud" in south.get(f"{DESK}?all=1").text
    assert "Stop udsendelsen" not in south.get(f"{DESK}/{code}").text
    reader = sign_in(app.test_client(), investigator)
    assert reader.get(f"{DESK}/{code}").status_code == 200
    assert reader.get(f"{DESK}/new").status_code == 403
    assert app.test_client().get(DESK).status_code in {302, 401}


def test_the_desk_opens_with_what_is_out_and_the_way_to_write(
    desk: FlaskClient, country: Country
) -> None:
    published(country)
    home = desk.get("/staff/").text
    assert re.search(r'class="page-kicker">1</p>\s*<h2[^>]*><a [^>]*>Aktuelle varsler', home)
    assert f'href="{DESK}/new"' in home


def test_a_draft_is_for_those_who_work_there(
    app: VarskoApp, desk: FlaskClient, country: Country
) -> None:
    with current_database().unit_of_work() as session:
        code = make_draft(session, country, make_officer(session)).code
        southerner = make_staff(session, [Role.OFFICER], [SOUTH])
    south = sign_in(app.test_client(), southerner)
    drafts = "?tab=drafts&all=1"
    assert code in desk.get(f"{DESK}{drafts}").text
    assert desk.get(f"{DESK}/{code}/preview").status_code == 200
    assert desk.get(f"/api/v1/alerts/{code}").status_code == 200
    assert code not in south.get(f"{DESK}{drafts}").text
    for path in (f"{DESK}/{code}", f"/api/v1/alerts/{code}", f"/api/v1/alerts/{code}/preview"):
        assert south.get(path).status_code == 404, path
    assert code not in south.get("/api/v1/alerts").text


# --- The public's pages ------------------------------------------------------------------------


def test_the_front_page_shows_what_is_going_on(client: FlaskClient, country: Country) -> None:
    assert "Der er ingen aktuelle varsler" in client.get("/").text
    code = published(country)
    page = client.get("/")
    assert "Indbrud på Søvej" in page.text
    assert f"/varsel/{code}" in page.text
    assert "52 51 00 00" in page.text
    assert "Set-Cookie" not in page.headers


def test_a_place_that_was_searched_for_and_not_added_is_not_dropped(desk: FlaskClient) -> None:
    typed = {**TYPED, "areas": "3400 Hillerød", "q": "Fredensborg"}
    page = submit(desk, f"{DESK}/new", typed)
    assert page.status_code == 422
    assert "»Fredensborg« er ikke føjet til områderne." in page.text
    assert 'href="#field-q"' in page.text
    assert 'value="Fredensborg"' in page.text
    assert submit(desk, f"{DESK}/new", {**typed, "q": " "}).status_code == 302
