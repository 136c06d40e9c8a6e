"""Every text that people see exists in Danish and in English."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import Environment, nodes

from rooms import ROOT
from web.languages import extraction

TEMPLATES = sorted(
    path
    for room in extraction.rooms()
    if room != extraction.ROOT_ROOM
    for path in (ROOT / room).rglob("templates/**/*")
    if path.suffix in {".html", ".txt"}
)
SPOKEN_ATTRIBUTES = {"placeholder", "title", "aria-label", "alt", "aria-description"}
GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
SAME_EVERYWHERE = {
    "Varsko",
    "SMS",
    "HTTP",
    "API",
    "CAP",
    "GeoJSON",
    "Atom",
    "STOP",
    "START",
    "QR",
    "Dansk",
    "English",
}
"""Names that are not translated."""
NOT_SPOKEN = re.compile(r"""[\w-]+=("[^"]*"|'[^']*')|\S*/\S*""")
"""Attributes that a macro writes outside a tag, and parts of addresses."""
WORD = re.compile(r"[A-Za-zÆØÅæøåÉé]{2,}")
SENTENCE = re.compile(r"^[A-ZÆØÅ][a-zæøå]+|[æøåÆØÅ]|[a-zæøå] [a-zæøå]")


def plain_words(text: str) -> bool:
    """Whether a text holds a word that would have to be translated."""
    return any(word not in SAME_EVERYWHERE for word in WORD.findall(NOT_SPOKEN.sub("", text)))


class VisibleTexts(HTMLParser):
    """Collects the text nodes and spoken attributes of a template's own HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "code"}:
            self._silent += 1
        self.found += [
            f"{name}={value}"
            for name, value in attrs
            if name in SPOKEN_ATTRIBUTES and value and plain_words(value)
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "code"}:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent and plain_words(data):
            self.found.append(data.strip())


def untranslatable_texts(source: str, plain: bool = False) -> list[str]:
    """The texts in a template that stand outside ``_()``: in its HTML, or given to macros."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    own = "".join(
        value if kind == "data" else " " if kind.endswith("_begin") else ""
        for _line, kind, value in environment.lex(source)
    )
    if plain:
        texts = [line.strip() for line in own.splitlines() if plain_words(line)]
    else:
        parser = VisibleTexts()
        parser.feed(own)
        texts = parser.found
    return texts + list(_spoken_arguments(environment.parse(source)))


def _spoken_arguments(tree: nodes.Node) -> Iterator[str]:
    """Literal sentences among the arguments of calls, but for gettext's own."""
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in GETTEXT:
            continue
        for argument in [*call.args, *(keyword.value for keyword in call.kwargs)]:
            yield from _literals(argument)


def _literals(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str) and SENTENCE.search(node.value) and plain_words(node.value):
            yield node.value
    elif isinstance(node, nodes.List | nodes.Tuple | nodes.CondExpr | nodes.Or | nodes.Concat):
        for child in node.iter_child_nodes():
            yield from _literals(child)
    elif isinstance(node, nodes.Pair) and isinstance(node.key, nodes.Const):
        if node.key.value in {"label", "hint", "heading", "text"}:
            yield from _literals(node.value)
    elif isinstance(node, nodes.Dict):
        for pair in node.items:
            yield from _literals(pair)


@pytest.mark.parametrize("language", extraction.OTHER_LANGUAGES)
@pytest.mark.parametrize("room", extraction.rooms())
def test_every_text_of_a_room_is_in_its_catalogue(room: str, language: str) -> None:
    missing = extraction.untranslated(room, language)
    assert not missing, f"translate these in {extraction.catalogue_path(room, language)}: {missing}"


def test_one_danish_text_has_one_translation() -> None:
    """The rooms' catalogues are read as one: a text that differs would depend on their order."""
    said: dict[tuple[Any, Any], dict[Any, list[str]]] = defaultdict(lambda: defaultdict(list))
    for room in extraction.rooms():
        for message in extraction.read(room, "en"):
            if message.id and message.string and all(message.string):
                said[message.id, message.context][message.string].append(room)
    several = {key: dict(found) for key, found in said.items() if len(found) > 1}
    assert not several, f"agree on one, or make a difference with pgettext: {several}"


def test_translations_keep_the_placeholders() -> None:
    wrong = []
    for room in extraction.rooms():
        for message in extraction.read(room, "en"):
            ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
            said = message.string if isinstance(message.string, tuple | list) else (message.string,)
            for danish, english in zip(ids, said, strict=False):
                if english and placeholders(danish) != placeholders(english):
                    wrong.append((room, danish, english))
    assert not wrong


def placeholders(text: str | None) -> set[str]:
    """The places in a text where something is put in."""
    return set(re.findall(r"%\(\w+\)[sd]|%%|\{\w*\}", text or ""))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_says_nothing_outside_its_translations(path: Path) -> None:
    found = untranslatable_texts(path.read_text(encoding="utf-8"), plain=path.suffix == ".txt")
    assert not found, f"wrap these in _(): {found}"


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hej med dig</p>",
        '<input placeholder="Skriv her">',
        "{{ submit('Gem kladde') }}",
        "{{ text_field('x', _('Navn'), hint='Dit fulde navn') }}",
        "{{ radios('x', _('Slags'), [('a', 'Varsel')]) }}",
        "{{ select('x', _('Slags'), [{'value': 'a', 'label': 'Varsel'}]) }}",
    ],
)
def test_plain_text_in_a_template_is_found(source: str) -> None:
    assert untranslatable_texts(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ _('Hej med dig') }} {# en note #} 112 – {{ name }}</p>",
        '<p class="a b" title="{{ _("Navn") }}">Varsko</p>',
        "{{ text_field('phone', _('Mobil'), type='tel', attributes={'class': 'a b'}) }}",
    ],
)
def test_translated_text_in_a_template_is_left_alone(source: str) -> None:
    assert not untranslatable_texts(source)


def test_update_brings_in_new_texts_and_keeps_translations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "room"
    (room / "templates").mkdir(parents=True)
    (room / "pages.py").write_text("from flask_babel import gettext as _\n_('Hej')\n")
    monkeypatch.setattr(extraction, "ROOT", tmp_path)
    assert extraction.update("room", "en") == ["Hej"]
    path = extraction.catalogue_path("room", "en")
    path.write_text(path.read_text().replace('msgid "Hej"\nmsgstr ""', 'msgid "Hej"\nmsgstr "Hi"'))
    (room / "templates" / "page.html").write_text("<p>{{ _('Farvel') }}</p>")
    assert extraction.update("room", "en") == ["Farvel"]
    assert extraction.untranslated("room", "en") == ["Farvel"]
    assert 'msgstr "Hi"' in path.read_text()
    before = path.read_bytes()
    extraction.update("room", "en")
    assert path.read_bytes() == before


def test_the_check_command_names_what_is_missing(
    look: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from web.languages import cli

    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "pages.py").write_text("from flask_babel import gettext as _\n_('Hej')\n")
    monkeypatch.setattr(extraction, "ROOT", tmp_path)
    cli.init_app(look)
    result = look.test_cli_runner().invoke(args=["translations", "check"])
    assert result.exit_code == 1
    assert "web: not in en: 'Hej'" in result.output
