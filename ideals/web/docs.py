"""The OpenAPI document as a page, with the files of Swagger UI served from its wheel."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, render_template, send_from_directory

from ideals.web.guards import guard, public

bp = Blueprint("docs", __name__, url_prefix="/api/docs")


@bp.get("")
@guard(public)
def page() -> str:
    """To browse and to try, without a line of script in the page."""
    return render_template("api_docs.html")


@bp.get("/assets/<path:name>")
@guard(public)
def asset(name: str) -> Response:
    return send_from_directory(swagger_folder(), name)


@cache
def swagger_folder() -> Path:
    """Where the wheel keeps the files; the package itself is never imported."""
    spec = importlib.util.find_spec("flask_openapi3_swagger")
    if spec is None or spec.origin is None:
        raise RuntimeError("flask-openapi3-swagger is not installed")
    return Path(spec.origin).parent / "templates" / "swagger"
