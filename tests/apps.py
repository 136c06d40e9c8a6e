"""Apps that tests build themselves, and close again."""

from __future__ import annotations

from flask import Flask

from database import Database
from dispatch.providers.directory import close_providers


def close_app(app: Flask) -> None:
    """Close what an app has opened: its providers' connections and threads, and its database's.

    What is left open is found by the garbage collector, in the midst of another test.
    """
    close_providers(app)
    database: Database = app.extensions["varsko_database"]
    database.close()
