"""Apps that tests build themselves, and close again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from database import Database
from dispatch.providers.directory import close_providers

Builder = Callable[..., tuple[str, str]]


class RuleCompiledOnce(Rule):
    """A URL rule whose code is made once: thousands of apps with the same rules are built here.

    Making it takes most of the time in which an app starts.
    """

    _made: dict[tuple[Any, ...], Builder] = {}  # noqa: RUF012 - shared by all on purpose

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        defaults = tuple(sorted((self.defaults or {}).items()))
        key = (self.rule, tuple(self._trace), defaults, append_unknown)
        if key not in self._made:
            self._made[key] = super()._compile_builder(append_unknown)
        return self._made[key]


def close_app(app: Flask) -> None:
    """Close what an app has opened: its providers' connections and threads, and its database's.

    What is left open is found by the garbage collector, in the midst of another test.
    """
    close_providers(app)
    database: Database = app.extensions["varsko_database"]
    database.close()
