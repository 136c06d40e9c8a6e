"""Count codes alike for all addresses

Revision: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("asked_secret", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_within", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        batch_op.drop_index("ix_asked_secret_channel_is_sent_asked_at")
        batch_op.create_index("ix_asked_secret_channel_asked_at", ["channel", "asked_at"])
    with op.batch_alter_table("asked_secret", schema=None) as batch_op:
        batch_op.alter_column("is_within", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("asked_secret", schema=None) as batch_op:
        batch_op.drop_index("ix_asked_secret_channel_asked_at")
        batch_op.create_index(
            "ix_asked_secret_channel_is_sent_asked_at", ["channel", "is_sent", "asked_at"]
        )
        batch_op.drop_column("is_within")
