"""Keep the local name of a sign-up's area

Revision: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sign_up_area", schema=None) as batch_op:
        batch_op.add_column(sa.Column("local_name", sa.String(length=100), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sign_up_area", schema=None) as batch_op:
        batch_op.drop_column("local_name")
