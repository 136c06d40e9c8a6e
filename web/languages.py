"""Danish at ``/...``, English at ``/en/...``: no cookie, no guessing, one address per text.

Danish is the source language: message ids are Danish, and each room keeps its own English
catalogue in ``<room>/translations``. The compiled files are made at start.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, has_app_context, request
from flask_babel import Babel, force_locale, get_locale

log = structlog.get_logger(__name__)

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_LANGUAGE = "da"
LANGUAGES = {"da": "Dansk", "en": "English"}
"""Language code to its own name, the default first."""
TIMEZONE = "Europe/Copenhagen"
ROOMS = ("areas", "staff", "dispatch", "subscribers", "cases", "alerts", "tips", "web", "demo")

LANGUAGE_KEY = "varsko.language"
ROOT_KEY = "varsko.root"

StartResponse = Callable[..., Any]


class LanguagePrefix:
    """WSGI middleware: moves a leading ``/en`` from the path into SCRIPT_NAME.

    Routes are written once; ``url_for`` keeps the language of the page it is called on.
    The environment then holds the language, and the SCRIPT_NAME that came from outside.
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
    """Compile the catalogues, set up Flask-Babel and the ``/en`` prefix."""
    directories = translation_directories()
    for directory in directories:
        compile_catalogues(directory)
    Babel().init_app(
        app,
        default_locale=DEFAULT_LANGUAGE,
        default_timezone=TIMEZONE,
        default_translation_directories=";".join(str(directory) for directory in directories),
        locale_selector=_language_of_request,
    )
    app.wsgi_app = LanguagePrefix(app.wsgi_app)  # type: ignore[method-assign]
    app.jinja_env.globals.update(
        current_language=current_language,
        language_urls=language_urls,
        local_path=local_path,
        other_language_url=other_language_url,
    )


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


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Translate into ``language`` inside the block; for texts sent to a person.

    Works in requests and in jobs. Raises RuntimeError without an app context, where
    Flask-Babel would silently stay Danish, and ValueError for a language we don't speak.
    """
    if language not in LANGUAGES:
        raise ValueError(f"Varsko does not speak {language!r}: it speaks {', '.join(LANGUAGES)}")
    if not has_app_context():
        raise RuntimeError("speaking() needs an app context")
    with force_locale(language):
        yield


def current_language() -> str:
    """The language that texts are shown in now: ``da`` or ``en``."""
    locale = get_locale()
    return str(locale.language) if locale else DEFAULT_LANGUAGE


def language_urls() -> list[tuple[str, str, str]]:
    """This page in each language: (code, the language's own name, address)."""
    return [(code, name, _same_page_in(code)) for code, name in LANGUAGES.items()]


def other_language_url() -> str:
    """The address of this page in the other language."""
    other = next(code for code in LANGUAGES if code != current_language())
    return _same_page_in(other)


def local_path(path: str) -> str:
    """An absolute path of ours (``/tilmeld``) in the language of this page."""
    script_name: str = request.environ.get("SCRIPT_NAME", "")
    return script_name + path


def _same_page_in(language: str) -> str:
    root = request.environ.get(ROOT_KEY, "")
    prefix = "" if language == DEFAULT_LANGUAGE else f"/{language}"
    # Quoted, for a browser reads "/\\host" as the address of another server.
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    query = request.query_string.decode("ascii", "replace")
    return f"{root}{prefix}{path}" + (f"?{query}" if query else "")


def _language_of_request() -> str | None:
    if not request:
        return None
    language: str | None = request.environ.get(LANGUAGE_KEY)
    return language
