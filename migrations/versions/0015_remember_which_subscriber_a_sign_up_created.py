"""Remember which subscriber a sign-up created

Revision: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "subscriber_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.create_index(
            batch_op.f("ix_sign_up_subscriber_id"), ["subscriber_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_sign_up_subscriber_id_subscriber"),
            "subscriber",
            ["subscriber_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_sign_up_subscriber_id_subscriber"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_sign_up_subscriber_id"))
        batch_op.drop_column("subscriber_id")
