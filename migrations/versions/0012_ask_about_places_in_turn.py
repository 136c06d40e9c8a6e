"""Ask about places in turn

Revision: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Questions last a day: one that was asked before has nothing waiting.
    with op.batch_alter_table("place_question", schema=None) as batch_op:
        batch_op.add_column(sa.Column("waiting", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("place_question", schema=None) as batch_op:
        batch_op.alter_column("waiting", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("place_question", schema=None) as batch_op:
        batch_op.drop_column("waiting")
