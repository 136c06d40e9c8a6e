"""Forget who left, and see on which cases nothing happens

Accounts that are closed already begin their time now, where the audit trail does not tell since
when. Going back needs every number that was forgotten: contacts without one are deleted.

Revision: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

DEACTIVATED_AT = """
    UPDATE staff SET deactivated_at = coalesce(
        (SELECT max(at) FROM audit_entry
         WHERE action = 'staff.deactivated' AND subject = 'staff'
           AND subject_id = CAST(staff.id AS VARCHAR)),
        CURRENT_TIMESTAMP)
    WHERE NOT active
"""


def upgrade() -> None:
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.alter_column("address", existing_type=sa.LargeBinary(), nullable=True)
    with op.batch_alter_table("staff", schema=None) as batch_op:
        for column in ("deactivated_at", "anonymised_at"):
            batch_op.add_column(sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.execute(DEACTIVATED_AT)
    with op.batch_alter_table("police_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("police_case", schema=None) as batch_op:
        batch_op.drop_column("confirmed_at")
    with op.batch_alter_table("staff", schema=None) as batch_op:
        for column in ("anonymised_at", "deactivated_at"):
            batch_op.drop_column(column)
    op.execute("DELETE FROM contact WHERE address IS NULL")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.alter_column("address", existing_type=sa.LargeBinary(), nullable=False)
