"""The whole road of a reply: published, sent, answered from a phone, read on the case.

Then every table is searched for what must not be there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import inspect, select, text

from alerts.releasing.publishing import publish_alert
from cases.models import Case
from database import Domain, blind_index, current_database
from dispatch import Dispatcher
from dispatch.contacts import address_hash
from dispatch.models import Channel
from simulator import Simulator
from tests.alerts.factories import NORTH, make_country, make_draft, make_officer, make_reader
from tests.dispatch.fixtures import deliver
from tests.tips.conftest import everything_logged
from tests.tips.factories import actor_of, all_tips
from tips.inbox import TipFilter, list_tips, read_tip
from tips.models import TipStatus
from web.http.app import VarskoApp

WORDS = "Jeg så en hvid varevogn på Søvej klokken tre"


@pytest.fixture
def phone(app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher) -> str:
    """A phone in Hillerød that has received a witness appeal."""
    with current_database().unit_of_work() as session:
        country = make_country(session)
        reader = make_reader(session, country.p3400)
        number = str(reader.address)
        officer = make_officer(session)
        publish_alert(session, officer, make_draft(session, country, officer), "key-of-the-test")
    deliver(simulator, dispatcher)
    assert len(simulator.phone(number).texts) == 1
    return number


def test_an_answer_from_a_phone_is_a_tip_on_the_case(
    phone: str, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.receive_sms(phone, WORDS)
    deliver(simulator, dispatcher)
    reply = simulator.phone(phone).texts[-1]
    assert reply.startswith("Tak. Dit tip er modtaget i sag ")
    with current_database().unit_of_work() as session:
        reader = actor_of(session, NORTH)
        case = session.scalars(select(Case)).one()
        [row] = list_tips(session, reader, case, TipFilter()).rows
        assert row.excerpt == WORDS
        assert case.reference in reply
        reading = read_tip(session, reader, row.tip.id)
        assert (reading.tip.text, reading.tip.status) == (WORDS, TipStatus.READ)


def test_the_same_message_delivered_twice_is_one_tip_and_one_reply(
    phone: str, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.receive_sms(phone, WORDS, sid="SM" + "7" * 32)
    simulator.receive_sms(phone, WORDS, sid="SM" + "7" * 32)
    deliver(simulator, dispatcher)
    assert len(simulator.phone(phone).texts) == 2, "the appeal and the reply"
    with current_database().unit_of_work() as session:
        assert len(all_tips(session)) == 1


def test_a_keyword_is_no_tip(phone: str, simulator: Simulator) -> None:
    simulator.receive_sms(phone, "STATUS")
    with current_database().unit_of_work() as session:
        assert not all_tips(session)


@pytest.mark.parametrize("is_replied", [False, True], ids=["waiting", "replied"])
def test_no_table_tells_who_sent_a_tip(
    phone: str, simulator: Simulator, dispatcher: Dispatcher, is_replied: bool
) -> None:
    simulator.receive_sms(phone, WORDS)
    if is_replied:
        deliver(simulator, dispatcher)
    subscribers_hash = address_hash(Channel.SMS, phone)
    tips_hash = blind_index(Domain.TIPS, phone)
    plain = [phone.encode(), phone.removeprefix("+45").encode(), WORDS.encode(), b"varevogn p"]
    where: dict[bytes, set[str]] = {subscribers_hash: set(), tips_hash: set()}
    for table, values in every_value():
        for value in values:
            held = value if isinstance(value, bytes) else str(value).encode()
            for secret in plain:
                assert secret not in held, f"{table} holds {secret!r}"
            for known, tables in where.items():
                if known in held:
                    tables.add(table)
    assert where[tips_hash] == {"tip.sender_hash", "case_sender.sender_hash"}
    assert where[subscribers_hash] == {"contact.address_hash"}


def test_no_foreign_key_leads_from_a_tip_to_a_person_or_a_message(phone: str) -> None:
    inspector = inspect(current_database().engine)
    reached, frontier = set[str](), {"tip"}
    while frontier:
        reached |= frontier
        frontier = {
            key["referred_table"] for table in frontier for key in inspector.get_foreign_keys(table)
        } - reached
    people = {"contact", "delivery", "inbound_record", "broadcast", "outbox_message"}
    people |= {name for name in inspector.get_table_names() if name.startswith("subscri")}
    assert not reached & people


def test_no_log_line_holds_a_number_or_a_word_of_the_tip(
    phone: str, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    with everything_logged() as events:
        simulator.receive_sms(phone, WORDS)
        deliver(simulator, dispatcher)
    assert any(event["event"] == "tip_received" for event in events)
    for event in events:
        line = repr(event)
        assert phone not in line
        assert phone.removeprefix("+45") not in line
        assert "varevogn" not in line


def every_value() -> Iterator[tuple[str, list[Any]]]:
    """Table and column, and all values in it as the database itself holds them."""
    with current_database().engine.connect() as connection:
        inspector = inspect(connection)
        for table in inspector.get_table_names():
            for column in inspector.get_columns(table):
                query = text(f'SELECT "{column["name"]}" FROM "{table}"')  # noqa: S608
                rows = connection.execute(query).all()
                yield (
                    f"{table}.{column['name']}",
                    [
                        bytes(value) if isinstance(value, memoryview) else value
                        for (value,) in rows
                        if value is not None
                    ],
                )
