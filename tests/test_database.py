"""Units of work, times and sealed columns, on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import LargeBinary, String, select, type_coerce
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import database
from config import Keyring
from database import Database, Domain, Sealed, Sealer, UnsealError, UtcDateTime
from tests.settings import make_config


class Base(DeclarativeBase):
    """Tables of this file alone."""


class Note(Base):
    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    secret: Mapped[str | None] = mapped_column(Sealed(Domain.TIPS, "note.secret"))


@pytest.fixture
def notes(database_url: str) -> Iterator[Database]:
    """A database with the table above."""
    database.configure_sealers(make_config())
    made = Database(database_url, wait_seconds=0.2)
    Base.metadata.create_all(made.engine)
    yield made
    Base.metadata.drop_all(made.engine)
    made.engine.dispose()


def test_a_unit_of_work_commits_once_at_its_end(notes: Database) -> None:
    with notes.unit_of_work() as session:
        session.add(Note(id=1, text="kept"))
    with notes.unit_of_work(writes=False) as session:
        assert session.scalars(select(Note.text)).all() == ["kept"]


def test_a_unit_of_work_that_raises_leaves_nothing(notes: Database) -> None:
    with pytest.raises(RuntimeError), notes.unit_of_work() as session:
        session.add(Note(id=1, text="lost"))
        session.flush()
        raise RuntimeError
    with notes.unit_of_work(writes=False) as session:
        assert session.scalars(select(Note)).all() == []


def test_the_current_session_is_that_of_the_unit_of_work(notes: Database) -> None:
    with notes.unit_of_work() as opened:
        database.session.add(Note(id=1, text="through the proxy"))
        assert opened.scalars(select(Note.text)).all() == ["through the proxy"]
    with pytest.raises(RuntimeError, match="no unit of work"):
        database.session.add(Note(id=2, text="nowhere"))


def test_work_is_handed_out_after_the_commit_and_never_after_a_rollback(notes: Database) -> None:
    done: list[str] = []
    with notes.unit_of_work() as session:
        session.add(Note(id=1, text="a"))
        database.after_commit(session, lambda: done.append("committed"))
        session.flush()
        assert done == []
    assert done == ["committed"]
    with pytest.raises(RuntimeError), notes.unit_of_work() as session:
        session.add(Note(id=2, text="b"))
        database.after_commit(session, lambda: done.append("rolled back"))
        session.flush()
        raise RuntimeError
    assert done == ["committed"]


def test_what_waits_for_a_commit_does_not_take_a_savepoint_for_one(notes: Database) -> None:
    done: list[str] = []

    def note(session: Session, what: str) -> None:
        database.after_commit(session, lambda: done.append(what))

    with notes.unit_of_work() as session:
        note(session, "before")
        with session.begin_nested():
            note(session, "kept")
        with suppress(ZeroDivisionError), session.begin_nested():
            with session.begin_nested():
                note(session, "dropped")
            raise ZeroDivisionError
        note(session, "after")
        assert done == []
    assert done == ["before", "kept", "after"]
    with notes.unit_of_work() as session:
        session.connection()
        note(session, "never")
        session.rollback()
    assert done == ["before", "kept", "after"]


@given(
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(-12 * 60, 12 * 60),
)
def test_an_aware_time_means_the_same_moment_in_utc(naive: datetime, offset: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=offset)))
    made = Database("sqlite://")
    Base.metadata.create_all(made.engine)
    with made.unit_of_work() as session:
        session.add(Note(id=1, text="", at=moment))
        session.flush()
        session.expire_all()
        stored = session.scalars(select(Note.at)).one()
    made.engine.dispose()
    assert stored == moment
    assert stored is not None
    assert stored.tzinfo is UTC


def test_times_come_back_aware_in_utc(notes: Database) -> None:
    moment = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    with notes.unit_of_work() as session:
        session.add(Note(id=1, text="", at=moment))
    with notes.unit_of_work(writes=False) as session:
        stored = session.scalars(select(Note.at)).one()
        assert stored == moment
        assert stored is not None
        assert stored.utcoffset() == timedelta(0)
        assert session.scalars(select(Note.id).where(Note.at > moment - timedelta(1))).all() == [1]


def test_a_time_without_a_zone_is_refused(notes: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"), notes.unit_of_work() as session:
        session.add(Note(id=1, text="", at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_a_sealed_column_hides_its_text_and_opens_again(notes: Database) -> None:
    with notes.unit_of_work() as session:
        session.add(Note(id=1, text="", secret="+4520304050"))
    with notes.unit_of_work(writes=False) as session:
        raw = session.scalars(select(type_coerce(Note.secret, LargeBinary))).one()
        assert raw is not None
        assert b"20304050" not in bytes(raw)
        assert session.scalars(select(Note.secret)).one() == "+4520304050"


OLD = Keyring("old", {"old": b"o" * 32})
BOTH = Keyring("new", {"new": b"n" * 32, "old": b"o" * 32})
INDEX = b"i" * 32


@given(st.text())
def test_what_an_old_key_sealed_opens_after_rotation(text: str) -> None:
    sealed = Sealer(OLD, INDEX).seal(text, "a.b")
    rotated = Sealer(BOTH, INDEX)
    assert rotated.unseal(sealed, "a.b") == text
    assert not rotated.is_current(sealed)
    assert rotated.is_current(rotated.seal(text, "a.b"))


@given(st.text(), st.integers(min_value=0), st.integers(1, 255))
def test_an_altered_value_never_opens(text: str, place: int, flip: int) -> None:
    sealed = bytearray(Sealer(OLD, INDEX).seal(text, "a.b"))
    sealed[place % len(sealed)] ^= flip
    with pytest.raises(UnsealError):
        Sealer(OLD, INDEX).unseal(bytes(sealed), "a.b")


def test_a_sealed_value_does_not_open_in_another_column() -> None:
    sealed = Sealer(OLD, INDEX).seal("text", "a.b")
    with pytest.raises(UnsealError):
        Sealer(OLD, INDEX).unseal(sealed, "a.c")


def test_the_two_domains_index_the_same_number_differently() -> None:
    database.configure_sealers(make_config())
    number = "+4520304050"
    assert database.blind_index(Domain.SUBSCRIBERS, number) == database.blind_index(
        Domain.SUBSCRIBERS, number
    )
    assert database.blind_index(Domain.SUBSCRIBERS, number) != database.blind_index(
        Domain.TIPS, number
    )


def test_a_reader_on_sqlite_is_not_kept_waiting_by_a_writer(sqlite_url: str) -> None:
    made = Database(sqlite_url, wait_seconds=0.1)
    Base.metadata.create_all(made.engine)
    with made.unit_of_work() as writer:
        writer.add(Note(id=1, text="not yet"))
        writer.flush()
        with made.unit_of_work(writes=False) as reader:
            assert reader.scalars(select(Note)).all() == []
    made.engine.dispose()
    assert sqlite3.connect(sqlite_url.removeprefix("sqlite:///")).execute(
        "SELECT text FROM note"
    ).fetchone() == ("not yet",)


def test_a_row_that_is_there_is_left_out_of_an_insert(notes: Database) -> None:
    with notes.unit_of_work() as session:
        rows = [{"id": 1, "text": "first"}, {"id": 2, "text": "second"}]
        session.execute(database.insert_or_ignore(session, Note, "id").values(rows[:1]))
        made = session.scalars(
            database.insert_or_ignore(session, Note, "id")
            .values([{"id": 1, "text": "again"}, rows[1]])
            .returning(Note.id)
        ).all()
        session.execute(database.insert_or_ignore(session, Note), rows)
        assert made == [2]
        assert session.scalars(select(Note.text).order_by(Note.id)).all() == ["first", "second"]
