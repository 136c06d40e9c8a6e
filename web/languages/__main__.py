"""``python -m web.languages``: the same as ``flask translations``, without settings."""

from __future__ import annotations

from web.languages.cli import translations

if __name__ == "__main__":
    translations()
