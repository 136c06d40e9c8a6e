"""Keep a register of addresses

Revision: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address_edition",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("file", sa.String(length=120), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_edition")),
    )
    op.create_table(
        "street_name",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_street_name")),
        sa.UniqueConstraint("name", name=op.f("uq_street_name_name")),
    )
    op.create_table(
        "street",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name_id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("postcode", sa.String(length=4), nullable=False),
        sa.Column("town", sa.String(length=80), nullable=False),
        sa.Column("locality", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["name_id"], ["street_name.id"], name=op.f("fk_street_name_id_street_name")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_street")),
        sa.UniqueConstraint(
            "name_id",
            "municipality",
            "postcode",
            "locality",
            name=op.f("uq_street_name_id_municipality_postcode_locality"),
        ),
    )
    with op.batch_alter_table("street", schema=None) as batch_op:
        batch_op.create_index("ix_street_municipality", ["municipality"], unique=False)

    op.create_table(
        "street_name_key",
        sa.Column(
            "key",
            sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["name_id"],
            ["street_name.id"],
            name=op.f("fk_street_name_key_name_id_street_name"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", "name_id", name=op.f("pk_street_name_key")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("street_name_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_street_name_key_name_id"), ["name_id"], unique=False)

    op.create_table(
        "street_name_slip",
        sa.Column("code", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["name_id"],
            ["street_name.id"],
            name=op.f("fk_street_name_slip_name_id_street_name"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code", "name_id", name=op.f("pk_street_name_slip")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("street_name_slip", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_street_name_slip_name_id"), ["name_id"], unique=False)

    op.create_table(
        "address",
        sa.Column("street_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("letter", sa.String(length=1), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["street_id"], ["street.id"], name=op.f("fk_address_street_id_street")
        ),
        sa.PrimaryKeyConstraint("street_id", "number", "letter", name=op.f("pk_address")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("address")
    with op.batch_alter_table("street_name_slip", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_street_name_slip_name_id"))

    op.drop_table("street_name_slip")
    with op.batch_alter_table("street_name_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_street_name_key_name_id"))

    op.drop_table("street_name_key")
    with op.batch_alter_table("street", schema=None) as batch_op:
        batch_op.drop_index("ix_street_municipality")

    op.drop_table("street")
    op.drop_table("street_name")
    op.drop_table("address_edition")
