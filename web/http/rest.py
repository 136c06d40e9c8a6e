"""flask-smorest, with Varsko's errors instead of the library's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any

from flask import Flask, Request
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields
from webargs.core import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

from web.http.access import public
from web.texts.cleaning import clean_all


class ProblemSchema(Schema):
    """Problem details (RFC 9457), the format of every API error."""

    type = fields.String(metadata={"description": "urn:varsko:problem:<what>"})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String(metadata={"description": "What was wrong, and what to do"})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "Messages by input field"},
    )
    request_id = fields.String()


_describing = Lock()


class JsonApi(Api):  # type: ignore[misc]
    """The JSON API. Errors are rendered by ``web.problems.responses`` alone."""

    ERROR_SCHEMA = ProblemSchema

    def init_app(self, app: Flask, **options: Any) -> None:
        """Set up the API of an app, whose blueprints are described when somebody asks."""
        self.undescribed: list[Callable[[], None]] = []
        super().init_app(app, **options)

    def _register_error_handlers(self) -> None:
        """Keep the app's handlers; the library's would return JSON even for pages."""

    @public
    def _openapi_json(self) -> Any:
        """The API description, which is public."""
        with _describing:
            while self.undescribed:
                self.undescribed.pop(0)()
        return super()._openapi_json()


class JsonParser(FlaskParser):
    """Reads JSON bodies: texts cleaned, what cannot be read refused."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The decoded and cleaned body.

        A number of thousands of digits raises ValueError in the library, and brackets nested as
        deep RecursionError.
        """
        try:
            loaded = super().load_json(req, schema)
            return loaded if loaded is missing else clean_all(loaded)
        except (ValueError, RecursionError):
            raise BadRequest from None


class ApiBlueprint(Blueprint):  # type: ignore[misc]
    """A blueprint of the JSON API."""

    ARGUMENTS_PARSER = JsonParser()

    def register_views_in_doc(self, api: JsonApi, *arguments: Any, **options: Any) -> None:
        """Leave the description for later: it takes half of a start, and few processes give it."""
        describe = partial(super().register_views_in_doc, api, *arguments, **options)
        api.undescribed.append(describe)


rest = JsonApi()
"""The JSON API; rooms register their flask-smorest blueprints on it."""


def init_app(app: Flask) -> None:
    """Set up the API and its description at ``/api/v1/openapi.json``."""
    app.config.update(
        API_TITLE="Varsko",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    rest.init_app(app)
