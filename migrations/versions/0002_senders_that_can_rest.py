"""Senders that can rest, when a broadcast last moved, and batches by the order of sending."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sender",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sender")),
    )
    # What a sender is free from is worth seconds, and is learnt anew.
    op.drop_table("sender_pace")
    with op.batch_alter_table("broadcast_tally") as table:
        table.add_column(sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("batch") as table:
        table.drop_index("ix_batch_queue")
        table.create_index("ix_batch_queue", ["status", "channel", "rank", "first_id"])
    # From now on it is noted when a message is taken up who was to send it.
    for channel, provider in (("sms", "twilio"), ("email", "smtp")):
        op.execute(
            sa.text(
                "UPDATE delivery SET provider = :provider WHERE provider IS NULL "
                "AND channel = :channel AND state IN ('sending', 'unknown')"
            ).bindparams(provider=provider, channel=channel)
        )


def downgrade() -> None:
    with op.batch_alter_table("batch") as table:
        table.drop_index("ix_batch_queue")
        table.create_index("ix_batch_queue", ["status", "channel", "rank", "id"])
    with op.batch_alter_table("broadcast_tally") as table:
        table.drop_column("moved_at")
    op.create_table(
        "sender_pace",
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_sender_pace")),
    )
    op.drop_table("sender")
