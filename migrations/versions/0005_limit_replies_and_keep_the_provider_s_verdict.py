"""Limit replies, and keep what the provider says that a message asks for

Revision: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

VERDICTS = sa.Enum("STOP", "START", "HELP", name="opted", native_enum=False, length=8)


def upgrade() -> None:
    op.create_table(
        "reply_count",
        sa.Column("sender_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sender_hash", name=op.f("pk_reply_count")),
    )
    op.create_index(op.f("ix_reply_count_hour"), "reply_count", ["hour"], unique=False)
    with op.batch_alter_table("inbound_record") as batch_op:
        batch_op.add_column(sa.Column("opted", VERDICTS, nullable=True))
    # A STOP among them was acted on at once. Nobody is subscribed again by a guess.
    op.execute("UPDATE inbound_record SET opted = 'HELP' WHERE is_answered")
    with op.batch_alter_table("inbound_record") as batch_op:
        batch_op.drop_column("is_answered")


def downgrade() -> None:
    with op.batch_alter_table("inbound_record") as batch_op:
        batch_op.add_column(
            sa.Column("is_answered", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute(
        sa.text("UPDATE inbound_record SET is_answered = :yes WHERE opted IS NOT NULL").bindparams(
            yes=True
        )
    )
    with op.batch_alter_table("inbound_record") as batch_op:
        batch_op.alter_column("is_answered", server_default=None)
        batch_op.drop_column("opted")
    op.drop_table("reply_count")
