"""Rotation of keys: nothing is lost, whenever it is interrupted, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import LargeBinary, delete, literal, select, type_coerce, update

from config import Config
from database import Domain, SealedText, Unopenable, configure_sealers, current_database, sealer
from database.rotation import Rotated, rotate, sealed_columns
from dispatch.models import Channel, Contact, InboundRecord
from tests.settings import key, make_config
from web.http.app import VarskoApp

OLD = make_config(subscriber_keys=f"old:{key('o')}")
BOTH = make_config(subscriber_keys=f"newer:{key('n')},old:{key('o')}")
NEW = make_config(subscriber_keys=f"newer:{key('n')}")


def write(config: Config, texts: dict[int, str | None]) -> None:
    """Inbound texts by number, sealed with the settings' current key."""
    configure_sealers(config)
    with current_database().unit_of_work() as session:
        for number, text in texts.items():
            session.add(
                InboundRecord(
                    provider="twilio", provider_ref=f"SM{number}", channel=Channel.SMS,
                    sender="+4520000001", recipient="+4552510000", text=text,
                )
            )  # fmt: skip


def read(config: Config) -> dict[int, SealedText | None]:
    """The same, opened with the keys of the settings."""
    configure_sealers(config)
    with current_database().unit_of_work(writes=False) as session:
        rows = session.execute(select(InboundRecord.provider_ref, InboundRecord.text))
        return {int(row.provider_ref[2:]): row.text for row in rows}


def raw_texts() -> list[bytes]:
    """What stands in the database."""
    with current_database().unit_of_work(writes=False) as session:
        raw = type_coerce(InboundRecord.text, LargeBinary)
        found = select(raw).where(raw.is_not(None)).order_by(InboundRecord.id)
        return [bytes(value) for value in session.scalars(found)]


def rotate_all(chunk: int = 3, after_chunk: Callable[[], None] = lambda: None) -> list[Rotated]:
    configure_sealers(BOTH)
    return list(rotate(current_database(), chunk, after_chunk))


def test_every_room_is_asked_for_its_sealed_columns(app: VarskoApp) -> None:
    found = {f"{column.table.name}.{column.name}" for column in sealed_columns()}
    assert found >= {"contact.address", "inbound_record.text", "tip.text", "tip_event.note"}
    for column in sealed_columns():
        assert [part.name for part in column.table.primary_key] == ["id"]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    old=st.lists(st.none() | st.text(max_size=20), max_size=8),
    new=st.lists(st.none() | st.text(max_size=20), max_size=8),
    ends_after=st.integers(1, 4),
)
def test_what_is_interrupted_anywhere_and_run_again_loses_nothing(
    app: VarskoApp, old: list[str | None], new: list[str | None], ends_after: int
) -> None:
    class PowerCut(Exception):
        pass

    chunks = 0

    def power_cut() -> None:
        nonlocal chunks
        chunks += 1
        if chunks == ends_after:
            raise PowerCut

    with current_database().unit_of_work() as session:
        session.execute(delete(InboundRecord))
    texts = dict(enumerate([*old, *new]))
    write(OLD, {number: texts[number] for number in range(len(old))})
    write(BOTH, {number: texts[number] for number in range(len(old), len(texts))})

    try:
        rotate_all(after_chunk=power_cut)
    except PowerCut:
        assert read(BOTH) == texts
        rotate_all()

    assert read(NEW) == texts
    assert all(sealer(Domain.SUBSCRIBERS).is_current(raw) for raw in raw_texts())
    assert sum(column.resealed for column in rotate_all()) == 0


def test_a_value_whose_key_is_missing_is_counted_and_left_as_it_is(app: VarskoApp) -> None:
    write(make_config(subscriber_keys=f"lost:{key('l')}"), {1: "a", 2: "b"})
    write(OLD, {3: "c"})
    before = set(raw_texts())
    left = {column.column: column for column in rotate_all(chunk=1)}
    assert left["inbound_record.text"] == Rotated("inbound_record.text", resealed=1, unopened=2)
    assert len(before & set(raw_texts())) == 2

    answer = app.test_cli_runner().invoke(args=["keys", "rotate"])
    assert answer.exit_code == 1
    assert "no key opens them" in answer.output


def test_what_is_sealed_again_is_still_bound_to_its_row(app: VarskoApp) -> None:
    write(OLD, {1: "a", 2: "b"})
    rotate_all()
    configure_sealers(NEW)
    raw = type_coerce(InboundRecord.text, LargeBinary)
    with current_database().unit_of_work() as session:
        first, second = session.execute(
            select(InboundRecord.id, raw).order_by(InboundRecord.id)
        ).all()
        for row_id, value in ((first[0], second[1]), (second[0], first[1])):
            moved = literal(value, LargeBinary)
            session.execute(
                update(InboundRecord)
                .where(InboundRecord.id == row_id)
                .values(text=moved)
                .execution_options(synchronize_session=False)
            )
    assert {type(text) for text in read(NEW).values()} == {Unopenable}
    swapped = raw_texts()
    configure_sealers(make_config(subscriber_keys=f"newest:{key('x')},newer:{key('n')}"))
    left = {column.column: column for column in rotate(current_database())}
    assert left["inbound_record.text"] == Rotated("inbound_record.text", resealed=0, unopened=2)
    assert raw_texts() == swapped


def test_a_contact_is_found_as_before(app: VarskoApp) -> None:
    configure_sealers(OLD)
    with current_database().unit_of_work() as session:
        session.add(Contact(channel=Channel.SMS, address="+4520000001", address_hash=b"h" * 32))
    rotate_all()
    configure_sealers(NEW)
    with current_database().unit_of_work(writes=False) as session:
        found = session.scalars(select(Contact)).one()
        assert (found.address, found.address_hash) == ("+4520000001", b"h" * 32)


@pytest.fixture(autouse=True)
def usual_keys() -> object:
    """The sealers are the process's own: give them back."""
    yield
    configure_sealers(make_config())
