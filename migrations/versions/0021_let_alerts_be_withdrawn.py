"""Let alerts be withdrawn

The states are text, so nothing is added. Going back, a withdrawn alert is cancelled: no page of
that version knows how to withhold what it said. Coming again, it is withdrawn as before.

Revision: 0021
Revises: 0020
"""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

COMING = (
    "UPDATE alert_release SET kind = 'withdrawal'"
    " WHERE kind = 'closure' AND key LIKE 'withdrawal:%'",
    "UPDATE alert SET status = 'withdrawn', outcome = 'withdrawn'"
    " WHERE status = 'cancelled'"
    " AND id IN (SELECT alert_id FROM alert_release WHERE kind = 'withdrawal')",
)
GOING = (
    "UPDATE alert_release SET kind = 'closure' WHERE kind = 'withdrawal'",
    "UPDATE alert SET status = 'cancelled', outcome = 'resolved' WHERE status = 'withdrawn'",
)


def upgrade() -> None:
    for statement in COMING:
        op.execute(statement)


def downgrade() -> None:
    for statement in GOING:
        op.execute(statement)
