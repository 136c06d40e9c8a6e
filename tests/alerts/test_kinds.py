"""Every kind of alert, and every kind of area it can go to, has its words in all messages."""

from __future__ import annotations

import dataclasses

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from alerts.composing.messages import compose
from alerts.composing.saving import message_parts
from alerts.draft import AlertDraft, Wording
from alerts.kinds import ALERT_KINDS, APPEALS, OPTIONAL_FIELDS, AlertKind
from alerts.models import ReleaseKind, Severity
from alerts.releasing.preview import preview
from alerts.releasing.published import open_appeals
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import priority_of
from areas.atlas import renew_edition
from areas.kinds import AreaKind
from areas.models import Area
from areas.titles import area_title
from dispatch.models import Channel, Priority
from staff.actor import Actor
from tests.alerts.factories import CASE, Country, make_draft, make_reader
from web.languages.choice import speaking

pytestmark = pytest.mark.one_database

TEXTS = {"da": Wording("Titel", "Tekst"), "en": Wording("Title", "Text")}


def test_every_kind_has_a_row() -> None:
    assert set(ALERT_KINDS) == set(AlertKind)
    for row in ALERT_KINDS.values():
        assert row.fields <= OPTIONAL_FIELDS
    with_default = {
        field.name
        for field in dataclasses.fields(AlertDraft)
        if field.default is not dataclasses.MISSING
    }
    assert with_default >= OPTIONAL_FIELDS


@pytest.mark.parametrize("kind", list(AlertKind))
def test_severity_is_kept_and_shown_where_the_kind_asks_for_it(
    session: Session, country: Country, officer: Actor, client: FlaskClient, kind: AlertKind
) -> None:
    asks = "severity" in kind.row.fields
    alert = make_draft(session, country, officer, kind=kind, severity=Severity.SEVERE)
    assert alert.severity is (Severity.SEVERE if asks else Severity.MODERATE)
    make_reader(session, country.p3400)
    publish_alert(session, officer, alert, "a-severe-key")
    session.commit()
    page = client.get(f"/varsel/{alert.code}").text
    assert ("tag-severe" in page) == asks
    assert "tag-moderate" not in page


@pytest.mark.parametrize("kind", list(AlertKind))
def test_a_kind_of_alert_goes_the_whole_way(
    session: Session, country: Country, officer: Actor, client: FlaskClient, kind: AlertKind
) -> None:
    make_reader(session, country.p3400)
    asks = kind in APPEALS
    alert = make_draft(
        session, country, officer, kind=kind, texts=TEXTS, case_reference=CASE if asks else None
    )
    names = {}
    for language in TEXTS:
        with speaking(language):
            names[language] = str(kind.row.name)
    assert names["da"] != names["en"], "the kind has no English name"
    for content in compose(message_parts(session, alert)):
        if content.channel is Channel.EMAIL:
            assert names[content.language] in content.body
            assert names[content.language] in (content.html or "")
            assert ("/tip" in content.body) == asks
    assert not preview(session, officer, alert).problems
    publish_alert(session, officer, alert, "a-kind-key")
    session.commit()
    page = client.get(f"/varsel/{alert.code}")
    assert names["da"] in page.text
    assert ("/tip" in page.text) == asks
    assert (alert in open_appeals(session)) == asks


@pytest.mark.parametrize("kind", list(AlertKind))
def test_a_serious_alert_of_any_kind_is_urgent(
    session: Session, country: Country, officer: Actor, kind: AlertKind
) -> None:
    alert = make_draft(session, country, officer, kind=kind, severity=Severity.MODERATE)
    assert priority_of(alert, ReleaseKind.INITIAL) is kind.row.priority
    alert.severity = Severity.EXTREME
    assert priority_of(alert, ReleaseKind.INITIAL) is Priority.URGENT


@pytest.mark.parametrize("kind", list(AreaKind))
def test_the_mail_names_an_area_of_each_kind(
    session: Session, country: Country, officer: Actor, kind: AreaKind
) -> None:
    area = Area(
        kind=kind, code="0777", name="Birkelunden", parent_id=country.north, source="a test"
    )
    session.add(area)
    session.flush()
    renew_edition(session)
    alert = make_draft(session, country, officer)
    alert.target = {"area_ids": [area.id]}
    for content in compose(message_parts(session, alert)):
        if content.channel is Channel.EMAIL:
            with speaking(content.language):
                assert area_title(area) in content.body
