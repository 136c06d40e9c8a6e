"""Declaring settings as fields of a dataclass, and reading them from the environment."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

PREFIX = "VARSKO_"
TEST_PREFIX = "VARSKO_TEST_"
"""Variables with this prefix tell the test suite where its databases are; not settings."""


class ConfigError(Exception):
    """A setting is missing, malformed or unsafe; the message names it and says what to do."""


def setting(
    field: fields.Field[Any],
    should_be: str,
    default: Any = dataclasses.MISSING,
    *,
    section: str = "",
    make: Callable[[], str] | None = None,
) -> Any:
    """Declare a setting: its parser, a description for people, and its default if any.

    ``section`` starts a new section of the settings file; ``make`` generates a value.
    """
    about = {"field": field, "should_be": should_be, "section": section, "make": make}
    return dataclasses.field(default=default, repr=False, metadata=about)


def declared(cls: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    """The settings that a dataclass declares, by field name."""
    return {f.name: f for f in dataclasses.fields(cls) if "should_be" in f.metadata}


def variable(name: str, prefix: str = "") -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{prefix}{name}".upper()


def load(cls: type[Any], environment: Mapping[str, str], prefix: str = "") -> dict[str, Any]:
    """The parsed values of those of a dataclass's settings that are given; empty ones are not.

    Raises :class:`ConfigError` for the first one that is malformed.
    """
    known = declared(cls)
    given = {
        name: value for name in known if (value := environment.get(variable(name, prefix), ""))
    }
    schema = Schema.from_dict({name: f.metadata["field"] for name, f in known.items()})()
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        wrong: dict[str, Any] = error.normalized_messages()
        name = next(iter(wrong))
        reason = " ".join(str(message) for message in wrong[name]).rstrip(".")
        raise ConfigError(
            f"{variable(name, prefix)} is malformed ({reason}): "
            f"it should be {known[name].metadata['should_be']}"
        ) from error
    return loaded


def require_all(cls: type[Any], loaded: Mapping[str, Any], prefix: str = "") -> None:
    """Raise :class:`ConfigError` for the first setting that has neither value nor default."""
    for name, field in declared(cls).items():
        if name not in loaded and field.default is dataclasses.MISSING:
            raise ConfigError(
                f"{variable(name, prefix)} is missing: it should be {field.metadata['should_be']}"
            )


def refuse_unknown(environment: Mapping[str, str], known: Iterable[str]) -> None:
    """Raise :class:`ConfigError` for a variable that looks like a setting but isn't one."""
    names = set(known)
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in names and not name.startswith(TEST_PREFIX):
            raise ConfigError(f"{name} is not a setting: `python -m config` lists them all")
