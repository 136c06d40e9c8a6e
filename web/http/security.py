"""Security headers, the script nonce and CSRF protection."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_wtf import CSRFProtect
from werkzeug.exceptions import BadRequest

from config.safety import is_public
from web.http.access import NO_AMBIENT_AUTHORITY, Open, rule_of

csrf = CSRFProtect()


def csp_nonce() -> str:
    """The nonce that allows this response's inline scripts to run."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def init_app(app: Flask) -> None:
    """Add the headers to every response and check CSRF tokens before every unsafe request."""
    # The hook below decides where a token is required. Tokens last as long as the session, so
    # that a form may stay open; the referrer is not checked, because our pages send none.
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False
    )
    csrf.init_app(app)
    config = app.extensions["varsko_config"]
    host = urlsplit(config.public_url).hostname
    trusted = {host, "localhost", "127.0.0.1"} if is_public(config.public_url) else None
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    public_https = config.public_url.startswith("https://")

    @app.before_request
    def check_host() -> None:
        """A request that was meant for another name is not ours to answer."""
        if trusted is not None and urlsplit(f"//{request.host}").hostname not in trusted:
            raise BadRequest

    @app.before_request
    def check_csrf() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is not None and not getattr(view, NO_AMBIENT_AUTHORITY, False):
            csrf.protect()

    @app.after_request
    def headers(response: Response) -> Response:
        script = f" 'nonce-{g.csp_nonce}'" if "csp_nonce" in g else ""
        response.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'self'{script}; style-src 'self'; "
            "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'",
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = (
            "camera=(), microphone=(), geolocation=(self), payment=(), usb=()"
        )
        if public_https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if "token" in (request.view_args or {}):
            # A link that somebody has posted must not be found by searching.
            response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        if _answers_citizens_form(response):
            # Back shows it again; without it browsers ask whether to send the form once more.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _answers_citizens_form(response: Response) -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return (
        request.method == "POST"
        and response.mimetype == "text/html"
        and rule_of(view) is Open.PUBLIC
        and getattr(view, NO_AMBIENT_AUTHORITY, False)
        and not response.location
    )
