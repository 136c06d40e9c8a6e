"""Templates and saved areas on the desk."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from alerts.composing.saving import find_alert
from alerts.kinds import AlertKind
from alerts.models import Alert
from alerts.presets.content import PresetContent
from alerts.presets.keeping import (
    create_preset,
)
from alerts.presets.models import Preset
from audit.models import AuditEntry
from database import current_database
from staff.permissions import Role
from tests.alerts.factories import (
    CASE,
    NORTH,
    SOUTH,
    Country,
    make_draft,
    make_officer,
    make_reader,
)
from tests.alerts.test_copying import count_alerts, values
from tests.alerts.test_desk_loses_nothing import hidden
from tests.alerts.test_pages import DESK
from tests.alerts.test_presets import PRESETS, a_template, an_area
from tests.staff.factories import make_staff, sign_in, submit
from web.http.app import VarskoApp


@pytest.fixture
def desk(app: VarskoApp, country: Country) -> FlaskClient:
    """A signed-in officer of the north, with a reader in the area."""
    with current_database().unit_of_work() as opened:
        make_reader(opened, country.p3400)
        staff = make_staff(opened, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


def kept(content: PresetContent) -> int:
    """The id of a preset that somebody of the north has made."""
    with current_database().unit_of_work() as opened:
        return create_preset(opened, make_officer(opened), content).id


def stored(preset_id: int) -> PresetContent | None:
    """What a preset holds now; None if it is gone."""
    with current_database().unit_of_work(writes=False) as opened:
        preset = opened.get(Preset, preset_id)
        return PresetContent.of(preset) if preset else None


TYPED = {
    "name": "Røg fra brand",
    "district": NORTH,
    "kind": "area_alert",
    "severity": "severe",
    "place": "each_time",
    "title_da": "Røg ved [hvor]",
    "body_da": "Luk vinduer og døre til [tidspunkt].",
}


@pytest.mark.one_database
def test_an_officer_makes_one_and_begins_an_alert_with_it(
    desk: FlaskClient, country: Country
) -> None:
    saved = submit(desk, f"{PRESETS}/new", TYPED)
    assert saved.status_code == 302, saved.text
    page = desk.get(f"{DESK}/new").text
    with current_database().unit_of_work(writes=False) as opened:
        preset = opened.scalars(select(Preset.id)).one()
    assert f'href="{PRESETS}/{preset}/alert"' in page
    assert f'href="{PRESETS}/{preset}/alert"' in desk.get("/staff/").text
    before = count_alerts()
    page = desk.get(f"{PRESETS}/{preset}/alert").text
    held = values(page)
    assert (held["kind"], held["severity"], held["areas"]) == ("area_alert", "severe", "")
    assert held["title_da"] == "Røg ved [hvor]"
    assert "[hvor] [tidspunkt]" in page
    assert count_alerts() == before
    wrong = submit(desk, f"{PRESETS}/{preset}/alert", held)
    assert wrong.status_code == 422
    draft = submit(desk, f"{PRESETS}/{preset}/alert", {**held, "areas": "3400"})
    check = desk.get(draft.location).text
    assert "[hvor]" in check
    code = draft.location.split("/")[-2]
    sent = desk.post(f"{DESK}/{code}/publish", data={**hidden(check), "read": "true"})
    assert sent.status_code == 422
    with current_database().unit_of_work(writes=False) as opened:
        assert opened.scalars(select(Alert)).one().published_at is None
        entry = opened.scalars(select(AuditEntry).where(AuditEntry.action == "alert.drafted")).one()
        assert entry.detail["preset"] == preset


@pytest.mark.one_database
def test_a_saved_area_fills_in_where_alone_or_with_a_template(
    desk: FlaskClient, country: Country
) -> None:
    area, template = kept(an_area(country)), kept(a_template())
    alone = values(desk.get(f"{PRESETS}/{area}/alert").text)
    assert (alone["areas"], alone["title_da"], alone["kind"]) == ("3400 Hillerød", "", "")
    page = desk.get(f"{PRESETS}/{template}/alert").text
    both_at = f"{PRESETS}/{template}/alert?area={area}"
    assert f'href="{both_at}"' in page
    both = values(desk.get(both_at).text)
    assert (both["areas"], both["title_da"]) == ("3400 Hillerød", "Røg ved [hvor]")


@pytest.mark.one_database
def test_a_template_and_an_area_are_made_from_an_alert(desk: FlaskClient, country: Country) -> None:
    circle = {"centre": [12.3, 55.95], "radius_m": 1500.0}
    with current_database().unit_of_work() as opened:
        code = make_draft(opened, country, make_officer(opened), target=circle).code
    check = desk.get(f"{DESK}/{code}/preview").text
    for step in ("preset", "saved-area"):
        assert f'href="{DESK}/{code}/{step}"' in check
    page = desk.get(f"{DESK}/{code}/preset").text
    held = values(page)
    assert (held["title_da"], held["place"]) == ("Indbrud på Søvej", "each_time")
    assert CASE not in page
    held = {**held, "name": "Indbrud", "district": NORTH, "place": "kept"}
    assert submit(desk, f"{DESK}/{code}/preset", held).status_code == 302
    named = {"name": "Skoven", "district": NORTH, "place": "kept"}
    assert submit(desk, f"{DESK}/{code}/saved-area", named).status_code == 302
    with current_database().unit_of_work(writes=False) as opened:
        template, area = opened.scalars(select(Preset).order_by(Preset.id))
        assert (template.kind, template.target) == (AlertKind.WITNESS_APPEAL, circle)
        assert (area.kind, area.target, area.texts) == (None, circle, {})
        assert find_alert(opened, code).target == circle


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"kind": ""}, "kind"),
        ({"title_da": ""}, "title_da"),
        ({"place": "areas"}, "areas"),
        ({"place": "areas", "areas": "Atlantis"}, "areas"),
        ({"place": "areas", "areas": "4600"}, "areas"),
        ({"areas": "3400"}, "place"),
        ({"district": ""}, "district"),
        ({"body_da": "Ring om 070761-4285."}, "body_da"),
    ],
)
def test_a_refused_form_says_why_and_keeps_the_words(
    desk: FlaskClient, changes: dict[str, str], field: str
) -> None:
    answer = submit(desk, f"{PRESETS}/new", {**TYPED, "title_en": "A title", **changes})
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert f'id="field-{field}' in answer.text
    assert values(answer.text)["title_en"] == "A title"


@pytest.mark.one_database
def test_it_is_changed_and_a_colleagues_change_is_not_written_over(desk: FlaskClient) -> None:
    preset = kept(a_template())
    address = f"{PRESETS}/{preset}/edit"
    seen = hidden(desk.get(address).text)
    assert submit(desk, address, {**TYPED, "version": "1", "name": "Røg"}).status_code == 302
    late = desk.post(address, data={**TYPED, **seen, "name": "Damp"})
    assert late.status_code == 409
    assert "En anden har rettet den" in late.text
    assert "Damp" in late.text
    content = stored(preset)
    assert content is not None
    assert content.name == "Røg"
    again = desk.post(address, data={**TYPED, **hidden(late.text), "name": "Damp"})
    assert again.status_code == 302


@pytest.mark.one_database
def test_deleting_is_asked_about(desk: FlaskClient) -> None:
    preset = kept(a_template())
    address = f"{PRESETS}/{preset}/delete"
    assert f'href="{address}"' in desk.get(PRESETS).text
    assert "Slet skabelonen?" in desk.get(address).text
    assert stored(preset) is not None
    assert submit(desk, address).status_code == 302
    assert stored(preset) is None
    assert desk.get(address).status_code == 404


@pytest.mark.one_database
def test_what_is_typed_survives_that_the_template_is_deleted_meanwhile(desk: FlaskClient) -> None:
    preset = kept(a_template())
    address = f"{PRESETS}/{preset}/alert"
    held = {**values(desk.get(address).text), **hidden(desk.get(address).text)}
    submit(desk, f"{PRESETS}/{preset}/delete")
    assert desk.get(address).status_code == 404
    wrong = desk.post(address, data={**held, "body_da": "Mine ord"})
    assert wrong.status_code == 422
    assert values(wrong.text)["body_da"] == "Mine ord"


@pytest.mark.one_database
def test_an_area_that_is_no_longer_possible_is_said_to_be_lost(
    desk: FlaskClient, country: Country
) -> None:
    preset = kept(an_area(country))
    with current_database().unit_of_work() as opened:
        opened.get_one(Preset, preset).target = {"area_ids": [999_999]}
    page = desk.get(f"{PRESETS}/{preset}/alert").text
    assert "kan ikke bruges mere" in page
    assert values(page)["areas"] == ""


@pytest.mark.one_database
def test_other_districts_and_other_roles_do_not_come_in(
    app: VarskoApp, desk: FlaskClient, country: Country
) -> None:
    preset = kept(a_template())
    with current_database().unit_of_work() as opened:
        south = make_staff(opened, [Role.OFFICER], [SOUTH])
        reader = make_staff(opened, [Role.INVESTIGATOR], [NORTH])
    stranger = sign_in(app.test_client(), south)
    assert "Røg fra brand" not in stranger.get(PRESETS).text
    assert "Røg fra brand" not in stranger.get(f"{DESK}/new").text
    for step in ("edit", "delete", "alert"):
        assert stranger.get(f"{PRESETS}/{preset}/{step}").status_code == 404
    investigator = sign_in(app.test_client(), reader)
    assert investigator.get(PRESETS).status_code == 403


@pytest.mark.one_database
def test_what_is_typed_survives_that_it_is_deleted_while_it_is_changed(
    desk: FlaskClient, country: Country
) -> None:
    for content, kind in ((a_template(), "template"), (an_area(country), "area")):
        preset = kept(content)
        address = f"{PRESETS}/{preset}/edit"
        typed = TYPED if kind == "template" else {"name": "Skoven", "district": NORTH}
        typed = {**typed, **hidden(desk.get(address).text), "place": "kept"}
        submit(desk, f"{PRESETS}/{preset}/delete")
        late = desk.post(address, data=typed)
        assert late.status_code == 409
        assert typed["name"] in late.text
        again = {**typed, **hidden(late.text)}
        del again["version"]
        lost = desk.post(address, data=again)
        assert lost.status_code == 422
        assert 'href="#field-place"' in lost.text
        again |= {"place": "areas", "areas": "3400"}
        assert desk.post(address, data=again).status_code == 302
        assert desk.get(address).status_code == 404


@pytest.mark.one_database
@pytest.mark.parametrize("area", ["9" * 30, "0", "-1"])
def test_an_area_that_does_not_exist_is_not_found(desk: FlaskClient, area: str) -> None:
    preset = kept(a_template())
    assert desk.get(f"{PRESETS}/{preset}/alert?area={area}").status_code == 404
