"""The settings file: every setting with its description and default."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from config.declaring import declared, variable
from config.provider_settings import ProviderSettings
from config.settings import Config

HEAD = """\
# Every setting of Varsko. `python -m config` writes this file with new keys in it.
# Fill in what is empty; a line that begins with # shows a default. Put a value with spaces or
# special characters in single quotes. Read it with `set -a; . ./varsko.env; set +a`, or by
# systemd's EnvironmentFile=. Only the service and its operators may be able to read it."""


def settings_file(providers: Sequence[type[ProviderSettings]], *, with_keys: bool) -> str:
    """A settings file with every setting; only those that must be filled in are uncommented."""
    lines = [HEAD, *_lines_of(Config, "", with_keys)]
    for provider in providers:
        lines.append(_heading(_section_of(provider)))
        lines += _lines_of(provider, provider.prefix(), with_keys)
    return "\n".join(lines) + "\n"


def _section_of(provider: type[ProviderSettings]) -> str:
    if provider.channel == "email":
        return f"E-mail through {provider.title}"
    return f"SMS through {provider.title} ({provider.provider}): leave empty if no sender is there"


def _heading(section: str) -> str:
    return f"\n# ---- {section} ----\n"


def _lines_of(cls: type[Any], prefix: str, with_keys: bool) -> Iterator[str]:
    for name, field in declared(cls).items():
        about = field.metadata
        if about["section"]:
            yield _heading(about["section"])
        yield f"# {about['should_be']}"
        assignment = variable(name, prefix)
        if field.default is dataclasses.MISSING:
            yield f"{assignment}={about['make']() if with_keys and about['make'] else ''}"
        else:
            yield f"#{assignment}={'' if field.default in ((), None) else field.default}"
