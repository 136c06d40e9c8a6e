"""Limit codes by address, not by contact

Revision: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_secret",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_sent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_secret")),
    )
    with op.batch_alter_table("asked_secret", schema=None) as batch_op:
        batch_op.create_index(
            "ix_asked_secret_address_hash_asked_at", ["address_hash", "asked_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_asked_secret_asked_at"), ["asked_at"], unique=False)
        batch_op.create_index(
            "ix_asked_secret_channel_is_sent_asked_at",
            ["channel", "is_sent", "asked_at"],
            unique=False,
        )

    with op.batch_alter_table("sent_secret", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sent_secret_contact_id_sent_at"))
        batch_op.drop_index(batch_op.f("ix_sent_secret_sent_at"))

    op.drop_table("sent_secret")
    with op.batch_alter_table("sign_up_contact", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_limited", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("sign_up_contact", schema=None) as batch_op:
        batch_op.alter_column("is_limited", server_default=None)


def downgrade() -> None:
    op.create_table(
        "sent_secret",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
            name=op.f("fk_sent_secret_contact_id_contact"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_secret")),
    )
    with op.batch_alter_table("sent_secret", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sent_secret_sent_at"), ["sent_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_sent_secret_contact_id_sent_at"), ["contact_id", "sent_at"], unique=False
        )

    with op.batch_alter_table("asked_secret", schema=None) as batch_op:
        batch_op.drop_index("ix_asked_secret_channel_is_sent_asked_at")
        batch_op.drop_index(batch_op.f("ix_asked_secret_asked_at"))
        batch_op.drop_index("ix_asked_secret_address_hash_asked_at")

    op.drop_table("asked_secret")
    with op.batch_alter_table("sign_up_contact", schema=None) as batch_op:
        batch_op.drop_column("is_limited")
