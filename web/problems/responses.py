"""Error responses: a page for people, or RFC 9457 problem details for programs.

The handlers here turn every :class:`Problem` into HTTP; nothing else builds error responses.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from database import is_away
from web.problems.errors import Invalid, Problem, Unavailable
from web.problems.faults import describe_fault
from web.problems.validation_messages import flatten

log = structlog.get_logger(__name__)

GIVEN_BACK = "varsko_given_back"
"""The extension that makes of a status the form to be sent again, or None."""

MACHINE_PATHS = ("/api/", "/webhooks/", "/health/")

HTTP_TITLES: dict[int, tuple[Any, Any]] = {
    400: (_l("Forespørgslen kunne ikke læses"), _l("Gå tilbage, og prøv igen.")),
    401: (_l("Log ind først"), _l("Siden er for medarbejdere, der er logget ind.")),
    403: (
        _l("Det har du ikke adgang til"),
        _l("Spørg din administrator om adgang."),
    ),
    404: (_l("Siden findes ikke"), _l("Tjek adressen, eller gå til forsiden.")),
    405: (_l("Siden kan ikke åbnes på den måde"), _l("Gå tilbage, og prøv igen.")),
    413: (_l("Det er for stort"), _l("Send noget mindre.")),
    415: (_l("Formatet forstås ikke"), _l("Send JSON med Content-Type: application/json.")),
    422: (_l("Ret det markerede, og prøv igen"), ""),
    429: (
        _l("Der er kommet for mange forsøg fra dit netværk"),
        _l("Vent et minut, og prøv igen."),
    ),
    500: (_l("Der skete en fejl hos os"), _l("Fejlen er noteret. Prøv igen om lidt.")),
    503: (_l("Varsko er optaget lige nu"), _l("Intet er gemt. Prøv igen om lidt.")),
}


def wants_json() -> bool:
    """Whether the caller is a program. The path decides, so that the format is predictable."""
    return request.path.startswith(MACHINE_PATHS)


def problem_response(
    status: int,
    slug: str,
    title: Any,
    detail: Any,
    fields: dict[str, list[str]] | None = None,
    extra: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    way_on: tuple[str, Any] | None = None,
) -> Response:
    """Render one problem as JSON (RFC 9457) or as a page, with the request's id."""
    request_id = g.get("request_id", "")
    if wants_json():
        body: dict[str, Any] = {
            "type": f"urn:varsko:problem:{slug}",
            "title": str(title),
            "status": status,
            "detail": str(detail),
            "request_id": request_id,
        }
        if fields:
            body["errors"] = fields
        body.update(extra or {})
        response = jsonify(body)
        response.content_type = "application/problem+json"
    else:
        page = render_template(
            "errors/problem.html",
            status=status,
            title=title,
            detail=detail,
            fields=fields or {},
            request_id=request_id,
            way_on=way_on,
            back=current_app.extensions.get(GIVEN_BACK, _nothing)(status),
        )
        response = Response(page, content_type="text/html; charset=utf-8")
    response.status_code = status
    response.headers.extend(headers or {})
    return response


def _nothing(_status: int) -> None:
    """What is given back where no room gives forms back."""


def init_app(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        _roll_back()
        return problem_response(
            error.status, error.slug, error.title, error.detail, error.fields, error.extra,
            way_on=error.way_on,
        )  # fmt: skip

    @app.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> Response:
        _roll_back()
        messages = {
            str(name): flatten(found) for name, found in error.normalized_messages().items()
        }
        return problem_response(422, Invalid.slug, Invalid.title, "", messages)

    @app.errorhandler(SQLAlchemyError)
    def database_away(error: SQLAlchemyError) -> Response:
        if not is_away(error):
            raise error
        _roll_back()
        log.error("database_unavailable", kind=type(error).__name__)
        title, detail = HTTP_TITLES[503]
        return problem_response(503, Unavailable.slug, title, detail, headers={"Retry-After": "5"})

    @app.errorhandler(DataError)
    @app.errorhandler(OverflowError)
    @app.errorhandler(RecursionError)
    def out_of_range(error: Exception) -> Response:
        """A number or date out of the database's range, or JSON nested too deeply."""
        _roll_back()
        log.warning("request_out_of_range", fault=describe_fault(error))
        title, detail = HTTP_TITLES[400]
        return problem_response(400, Problem.slug, title, detail)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        _roll_back()
        status = error.code or 500
        if 300 <= status < 400:
            return error.get_response()  # type: ignore[return-value]
        if status == 405 and (page := _page_of_form()):
            return redirect(page, 303)  # type: ignore[return-value]
        # Unexpected errors are logged by VarskoApp.log_exception, with their place.
        if status >= 500 and getattr(error, "original_exception", None) is None:
            log.error("request_failed", kind=type(error).__name__)
        title, detail = HTTP_TITLES.get(status, HTTP_TITLES[400])
        data = getattr(error, "data", None) or {}
        messages = {
            name: flatten(found)
            for place in (data.get("messages") or {}).values()
            if isinstance(place, dict)
            for name, found in place.items()
        }
        passed_on = {
            name: value
            for name, value in error.get_headers()
            if name in {"Retry-After", "Allow", "WWW-Authenticate"}
        }
        return problem_response(
            status, error.name.lower().replace(" ", "-"), title, detail, messages, None, passed_on
        )


def _page_of_form() -> str | None:
    """The page whose form goes to this address, if a person opened it: reloaded, or by a link."""
    if request.method != "GET" or wants_json() or request.url_rule is not None:
        return None
    routes = current_app.create_url_adapter(request)
    path = request.path.rstrip("/")
    while routes is not None and path.count("/") > 1:
        path = path.rpartition("/")[0]
        try:
            routes.match(path, "GET")
        except RequestRedirect:
            path += "/"
        except HTTPException:
            continue
        script_name: str = request.environ.get("SCRIPT_NAME", "")
        return script_name + quote(path)
    return None


def _roll_back() -> None:
    unit_of_work = g.get("unit_of_work")
    if unit_of_work is not None:
        unit_of_work.rollback()
