"""Rows of the ledger change where they stand; whom it lacks is found in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DUE = sa.text("next_attempt_at IS NOT NULL")
KNOWN = sa.text("provider_ref IS NOT NULL")


def upgrade() -> None:
    # Whom the ledger lacks is found in the ledger.
    with op.batch_alter_table("expansion") as table:
        table.drop_column("distance_m")
        table.drop_column("contact_id")
        table.add_column(sa.Column("first_id", BIG_ID, nullable=True))
    op.drop_index("ix_delivery_provider_ref", "delivery")
    op.drop_index("ix_delivery_due", "delivery")
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["next_attempt_at"],
        postgresql_where=DUE,
        sqlite_where=DUE,
    )
    if op.get_context().dialect.name == "postgresql":
        # For pages that are written from now on.
        op.execute("ALTER TABLE delivery SET (fillfactor = 50)")


def downgrade() -> None:
    with op.batch_alter_table("expansion") as table:
        table.add_column(sa.Column("distance_m", sa.Integer(), nullable=True))
        table.add_column(sa.Column("contact_id", BIG_ID, nullable=True))
        table.drop_column("first_id")
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE delivery RESET (fillfactor)")
    op.drop_index("ix_delivery_due", "delivery")
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["state", "next_attempt_at"],
        postgresql_where=DUE,
        sqlite_where=DUE,
    )
    op.create_index(
        "ix_delivery_provider_ref",
        "delivery",
        ["provider_ref"],
        postgresql_where=KNOWN,
        sqlite_where=KNOWN,
    )
