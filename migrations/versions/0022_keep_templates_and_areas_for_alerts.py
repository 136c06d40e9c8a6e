"""Keep templates and areas for alerts

Going back, they are lost; alerts that were begun with them are not.

Revision: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_preset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(32), nullable=True),
        sa.Column("severity", sa.String(32), nullable=False),
        sa.Column("target", sa.JSON(), nullable=True),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff.id"], name=op.f("fk_alert_preset_created_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["edited_by"], ["staff.id"], name=op.f("fk_alert_preset_edited_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_preset")),
        sa.UniqueConstraint(
            "district_code", "name", name=op.f("uq_alert_preset_district_code_name")
        ),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("alert_preset")
