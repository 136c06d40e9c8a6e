"""``python -m migrations.new "Add a column"``: a migration from what the models have changed.

The models are compared with a new SQLite database at the newest migration. Read what comes out.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from cli import alembic_config


def write_migration(message: str) -> None:
    """Write a file to ``migrations/versions``."""
    with tempfile.TemporaryDirectory() as folder:
        config = alembic_config(f"sqlite:///{Path(folder) / 'newest.db'}")
        command.upgrade(config, "head")
        command.revision(config, message, autogenerate=True)


if __name__ == "__main__":
    write_migration(sys.argv[1])
