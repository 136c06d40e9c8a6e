"""Detectors of links and addresses that lead elsewhere, hide where they lead, or follow readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from alerts.wording.phrases import words
from alerts.wording.rules import Rule
from alerts.wording.text import Hit, Span, Text

_TOKEN = re.compile(r"[^\s<>\"«»„“”()\[\]]+")
_BARE = re.compile(r"(?:[^\W_](?:[\w-]{0,62})\.){1,9}([a-z]{2,24})(?::\d{1,5})?(?:[/?#].*)?", re.I)
_AFTER = ".,;:!?'’"
_BEFORE = "'‘"


@dataclass(frozen=True)
class Link:
    """A link or an e-mail address in a text. An empty ``host`` could not be read."""

    span: Span
    host: str
    parts: SplitResult | None


def find_links(text: Text) -> Iterator[Link]:
    """Everything in a text that phones and mail programs turn into a link."""
    for match in _TOKEN.finditer(text.whole):
        token = match.group().rstrip(_AFTER)
        start = match.start() + len(token) - len(token.lstrip(_BEFORE))
        token = token.lstrip(_BEFORE)
        if token and (link := _read(token, Span(start, start + len(token)))):
            yield link


def _read(token: str, span: Span) -> Link | None:
    if "://" in token or token.lower().startswith("www."):
        return _split(token if "://" in token else f"http://{token}", span)
    address = token.removeprefix("mailto:")
    if "@" in address[1:] and "." in address.rpartition("@")[2]:
        return Link(span, address.rpartition("@")[2].lower(), None)
    bare = _BARE.fullmatch(token[:2048])
    domain = bare[1].lower() if bare else ""
    # Many domains are words as well: without a path, a space after a full stop is missing.
    has_path = "/" in token and domain in words("top_domains_with_path", "any")
    if has_path or domain in words("top_domains", "any"):
        return _split(f"http://{token}", span)
    return None


def _split(address: str, span: Span) -> Link:
    try:
        parts = urlsplit(address)
        return Link(span, (parts.hostname or "").rstrip("."), parts)
    except ValueError:
        return Link(span, "", None)


def links_elsewhere(text: Text, _rule: Rule) -> Iterator[Hit]:
    """A link or address at a host that is neither ours nor the police's."""
    for link in find_links(text):
        if not _is_ours(link.host, text) and not _is_shortener(link.host):
            yield Hit(link.span, facts={"host": link.host or "?"})


def links_shortened(text: Text, _rule: Rule) -> Iterator[Hit]:
    """A link that hides where it leads."""
    for link in find_links(text):
        if _is_shortener(link.host):
            yield Hit(link.span, facts={"host": link.host})


def links_tracked(text: Text, _rule: Rule) -> Iterator[Hit]:
    """A link that tells somebody who followed it; without that it is the same link."""
    for link in find_links(text):
        if link.parts is None:
            continue
        try:
            given = parse_qsl(link.parts.query, keep_blank_values=True, max_num_fields=50)
        except ValueError:
            continue
        kept = [(name, value) for name, value in given if not _follows(name)]
        if len(kept) < len(given):
            plain = link.parts._replace(query=urlencode(kept)).geturl()
            is_bare = "://" not in text.whole[link.span.start : link.span.end]
            yield Hit(link.span, plain.removeprefix("http://") if is_bare else plain)


def _follows(name: str) -> bool:
    return name.lower().startswith("utm_") or name.lower() in words("tracking", "any")


def _is_ours(host: str, text: Text) -> bool:
    known = text.setting.own_hosts | words("police_hosts", "any")
    return any(host == name or host.endswith(f".{name}") for name in known)


def _is_shortener(host: str) -> bool:
    return host.removeprefix("www.") in words("shorteners", "any")
