"""The public URLs of our pages: the configured address, and the language's prefix.

Never built from a request's Host header, which anybody can set.
"""

from __future__ import annotations

from flask import current_app

from config import Config, current_config
from web.languages.choice import DEFAULT_LANGUAGE


def language_prefix(language: str) -> str:
    """The path prefix of a language: empty for Danish, else ``/en``."""
    return "" if language == DEFAULT_LANGUAGE else f"/{language}"


def public_address(config: Config, path: str, language: str = DEFAULT_LANGUAGE) -> str:
    """The full URL of one of our paths (``/varsel/ABC123``), in a language."""
    return config.public_url.rstrip("/") + language_prefix(language) + path


def public_page(endpoint: str, language: str = DEFAULT_LANGUAGE, **values: str) -> str:
    """The full URL of one of our pages, in a language."""
    path = current_app.url_map.bind("").build(endpoint, values)
    return public_address(current_config(), path, language)
