"""Let a second person approve alerts

Who changed an alert last is taken from the audit trail. Going back, what waits for approval or has
it becomes a draft again, what was rejected is cancelled, and nobody is an approver any more.

Revision: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

EDITED_BY = """
    UPDATE alert SET edited_by =
        (SELECT staff_id FROM audit_entry
         WHERE id = (SELECT max(id) FROM audit_entry
                     WHERE action = 'alert.redrafted' AND subject = 'alert'
                       AND subject_id = CAST(alert.id AS VARCHAR)))
"""
GOING_BACK = (
    "UPDATE alert SET status = 'draft' WHERE status IN ('submitted', 'approved', 'returned')",
    "UPDATE alert SET status = 'cancelled' WHERE status = 'rejected'",
    "DELETE FROM staff_role WHERE role = 'approver'",
)


def upgrade() -> None:
    op.create_table(
        "approval_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
            name=op.f("fk_approval_step_alert_id_alert"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_approval_step_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_step")),
    )
    with op.batch_alter_table("approval_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approval_step_alert_id"), ["alert_id"], unique=False)
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.add_column(sa.Column("edited_by", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_alert_edited_by_staff"), "staff", ["edited_by"], ["id"]
        )
    op.execute(EDITED_BY)


def downgrade() -> None:
    for statement in GOING_BACK:
        op.execute(statement)
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_alert_edited_by_staff"), type_="foreignkey")
        batch_op.drop_column("edited_by")
    with op.batch_alter_table("approval_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_step_alert_id"))
    op.drop_table("approval_step")
