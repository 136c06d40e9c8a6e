"""Put the country into an area's key

Revision: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CODE = 32
CODE_WITH_COUNTRY = CODE + len("no:")


def upgrade() -> None:
    # Until now only Denmark could be imported.
    op.add_column(
        "area", sa.Column("country", sa.String(length=2), nullable=False, server_default="dk")
    )
    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.alter_column("country", server_default=None)
        batch_op.drop_constraint(batch_op.f("uq_area_kind_code"), type_="unique")
    # What a downgrade had kept of other countries comes back.
    op.execute(
        "UPDATE area SET country = substr(code, 1, 2), code = substr(code, 4) "
        "WHERE substr(code, 3, 1) = ':'"
    )
    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.alter_column(
            "code", type_=sa.String(length=CODE), existing_type=sa.String(CODE_WITH_COUNTRY)
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_area_country_kind_code"), ["country", "kind", "code"]
        )


def downgrade() -> None:
    # The areas of other countries stay, because people follow them: their codes name the country.
    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.alter_column(
            "code", type_=sa.String(length=CODE_WITH_COUNTRY), existing_type=sa.String(CODE)
        )
        batch_op.drop_constraint(batch_op.f("uq_area_country_kind_code"), type_="unique")
    op.execute("UPDATE area SET code = country || ':' || code WHERE country <> 'dk'")
    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_area_kind_code"), ["kind", "code"])
        batch_op.drop_column("country")
