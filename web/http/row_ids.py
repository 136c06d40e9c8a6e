"""Ids of rows in paths, queries and bodies, none larger than a database can hold."""

from __future__ import annotations

from typing import Any

from flask import Flask
from marshmallow import fields, validate
from werkzeug.routing import IntegerConverter, Map

LARGEST_ID = 2**63 - 1


class RowId(fields.Integer):
    """The id of a row."""

    def __init__(self, **options: Any) -> None:
        wrong = options.get("error_messages", {}).get("invalid")
        in_range = validate.Range(1, LARGEST_ID, error=wrong)
        super().__init__(validate=in_range, **options)


class RowIdConverter(IntegerConverter):
    """``<int:...>`` in a route: a number no row can have is not found."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, min=0, max=LARGEST_ID)


def init_app(app: Flask) -> None:
    """Use the converter for every route."""
    app.url_map.converters["int"] = RowIdConverter
