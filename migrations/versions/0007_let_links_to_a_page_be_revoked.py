"""Let links to a subscriber's page be revoked

Revision: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("subscriber", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("page_links", sa.SmallInteger(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("subscriber", schema=None) as batch_op:
        batch_op.alter_column("page_links", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("subscriber", schema=None) as batch_op:
        batch_op.drop_column("page_links")
