"""Remember what a question is about

Revision: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ABOUT = sa.Enum(
    "follow",
    "leave",
    "move_to",
    "move_from",
    "stop",
    name="asked",
    native_enum=False,
    length=32,
)


def upgrade() -> None:
    # What was asked before could only be about places to follow.
    with op.batch_alter_table("place_question", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about", ABOUT, nullable=False, server_default="follow"))
    with op.batch_alter_table("place_question", schema=None) as batch_op:
        batch_op.alter_column("about", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("place_question", schema=None) as batch_op:
        batch_op.drop_column("about")
