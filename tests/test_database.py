"""Units of work, times and sealed columns, on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import LargeBinary, String, insert, select, text, type_coerce
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column
from structlog.testing import capture_logs

import database
from config import Keyring
from database import (
    Database,
    Domain,
    Sealed,
    SealedBytes,
    SealedText,
    Sealer,
    Unopenable,
    UnsealError,
    UtcDateTime,
    for_row,
    reserve_ids,
)
from tests.settings import make_config


class Base(DeclarativeBase):
    """Tables of this file alone."""


class Note(Base):
    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    secret: Mapped[SealedText | None] = mapped_column(Sealed(Domain.TIPS, "note.secret"))
    other: Mapped[SealedText | None] = mapped_column(Sealed(Domain.TIPS, "note.other"))
    content: Mapped[SealedBytes | None] = mapped_column(Sealed(Domain.TIPS, "note.content", bytes))


@pytest.fixture
def notes(database_url: str) -> Iterator[Database]:
    """A database with the table above."""
    database.configure_sealers(make_config())
    made = Database(database_url)
    Base.metadata.create_all(made.engine)
    yield made
    Base.metadata.drop_all(made.engine)
    made.close()


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
    made.close()
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


def tamper(notes: Database, setting: str) -> None:
    """Do something to the table that the service itself never does."""
    with notes.unit_of_work() as session:
        session.execute(text(f"UPDATE note SET {setting}"))  # noqa: S608


def swap_secrets(notes: Database) -> None:
    """Swap the sealed texts of the notes 1 and 2."""
    raw = type_coerce(Note.secret, LargeBinary)
    with notes.unit_of_work() as session:
        for_one, for_two = session.scalars(select(raw).order_by(Note.id.desc())).all()
        for row_id, value in ((1, for_one), (2, for_two)):
            session.execute(
                text("UPDATE note SET secret = :value WHERE id = :id"),
                {"value": value, "id": row_id},
            )


def test_values_swapped_between_two_rows_do_not_open(notes: Database) -> None:
    with notes.unit_of_work() as session:
        session.add_all([Note(id=1, text="a", secret="first"), Note(id=2, text="b", secret="2nd")])
    swap_secrets(notes)
    with notes.unit_of_work(writes=False) as session:
        assert {type(value) for value in session.scalars(select(Note.secret))} == {Unopenable}
    swap_secrets(notes)
    with notes.unit_of_work(writes=False) as session:
        assert session.scalars(select(Note.secret).order_by(Note.id)).all() == ["first", "2nd"]


def test_a_value_does_not_move_with_its_row_to_another_id(notes: Database) -> None:
    with notes.unit_of_work() as session:
        session.add(Note(id=1, text="a", secret="first"))
    tamper(notes, "id = 7")
    with notes.unit_of_work(writes=False) as session:
        assert isinstance(session.get_one(Note, 7).secret, Unopenable)


def test_values_swapped_between_two_columns_do_not_open(notes: Database) -> None:
    with notes.unit_of_work() as session:
        session.add(Note(id=1, text="", secret="one", other="another"))
    tamper(notes, "secret = other, other = secret")
    with notes.unit_of_work(writes=False) as session:
        note = session.get_one(Note, 1)
        assert isinstance(note.secret, Unopenable)
        assert isinstance(note.other, Unopenable)


@pytest.mark.parametrize("damaged", ["''", "'nonsense'", "substr(secret, 1, 6)"])
def test_what_cannot_be_opened_leaves_the_others_readable(notes: Database, damaged: str) -> None:
    with notes.unit_of_work() as session:
        session.add_all(Note(text="", secret=f"secret {n}") for n in range(3))
    with notes.unit_of_work() as session:
        if not damaged.startswith("substr"):
            damaged = f"CAST({damaged} AS {'BLOB' if notes.is_sqlite else 'bytea'})"
        session.execute(text(f"UPDATE note SET secret = {damaged} WHERE id = 2"))  # noqa: S608
    with notes.unit_of_work() as session:
        values = session.scalars(select(Note.secret).order_by(Note.id)).all()
        assert [values[0], values[2]] == ["secret 0", "secret 2"]
        assert isinstance(values[1], Unopenable)
        # It is left alone when its row is changed, and can be replaced.
        session.get_one(Note, 2).text = "changed"
    with notes.unit_of_work() as session:
        session.get_one(Note, 2).secret = "written again"
    with notes.unit_of_work(writes=False) as session:
        assert session.get_one(Note, 2).secret == "written again"


def test_what_cannot_be_opened_is_logged_once_without_content(notes: Database) -> None:
    with notes.unit_of_work() as session:
        session.add(Note(id=1, text="", secret="a secret"))
    tamper(notes, "id = 2")
    with capture_logs() as logs:
        for _again in range(3):
            with notes.unit_of_work(writes=False) as session:
                session.scalars(select(Note.secret)).all()
    assert logs == [
        {
            "event": "sealed_value_unopenable", "log_level": "error", "value": "note.secret",
            "row": 2, "reason": "it was altered or moved",
        }
    ]  # fmt: skip


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), secret=st.text(st.characters(exclude_characters="\0")))
def test_bytes_and_text_come_back_as_they_were(
    notes: Database, content: bytes, secret: str
) -> None:
    with notes.unit_of_work() as session:
        note = Note(text="", secret=secret, content=content)
        session.add(note)
        session.flush()
        session.expire(note)
        assert (note.secret, note.content) == (secret, content)


def test_a_value_can_be_read_through_joins_and_aliases(notes: Database) -> None:
    with notes.unit_of_work() as session:
        session.add_all([Note(text="a", secret="first"), Note(text="b", secret="second")])
        session.flush()
        other = aliased(Note)
        rows = session.execute(
            select(Note.secret.label("one"), other.secret).join(other, other.id == Note.id + 1)
        ).all()
        assert [tuple(row) for row in rows] == [("first", "second")]
        session.expire_all()
        found = session.scalars(select(other).order_by(other.id)).all()
        assert [note.secret for note in found] == ["first", "second"]


def test_ids_ascend_in_the_order_of_adding_and_mix_with_reserved_ones(notes: Database) -> None:
    with notes.unit_of_work() as session:
        session.add_all(Note(text=str(n), secret="x" if n % 2 else None) for n in range(4))
        session.flush()
        (reserved,) = reserve_ids(session, Note.__table__, 1)
        session.execute(
            insert(Note).values(id=reserved, text="4", secret=for_row("written out", reserved))
        )
        session.add(Note(text="5", secret="x"))
    with notes.unit_of_work(writes=False) as session:
        assert session.scalars(select(Note.text).order_by(Note.id)).all() == list("012345")
        assert session.scalars(select(Note.secret).where(Note.text == "4")).one() == "written out"


def test_a_value_that_is_bound_to_no_row_is_refused(notes: Database) -> None:
    with pytest.raises(StatementError, match="bound to a row"), notes.unit_of_work() as session:
        session.execute(insert(Note).values(id=1, text="", secret="loose"))


OLD = Keyring("old", {"old": b"o" * 32})
BOTH = Keyring("new", {"new": b"n" * 32, "old": b"o" * 32})
INDEX = b"i" * 32


@given(st.binary(), st.integers(1))
def test_what_an_old_key_sealed_opens_after_rotation(plain: bytes, row_id: int) -> None:
    sealed = Sealer(OLD, INDEX).seal(plain, "a.b", row_id)
    rotated = Sealer(BOTH, INDEX)
    assert rotated.unseal(sealed, "a.b", row_id) == plain
    assert not rotated.is_current(sealed)
    assert rotated.is_current(rotated.seal(plain, "a.b", row_id))


@given(st.binary(), st.integers(min_value=0), st.integers(1, 255))
def test_an_altered_value_never_opens(plain: bytes, place: int, flip: int) -> None:
    sealed = bytearray(Sealer(OLD, INDEX).seal(plain, "a.b", 1))
    sealed[place % len(sealed)] ^= flip
    with pytest.raises(UnsealError):
        Sealer(OLD, INDEX).unseal(bytes(sealed), "a.b", 1)


@given(st.binary(max_size=60))
def test_nonsense_is_no_sealed_value(nonsense: bytes) -> None:
    with pytest.raises(UnsealError):
        Sealer(OLD, INDEX).unseal(nonsense, "a.b", 1)


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
    made = Database(sqlite_url)
    Base.metadata.create_all(made.engine)
    with made.unit_of_work() as writer:
        writer.add(Note(id=1, text="not yet"))
        writer.flush()
        with made.unit_of_work(writes=False) as reader:
            assert reader.scalars(select(Note)).all() == []
    made.close()
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        assert connection.execute("SELECT text FROM note").fetchone() == ("not yet",)


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
