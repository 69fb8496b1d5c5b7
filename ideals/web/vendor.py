"""htmx, served from its wheel: nothing is fetched from elsewhere, nothing is copied in here."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, send_from_directory

from ideals.web.guards import guard, public

bp = Blueprint("vendor", __name__, url_prefix="/vendor")
FILES = ("htmx.min.js",)


@bp.get("/<name>")
@guard(public)
def file(name: str) -> Response:
    if name not in FILES:
        abort(404)
    return send_from_directory(htmx_folder(), name)


@cache
def htmx_folder() -> Path:
    """Where the wheel keeps the file; the package itself, made for another framework, is not used.

    `find_spec` looks it up without running any of it.
    """
    spec = importlib.util.find_spec("js_lib_htmx")
    if spec is None or spec.origin is None:
        raise RuntimeError("django-js-lib-htmx is not installed")
    return Path(spec.origin).parent / "static" / "htmx"
