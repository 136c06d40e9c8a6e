"""What the public reads of an alert, and of nothing that is not out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from alerts.composing.saving import find_alert
from alerts.draft import Wording
from alerts.releasing.follow_ups import close_alert, send_update
from alerts.releasing.publishing import publish_alert
from alerts.releasing.steering import stop_alert
from database import current_database, utcnow
from tests.alerts.factories import (
    CASE,
    Country,
    make_draft,
    make_officer,
    make_reader,
)
from tests.alerts.test_pages import desk, published

pytestmark = pytest.mark.one_database

__all__ = ["desk"]


def test_an_appeal_says_how_to_help_in_both_languages(
    client: FlaskClient, country: Country
) -> None:
    texts = {"da": Wording("Indbrud", "Set noget?"), "en": Wording("Burglary", "Seen anything?")}
    code = published(country, texts=texts)
    danish, english = client.get(f"/varsel/{code}"), client.get(f"/en/varsel/{code}")
    assert "Set noget?" in danish.text
    assert f'href="/varsel/{code}/tip"' in danish.text
    assert CASE in danish.text
    assert "Seen anything?" in english.text
    assert f'href="/en/varsel/{code}/tip"' in english.text
    assert "Set-Cookie" not in danish.headers
    assert client.get(f"/varsel/{code.lower()}").location.endswith(f"/varsel/{code}")


def test_the_public_reads_the_news_and_how_it_ended(client: FlaskClient, country: Country) -> None:
    code = published(country)
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        alert = find_alert(session, code)
        send_update(session, officer, alert, {"da": "Bilen er <b>grå</b>."}, "key-12345")
    assert "Bilen er &lt;b&gt;grå&lt;/b&gt;." in client.get(f"/varsel/{code}").text
    with current_database().unit_of_work() as session:
        alert = find_alert(session, code)
        stop_alert(session, officer, alert)
    assert "stoppet" in client.get(f"/varsel/{code}").text
    with current_database().unit_of_work() as session:
        close_alert(
            session, officer, find_alert(session, code), {"da": "Manden er fundet."}, "key-9999"
        )
    page = client.get(f"/varsel/{code}").text
    assert "Manden er fundet." in page
    assert f'href="/varsel/{code}/tip"' in page
    assert "Du kan stadig sende et tip" in client.get(f"/varsel/{code}/tip").text
    heading, title = '<h1>Afsluttet: <span lang="da">', "<title>Afsluttet: "
    assert heading in page
    [named] = {page.split(start)[1].split("<")[0].split(" – ")[0] for start in (heading, title)}
    assert named in client.get("/").text, "the title of the alert"
    assert "Sådan endte det" in page
    assert page.index("Manden er fundet.") < page.index("<details") < page.index("<summary>")
    assert "Afsluttet for nylig" in client.get("/").text


def test_what_is_not_out_does_not_exist_for_the_public(
    client: FlaskClient, country: Country
) -> None:
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        make_reader(session, country.p3400)
        draft = make_draft(session, country, officer).code
        later = make_draft(session, country, officer, send_at=utcnow() + timedelta(hours=1))
        publish_alert(session, officer, later, "key-12345")
    for code in (draft, later.code, "NOSUCH"):
        assert client.get(f"/varsel/{code}").status_code == 404
    assert draft not in client.get("/").text
