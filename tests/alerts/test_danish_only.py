"""A text that exists in Danish only says so to those who read another language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from alerts.composing.messages import compose, sms_text
from alerts.composing.saving import find_alert, message_parts
from alerts.draft import Wording
from alerts.models import ReleaseKind
from alerts.releasing.follow_ups import close_alert, send_update
from alerts.releasing.publishing import publish_alert
from alerts.releasing.steering import stop_alert
from database import current_database
from dispatch.models import Channel
from dispatch.segments import count_segments
from staff.actor import Actor
from tests.alerts.factories import Country, make_draft, make_officer, make_reader
from web.languages.choice import speaking

DANISH = {"da": Wording("Indbrud på Søvej", "Så du noget?")}
BOTH = {**DANISH, "en": Wording("Burglary at Søvej", "Seen anything?")}


def messages(
    session: Session, country: Country, officer: Actor, texts: Mapping[str, Wording]
) -> dict[tuple[Channel, str], str]:
    """What is sent, by channel and language."""
    alert = make_draft(session, country, officer, texts=dict(texts))
    contents = compose(message_parts(session, alert))
    return {(made.channel, made.language): made.body for made in contents}


@pytest.mark.one_database
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
def test_only_the_reader_of_another_language_is_told(
    session: Session, country: Country, officer: Actor, channel: Channel
) -> None:
    danish = messages(session, country, officer, DANISH)
    assert "In Danish only" in danish[channel, "en"]
    assert "Kun på dansk" not in danish[channel, "da"]
    assert "In Danish only" not in messages(session, country, officer, BOTH)[channel, "en"]


@pytest.mark.one_database
def test_it_never_costs_a_segment(session: Session, country: Country, officer: Actor) -> None:
    parts = message_parts(session, make_draft(session, country, officer))
    told = set()
    for length in range(1, 170):
        wording = Wording("Indbrud", "x" * length)
        with speaking("en"):
            sms = sms_text(replace(parts, texts={"da": wording}), "en", wording)
        without = sms.replace("In Danish only\n", "")
        told.add(without != sms)
        assert count_segments(sms).segments == count_segments(without).segments
    assert told == {True, False}


@pytest.mark.one_database
def test_the_alert_s_page_says_so_too(country: Country, client: FlaskClient) -> None:
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        officer = make_officer(session)
        alert = make_draft(session, country, officer, texts=dict(DANISH))
        code = publish_alert(session, officer, alert, "nøgle-nr-1-til-test").code
    assert "In Danish only" in client.get(f"/en/varsel/{code}").text
    assert "Kun på dansk" not in client.get(f"/varsel/{code}").text


@pytest.mark.one_database
@pytest.mark.parametrize("kind", ["update", "close"])
@pytest.mark.parametrize("alert_in", [DANISH, BOTH], ids=["danish", "both"])
@pytest.mark.parametrize("news_in", [["da"], ["da", "en"]], ids=["danish news", "both news"])
def test_news_is_said_to_be_in_danish_by_its_own_text(
    country: Country,
    client: FlaskClient,
    kind: str,
    alert_in: dict[str, Wording],
    news_in: list[str],
) -> None:
    """An alert in both languages may be closed in Danish only, and the other way round."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        officer = make_officer(session)
        alert = make_draft(session, country, officer, texts=dict(alert_in))
        code = publish_alert(session, officer, alert, "nøgle-nr-1-til-test").code
    bodies = {language: f"Nyt på {language}" for language in news_in}
    with current_database().unit_of_work() as session:
        alert = find_alert(session, code)
        follow_up = send_update if kind == "update" else close_alert
        if kind == "close":
            stop_alert(session, officer, alert)
        made = follow_up(session, officer, alert, bodies, "nøgle-nr-2-til-test")
        contents = made.contents
    page = client.get(f"/en/varsel/{code}").text
    news, _mark, rest = page.partition("Nyt på " + news_in[-1])
    assert ("In Danish only" in news[-200:]) is (news_in == ["da"])
    assert ("In Danish only" in rest) is ("en" not in alert_in)
    for content in contents:
        if content["language"] == "en":
            assert ("In Danish only" in content["body"]) is (news_in == ["da"])


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("kind", "alert_in", "title"),
    [
        (ReleaseKind.UPDATE, BOTH, "Update: Burglary at Søvej"),
        (ReleaseKind.CLOSURE, BOTH, "Ended: Burglary at Søvej"),
        (ReleaseKind.WITHDRAWAL, BOTH, "Withdrawn: Burglary at Søvej"),
        (ReleaseKind.CLOSURE, DANISH, "Ended: Indbrud på Søvej"),
        # A correction brings a title of its own, which the alert's may contradict.
        (ReleaseKind.CORRECTION, BOTH, "Correction: Indbrud på Søvej"),
    ],
)
def test_news_in_danish_names_the_alert_in_the_reader_s_language(
    session: Session,
    country: Country,
    officer: Actor,
    kind: ReleaseKind,
    alert_in: dict[str, Wording],
    title: str,
) -> None:
    alert = make_draft(session, country, officer, texts=dict(alert_in))
    news = {"da": Wording("Indbrud på Søvej", "Vi er færdige.")}
    contents = compose(message_parts(session, alert, kind, news))
    sms, mail = (made for made in contents if made.language == "en")
    assert f"Nordsjællands Politi: {title}\nVi er færdige.\nIn Danish only" in sms.body
    assert mail.subject == title
    assert "In Danish only" in mail.body
    shown = "da" if "Indbrud" in title else "en"
    assert f'lang="{shown}">{title}</h1>' in (mail.html or "")
    danish = next(made for made in contents if made.language == "da")
    assert "Indbrud på Søvej\nVi er færdige." in danish.body
