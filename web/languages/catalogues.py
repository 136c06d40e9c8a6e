"""The translations that the app reads: each room keeps its own in ``<room>/translations``.

Danish is the source language: message ids are Danish. The compiled files are made at start.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import structlog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from rooms import ROOMS, ROOT

log = structlog.get_logger(__name__)


def translation_directories() -> list[Path]:
    """The ``translations`` directories of the rooms and of the root that exist, absolute."""
    candidates = [*(ROOT / room / "translations" for room in ROOMS), ROOT / "translations"]
    return [directory for directory in candidates if directory.is_dir()]


def compile_catalogues(directory: Path) -> None:
    """Write ``messages.mo`` beside each ``messages.po`` that is newer.

    Several processes may start at once: each writes a file of its own and renames it.
    """
    for source in sorted(directory.glob("*/LC_MESSAGES/messages.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, suffix=".mo.part")
        with os.fdopen(descriptor, "wb") as compiled:
            write_mo(compiled, catalogue)
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
        log.debug("catalogue_compiled", room=directory.parent.name, messages=len(catalogue))
