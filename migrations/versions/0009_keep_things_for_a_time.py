"""Keep alerts, the ledger, tips and the audit trail for a time

Since when a case has been closed is taken from the audit trail; where that does not tell, its
time begins now. The triggers let entries go that are old. Going back leaves them: the first
migration makes the same.

Revision: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit.triggers import create_triggers, drop_triggers

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CLOSED_AT = """
    UPDATE police_case SET closed_at = coalesce(
        (SELECT max(at) FROM audit_entry
         WHERE action = 'case.closed' AND subject = 'case'
           AND subject_id = CAST(police_case.id AS VARCHAR)),
        CURRENT_TIMESTAMP)
    WHERE status = 'closed'
"""
CASES = ("from_case_id", "to_case_id")


def upgrade() -> None:
    with op.batch_alter_table("police_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(CLOSED_AT)
    with op.batch_alter_table("tip_event", schema=None) as batch_op:
        for column in CASES:
            batch_op.create_index(batch_op.f(f"ix_tip_event_{column}"), [column], unique=False)
    op.create_table(
        "retention_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    with op.batch_alter_table("retention_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retention_run_started_at"), ["started_at"])
    drop_triggers(op.get_bind())
    create_triggers(op.get_bind())


def downgrade() -> None:
    op.drop_table("retention_run")
    with op.batch_alter_table("tip_event", schema=None) as batch_op:
        for column in CASES:
            batch_op.drop_index(batch_op.f(f"ix_tip_event_{column}"))
    with op.batch_alter_table("police_case", schema=None) as batch_op:
        batch_op.drop_column("closed_at")
