"""The list of rooms, and the project's root folder.

A new room is one line here. The app, the migrations and the message catalogues all read this
list; where a tool's own configuration must name the rooms too, ``tests/test_house.py`` says
which line is missing.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent

ROOMS = (
    "demo",
    "tips",
    "alerts",
    "cases",
    "subscribers",
    "retention",
    "callout",
    "dispatch",
    "areas",
    "about",
    "staff",
    "audit",
    "web",
)
"""Top to bottom: a room may import from those below it, and is set up after them."""
