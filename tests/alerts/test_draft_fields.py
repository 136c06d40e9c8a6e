"""A draft is one value: nothing of it is forgotten when it is kept, read, changed or compared."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from alerts.composing.forms import LABELS, ComposeForm, form_values, read_draft
from alerts.composing.saving import draft_alert, find_alert, update_draft
from alerts.draft import AlertDraft, FollowUpContent, Wording
from alerts.models import Alert, Severity
from alerts.releasing.publishing import publish_alert
from alerts.schemas import AlertDraftSchema, AlertSchema
from alerts.state_names import FIELD_NAMES
from database import current_database, utcnow
from staff.actor import Actor
from staff.permissions import Role
from tests.alerts.factories import CASE, NORTH, Country, a_draft, make_reader
from tests.staff.factories import make_staff, sign_in
from web.http.app import VarskoApp
from web.texts.filters import format_datetime

FIELDS = [field.name for field in dataclasses.fields(AlertDraft)]
wordings = st.builds(Wording, st.text(min_size=1), st.text(min_size=1))
SPECIAL: dict[str, st.SearchStrategy[Any]] = {
    "target": st.fixed_dictionaries(
        {},
        optional={
            "area_ids": st.lists(st.integers(1, 99), max_size=3),
            "centre": st.lists(st.floats(7, 58), min_size=2, max_size=2),
            "radius_m": st.floats(10, 50_000),
        },
    ),
    "texts": st.dictionaries(st.sampled_from(["da", "en"]), wordings),
}
moments = st.datetimes(timezones=st.just(UTC))


def a_value(name: str) -> st.SearchStrategy[Any]:
    """Any value of a field: a new one is covered by its type."""
    if name in SPECIAL:
        return SPECIAL[name]
    hint = get_type_hints(AlertDraft)[name]
    return st.none() | moments if hint == datetime | None else st.from_type(hint)


drafts = st.builds(AlertDraft, **{name: a_value(name) for name in FIELDS})


@given(draft=drafts, before=drafts)
def test_what_fills_an_alert_is_read_back(draft: AlertDraft, before: AlertDraft) -> None:
    alert = Alert()
    before.fill(alert)
    draft.fill(alert)
    assert AlertDraft.of(alert) == draft
    assert AlertDraft.of(alert).fingerprint() == draft.fingerprint()


@given(data=st.data(), draft=drafts, name=st.sampled_from(FIELDS))
def test_no_field_changes_without_the_fingerprint(
    data: st.DataObject, draft: AlertDraft, name: str
) -> None:
    changed = dataclasses.replace(draft, **{name: data.draw(a_value(name))})
    assert (changed.fingerprint() == draft.fingerprint()) == (changed == draft)


def test_forms_and_schemas_have_every_field_of_a_draft() -> None:
    assert set(AlertDraftSchema().fields) == set(FIELDS)
    assert set(AlertSchema().fields) > set(FIELDS)
    several = {"target": {"areas", "lat", "lon", "radius_m", "shape"}, "texts": {"title_da"}}
    for name in FIELDS:
        assert set(ComposeForm().fields) >= several.get(name, {name})


def test_every_field_has_a_name_for_those_who_approve_changes() -> None:
    follow_up = {field.name for field in dataclasses.fields(FollowUpContent)}
    assert set(FIELD_NAMES) == set(FIELDS) | follow_up


def test_the_compose_page_has_every_field_of_the_form(desk: FlaskClient) -> None:
    page = desk.get("/staff/alerts/new").text
    for name in ComposeForm().fields:
        assert name in LABELS
        assert f'name="{name}"' in page, f"compose.html does not ask for {name}"


@pytest.fixture
def desk(app: VarskoApp, country: Country) -> FlaskClient:
    """A signed-in officer of the north, with a reader in the area."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


def test_the_pages_show_every_field(
    desk: FlaskClient, session: Session, officer: Actor, full: AlertDraft
) -> None:
    shown = {
        "kind": "Vidner søges",
        "severity": "Alvorligt",
        "target": "3400 Hillerød",
        "texts": "Indbrud",
        "case_reference": CASE,
        "send_at": format_datetime(full.send_at),
        "expires_at": format_datetime(full.expires_at),
    }
    assert set(shown) == set(FIELDS), "say here how pages show the new field"
    draft = draft_alert(session, officer, full)
    sent = draft_alert(session, officer, dataclasses.replace(full, send_at=None))
    publish_alert(session, officer, sent, "a-full-key")
    session.commit()
    check = desk.get(f"/staff/alerts/{draft.code}/preview").text
    assert [name for name, words in shown.items() if words not in check] == []
    del shown["send_at"]
    for page in (f"/staff/alerts/{sent.code}", f"/varsel/{sent.code}"):
        text = desk.get(page).text
        assert [name for name, words in shown.items() if words not in text] == [], page


@pytest.fixture
def full(country: Country) -> AlertDraft:
    """A draft with every field set."""
    later = (utcnow() + timedelta(days=2)).replace(second=0, microsecond=0)
    draft = a_draft(
        country,
        severity=Severity.SEVERE,
        target={"area_ids": [country.p3400], "centre": [12.25, 55.92], "radius_m": 500.5},
        texts={"da": Wording("Indbrud", "Så du noget?"), "en": Wording("Burglary", "Seen it?")},
        send_at=later,
        expires_at=later + timedelta(days=3),
    )
    assert None not in [getattr(draft, name) for name in FIELDS]
    return draft


def test_a_kept_draft_is_read_back_from_the_database(
    session: Session, officer: Actor, full: AlertDraft
) -> None:
    code = draft_alert(session, officer, full).code
    session.commit()
    session.expunge_all()
    kept = AlertDraft.of(find_alert(session, code))
    assert kept == full
    assert kept.fingerprint() == full.fingerprint()


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(left_out=st.sets(st.sampled_from(FIELDS)))
def test_what_a_change_leaves_out_stays(
    session: Session, country: Country, officer: Actor, full: AlertDraft, left_out: set[str]
) -> None:
    alert = draft_alert(session, officer, full)
    other = a_draft(country, texts={"da": Wording("Andet", "Noget andet")})
    changes = {name: getattr(other, name) for name in FIELDS if name not in left_out}
    update_draft(session, officer, alert, dataclasses.replace(AlertDraft.of(alert), **changes))
    kept = AlertDraft.of(alert)
    assert {name: getattr(kept, name) for name in left_out} == {
        name: getattr(full, name) for name in left_out
    }


@pytest.mark.parametrize("way", [{"area_ids"}, {"centre", "radius_m"}, {"shape"}])
def test_the_form_shows_and_keeps_every_field(
    session: Session, officer: Actor, full: AlertDraft, way: set[str]
) -> None:
    """With each way to say where: the form takes one of them."""
    target = {name: value for name, value in full.target.items() if name in way}
    if not target:
        target = {"centre": [12.3, 55.95], "radius_m": 500.0}
    alert = draft_alert(session, officer, dataclasses.replace(full, target=target))
    shown = form_values(session, alert)
    typed = {name: value for name, value in shown.items() if value != ""}
    draft, errors = read_draft(session, ComposeForm().load(typed))
    assert not errors
    assert draft == AlertDraft.of(alert)
