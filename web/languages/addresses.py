"""The addresses of our pages as citizens see them: the configured one, and the language's prefix.

A request's Host header is a stranger's word.
"""

from __future__ import annotations

from flask import current_app

from config import Config, current_config
from web.languages.choice import DEFAULT_LANGUAGE


def language_prefix(language: str) -> str:
    """What an address in this language begins with: nothing in Danish, else ``/en``."""
    return "" if language == DEFAULT_LANGUAGE else f"/{language}"


def public_address(config: Config, path: str, language: str = DEFAULT_LANGUAGE) -> str:
    """The whole address of a path of ours (``/varsel/ABC123``), in a language."""
    return config.public_url.rstrip("/") + language_prefix(language) + path


def public_page(endpoint: str, language: str = DEFAULT_LANGUAGE, **values: str) -> str:
    """The whole address of one of our pages, in a language."""
    path = current_app.url_map.bind("").build(endpoint, values)
    return public_address(current_config(), path, language)
