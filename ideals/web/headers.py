"""Headers of every answer, and how much a request may carry."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask, Response, current_app, request

from ideals.web.docs import swagger_folder
from ideals.web.vendor import htmx_folder

View = TypeVar("View", bound=Callable[..., Any])
MB = 1024 * 1024
BODY = 1 * MB
LIMIT = "ideals_body_limit"
YEAR = 365 * 24 * 3600
STATIC = ("static", "bootstrap.static", "docs.asset", "vendor.file", "vendor.icons")
CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)


def body_limit(size: int) -> Callable[[View], View]:
    """Let this route take up to `size` bytes instead of one megabyte: for files."""

    def mark(view: View) -> View:
        setattr(view, LIMIT, size)
        return view

    return mark


def allow_body() -> None:
    """Before anything reads the body."""
    view = current_app.view_functions.get(request.endpoint or "")
    request.max_content_length = getattr(view, LIMIT, BODY)


def init_headers(app: Flask, *, https: bool) -> None:
    app.config["MAX_CONTENT_LENGTH"] = BODY

    @app.after_request
    def harden(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = CSP
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if https:
            headers["Strict-Transport-Security"] = f"max-age={2 * YEAR}; includeSubDomains"
        headers["Cache-Control"] = _cache(response)
        return response

    @app.url_defaults
    def version(endpoint: str, values: dict[str, Any]) -> None:
        """A changed file gets a new address, so that the old one may be kept for ever."""
        name = values.get("filename") or values.get("name")
        if endpoint in STATIC and isinstance(name, str):
            values["v"] = _digest(str(_folder(app, endpoint) / name))


def _cache(response: Response) -> str:
    """Whatever may be about a person is never kept; a file with its version always is."""
    if request.endpoint not in STATIC or response.status_code not in (200, 304):
        return "no-store"
    return f"public, max-age={YEAR}, immutable" if "v" in request.args else "no-cache"


def _folder(app: Flask, endpoint: str) -> Path:
    if endpoint == "docs.asset":
        return swagger_folder()
    if endpoint == "vendor.file":
        return htmx_folder()
    blueprint = endpoint.rpartition(".")[0]
    folder = app.blueprints[blueprint].static_folder if blueprint else app.static_folder
    return Path(folder or "")


@cache
def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
