"""Danish at ``/...``, English at ``/en/...``: no cookie, no guessing, one URL per page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from flask import Flask, request
from flask_babel import Babel

from web.languages.catalogues import RoomTranslations, translation_directories
from web.languages.choice import DEFAULT_LANGUAGE, LANGUAGES, current_language
from web.languages.public_addresses import language_prefix
from web.languages.time_zone import TIMEZONE

LANGUAGE_KEY = "varsko.language"
ROOT_KEY = "varsko.root"

StartResponse = Callable[..., Any]


class LanguagePrefix:
    """WSGI middleware: moves a leading ``/en`` from the path into SCRIPT_NAME.

    Routes are written once; ``url_for`` keeps the language of the current page. The environment
    then has the language, and the original SCRIPT_NAME.
    """

    def __init__(self, wsgi_app: Callable[..., Iterable[bytes]]) -> None:
        self.wsgi_app = wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        root: str = environ.get("SCRIPT_NAME", "")
        first, _, rest = path.removeprefix("/").partition("/")
        language = DEFAULT_LANGUAGE
        if path.startswith("/") and first in LANGUAGES and first != DEFAULT_LANGUAGE:
            language = first
            environ["SCRIPT_NAME"] = f"{root}/{first}"
            environ["PATH_INFO"] = f"/{rest}"
        environ[LANGUAGE_KEY] = language
        environ[ROOT_KEY] = root
        return self.wsgi_app(environ, start_response)


def init_app(app: Flask) -> None:
    """Set up Flask-Babel with the rooms' catalogues, and the ``/en`` prefix."""
    babel = Babel()
    babel.init_app(
        app,
        default_locale=DEFAULT_LANGUAGE,
        default_timezone=TIMEZONE,
        locale_selector=_language_of_request,
    )
    babel.domain_instance = RoomTranslations(translation_directories())
    app.wsgi_app = LanguagePrefix(app.wsgi_app)  # type: ignore[method-assign]
    app.jinja_env.globals.update(
        current_language=current_language,
        language_urls=language_urls,
        local_path=local_path,
        other_language_url=other_language_url,
    )


def language_urls(path: str | None = None) -> list[tuple[str, str, str]]:
    """This page, or one of our paths, in each language: (code, the language's own name, URL)."""
    if path is None:
        return [(code, name, _same_page_in(code)) for code, name in LANGUAGES.items()]
    root = request.environ.get(ROOT_KEY, "")
    local = path.removeprefix(request.environ.get("SCRIPT_NAME", ""))
    return [
        (code, name, f"{root}{language_prefix(code)}{local}") for code, name in LANGUAGES.items()
    ]


def other_language_url() -> str:
    """The URL of this page in the other language."""
    other = next(code for code in LANGUAGES if code != current_language())
    return _same_page_in(other)


def local_path(path: str) -> str:
    """One of our absolute paths (``/tilmeld``) in the language of this page."""
    script_name: str = request.environ.get("SCRIPT_NAME", "")
    return script_name + path


def _same_page_in(language: str) -> str:
    root = request.environ.get(ROOT_KEY, "")
    # Quoted, because browsers read "/\\host" as the URL of another server.
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    query = request.query_string.decode("ascii", "replace")
    return f"{root}{language_prefix(language)}{path}" + (f"?{query}" if query else "")


def _language_of_request() -> str | None:
    if not request:
        return None
    language: str | None = request.environ.get(LANGUAGE_KEY)
    return language
