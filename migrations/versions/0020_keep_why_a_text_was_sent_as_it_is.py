"""Keep why a text was sent as it is

The reason for what the rules of wording call grave, with the release. Going back, it is lost.

Revision: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("alert_release", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wording_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("alert_release", schema=None) as batch_op:
        batch_op.drop_column("wording_reason")
