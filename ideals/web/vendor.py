"""htmx and drawings, served from their wheels: nothing is fetched from elsewhere or copied in here.

Of the thousands of Bootstrap Icons in the wheel only those of `ICONS` are sent, in one small file.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, send_from_directory, url_for

from ideals.web.guards import guard, public

bp = Blueprint("vendor", __name__, url_prefix="/vendor")
FILES = ("htmx.min.js",)
ICONS = {
    "bicycle": "bicycle",
    "book": "book",
    "car": "car-front",
    "coins": "cash-coin",
    "down": "chevron-down",
    "gift": "gift",
    "heart": "heart",
    "home": "house",
    "hourglass": "hourglass-split",
    "jar": "archive",
    "less": "dash-lg",
    "more": "plus-lg",
    "people": "people",
    "piggy_bank": "piggy-bank",
    "screen": "display",
    "sun": "brightness-high",
    "tools": "tools",
    "train": "train-front",
    "umbrella": "umbrella",
    "up": "chevron-up",
}
"""Our name of a drawing, and Bootstrap's."""
_SYMBOL = '<symbol id="{name}" viewBox="0 0 16 16">{shapes}</symbol>'


@bp.get("/<name>")
@guard(public)
def file(name: str) -> Response:
    if name not in FILES:
        abort(404)
    return send_from_directory(htmx_folder(), name)


@bp.get("/icons.svg")
@guard(public)
def icons() -> Response:
    return Response(sprite(), mimetype="image/svg+xml")


def icon_href(name: str) -> str:
    """Where one drawing is, for the `use` of an inline picture. Raises `KeyError`."""
    if name not in ICONS:
        raise KeyError(f"there is no drawing {name!r}; there are {', '.join(ICONS)}")
    return f"{url_for('vendor.icons', v=_digest())}#{name}"


@cache
def sprite() -> str:
    whole = (_package("flask_bootstrap") / "static/bootstrap5/icons/bootstrap-icons.svg").read_text(
        "utf-8"
    )
    shapes = dict(re.findall(r'<symbol[^>]* id="([^"]+)">(.*?)</symbol>', whole, re.DOTALL))
    symbols = (_SYMBOL.format(name=name, shapes=shapes[own]) for name, own in ICONS.items())
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


@cache
def _digest() -> str:
    return hashlib.sha256(sprite().encode()).hexdigest()[:12]


@cache
def htmx_folder() -> Path:
    """Where the wheel keeps the file; the package itself, made for another framework, is not used.

    `find_spec` looks it up without running any of it.
    """
    return _package("js_lib_htmx") / "static" / "htmx"


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {name} is not installed")
    return Path(spec.origin).parent
