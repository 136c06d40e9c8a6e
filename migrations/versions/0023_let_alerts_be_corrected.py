"""Let alerts be corrected

The kinds of releases are text, so nothing is added. Going back, a correction is an update; coming
again, it is a correction as before.

Revision: 0023
Revises: 0022
"""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE alert_release SET kind = 'correction'"
        " WHERE kind = 'update' AND key LIKE 'correction:%'"
    )


def downgrade() -> None:
    op.execute("UPDATE alert_release SET kind = 'update' WHERE kind = 'correction'")
