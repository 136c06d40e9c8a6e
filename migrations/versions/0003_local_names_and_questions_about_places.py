"""Add local names and questions about places

Revision: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "place_question",
        sa.Column("sender_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("area_ids", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sender_hash", name=op.f("pk_place_question")),
    )
    with op.batch_alter_table("place_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_place_question_asked_at"), ["asked_at"], unique=False)

    op.create_table(
        "local_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("well_known", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_local_name_area_id_area"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_name")),
        sa.UniqueConstraint("name", "area_id", name=op.f("uq_local_name_name_area_id")),
    )


def downgrade() -> None:
    op.drop_table("local_name")
    with op.batch_alter_table("place_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_place_question_asked_at"))

    op.drop_table("place_question")
