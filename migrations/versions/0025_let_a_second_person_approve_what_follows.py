"""Let a second person approve what follows an alert

Going back, updates, corrections and closing messages that wait for approval are lost, and so is who
approved those that were sent.

Revision: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_follow_up_alert_id_alert"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff.id"], name=op.f("fk_follow_up_created_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["edited_by"], ["staff.id"], name=op.f("fk_follow_up_edited_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["alert_release.id"],
            name=op.f("fk_follow_up_release_id_alert_release"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        sa.UniqueConstraint("release_id", name=op.f("uq_follow_up_release_id")),
    )
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_up_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_follow_up_status"), ["status"], unique=False)
    with op.batch_alter_table("approval_step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("follow_up_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("wording_reason", sa.Text(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_approval_step_follow_up_id"), ["follow_up_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_approval_step_follow_up_id_follow_up"),
            "follow_up",
            ["follow_up_id"],
            ["id"],
            ondelete="CASCADE",
        )


def downgrade() -> None:
    op.execute("DELETE FROM approval_step WHERE follow_up_id IS NOT NULL")
    with op.batch_alter_table("approval_step", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_approval_step_follow_up_id_follow_up"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_approval_step_follow_up_id"))
        batch_op.drop_column("wording_reason")
        batch_op.drop_column("follow_up_id")
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_up_status"))
        batch_op.drop_index(batch_op.f("ix_follow_up_alert_id"))
    op.drop_table("follow_up")
