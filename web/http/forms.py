"""HTML forms checked by marshmallow, the only place where input is validated."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields, missing
from werkzeug.datastructures import MultiDict

from web.problems.validation_messages import flatten
from web.texts.cleaning import clean

Errors = dict[str, list[str]]


def is_translating() -> bool:
    """Whether the language switch sent this form: show it as it is, do nothing, find no errors."""
    return "only_translate" in request.form


def load_form(schema: Schema, form: MultiDict[str, str] | None = None) -> tuple[Any, Errors]:
    """Check the submitted form: ``(what the schema loaded, {})`` or ``({}, {field: messages})``.

    A blank value counts as missing, unless the field's metadata has ``allow_blank``. List fields
    take all values of their name. Values that are not in the schema (the CSRF token, the button's
    name) are ignored.
    """
    try:
        return schema.load(typed_values(schema, form, for_schema=True)), {}
    except ValidationError as error:
        found = error.normalized_messages()
        return {}, {str(name): flatten(messages) for name, messages in found.items()}


def load_partly(
    schema: Schema, form: MultiDict[str, str] | None = None
) -> tuple[dict[str, Any], Errors]:
    """What could be read of the submitted form, and what is wrong with the rest of it."""
    try:
        return schema.load(typed_values(schema, form, for_schema=True)), {}
    except ValidationError as error:
        read = error.valid_data if isinstance(error.valid_data, dict) else {}
        defaults = {
            name: field.load_default
            for name, field in schema.load_fields.items()
            if not field.required and field.load_default is not missing
        }
        found = error.normalized_messages()
        wrong = {str(name): flatten(messages) for name, messages in found.items()}
        return {**defaults, **read}, wrong


def typed_values(
    schema: Schema, form: MultiDict[str, str] | None = None, *, for_schema: bool = False
) -> dict[str, Any]:
    """What the person typed, by field name, to show the form again.

    Lists for list fields, else strings, cleaned and stripped. With ``for_schema``, blanks are left
    out.
    """
    submitted = request.form if form is None else form
    values: dict[str, Any] = {}
    for name, field in schema.load_fields.items():
        key = field.data_key or name
        if key not in submitted:
            continue
        if isinstance(field, fields.List | fields.Tuple):
            values[key] = [clean(value) for value in submitted.getlist(key) if value.strip()]
            continue
        value = clean(submitted[key]).strip()
        if value or not for_schema or field.metadata.get("allow_blank"):
            values[key] = value
    return values
