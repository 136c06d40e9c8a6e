"""What somebody with access to the database could do to sealed values, for tests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import LargeBinary, literal, update
from sqlalchemy.orm import Session


def break_sealed(session: Session, attribute: Any, *row_ids: int) -> None:
    """Put something into a sealed column of these rows that no key opens."""
    table, name = attribute.class_.__table__, attribute.key
    session.execute(
        update(table)
        .where(table.c.id.in_(row_ids))
        .values({name: literal(b"\x02t1 nobody sealed this", LargeBinary)})
    )
