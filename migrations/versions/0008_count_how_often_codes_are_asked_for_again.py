"""Count how often codes are asked for again

Revision: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("resends", sa.SmallInteger(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.alter_column("resends", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.drop_column("resends")
