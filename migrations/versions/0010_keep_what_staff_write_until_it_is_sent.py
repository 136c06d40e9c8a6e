"""Keep what staff write until it is sent

Revision: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unsent_form",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("written", sa.LargeBinary(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
            name=op.f("fk_unsent_form_staff_id_staff"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unsent_form")),
        sa.UniqueConstraint("staff_id", "form_id", name=op.f("uq_unsent_form_staff_id_form_id")),
    )
    with op.batch_alter_table("unsent_form", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unsent_form_saved_at"), ["saved_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("unsent_form", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unsent_form_saved_at"))

    op.drop_table("unsent_form")
