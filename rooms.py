"""The rooms of the house, and where it is.

A new room is one line here. The app, the migrations and the message catalogues take the rooms
from this list; where a tool's own file must name them too, ``tests/test_house.py`` says which
line is missing.
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
    "dispatch",
    "areas",
    "staff",
    "audit",
    "web",
)
"""Top to bottom: a room imports from those below it, and is set up after them."""
