"""Old entries of the audit trail go; the database refuses it for any that are not old."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import DatabaseError

from audit.models import AuditEntry
from audit.trail import forget_entries, record
from audit.triggers import YOUNGEST_DELETED_DAYS
from config import ConfigError
from config.safety import LEAST_AUDIT_DAYS
from database import current_database, utcnow
from tests.retention.conftest import Work
from tests.retention.factories import DAY, count, deleted_now
from tests.settings import make_config

KEPT = 1825


def make_entry(work: Work, age: float) -> int:
    """An entry that was made so many days ago, by the database's own clock."""
    with work() as session:
        entry = record(session, None, "alert.published", "alert", 17)
        entry.at = utcnow() - age * DAY
        session.flush()
        return entry.id


def test_entries_go_when_they_are_old_enough(work: Work) -> None:
    old, young = make_entry(work, KEPT + 0.1), make_entry(work, KEPT - 0.1)
    assert deleted_now() == {"audit": 1}
    assert count(AuditEntry, AuditEntry.id == old) == 0
    assert count(AuditEntry, AuditEntry.id == young) == 1


@pytest.mark.parametrize("age", [0, 30, YOUNGEST_DELETED_DAYS - 1])
def test_the_database_refuses_to_delete_what_is_not_old(work: Work, age: int) -> None:
    made = make_entry(work, age)
    for attempt in (
        delete(AuditEntry).where(AuditEntry.id == made),
        text("DELETE FROM audit_entry"),
    ):
        with pytest.raises(DatabaseError, match="never changed"), work() as session:
            session.execute(attempt)
    with pytest.raises(DatabaseError, match="never changed"), work() as session:
        forget_entries(session, utcnow() + DAY)
    assert count(AuditEntry) == 1


def test_an_old_entry_cannot_be_changed_either(work: Work) -> None:
    make_entry(work, KEPT + 10)
    with pytest.raises(DatabaseError, match="never changed"), work() as session:
        session.execute(text("UPDATE audit_entry SET actor_name = 'somebody else'"))


def test_an_entry_cannot_be_made_old_to_delete_it(work: Work) -> None:
    make_entry(work, 0)
    with pytest.raises(DatabaseError, match="never changed"), work() as session:
        session.execute(text("UPDATE audit_entry SET at = '2001-01-01 00:00:00'"))


def test_no_setting_reaches_what_the_database_keeps() -> None:
    assert LEAST_AUDIT_DAYS > YOUNGEST_DELETED_DAYS
    with pytest.raises(ConfigError, match="VARSKO_KEEP_AUDIT_DAYS"):
        make_config(keep_audit_days=LEAST_AUDIT_DAYS - 1)


def test_what_was_deleted_stands_in_the_trail_itself(work: Work) -> None:
    make_entry(work, KEPT + 1)
    deleted_now()
    with current_database().unit_of_work(writes=False) as session:
        (entry,) = session.query(AuditEntry).all()
        assert (entry.action, entry.actor_name, entry.detail) == ("retention.run", "", {"audit": 1})
