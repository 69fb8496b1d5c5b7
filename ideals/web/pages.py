"""Language and theme, and where to go back to."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, redirect, request
from werkzeug.wrappers import Response

from ideals.web.actor import actor_or_none
from ideals.web.guards import guard, public
from ideals.web.language import LANGUAGES

bp = Blueprint("pages", __name__)
THEMES = ("light", "dark", "system")
KEYS = ("on", "off")
COOKIE = "theme"
YEAR = 365 * 24 * 3600
_CHOICES = {"language": tuple(LANGUAGES), "theme": THEMES, "keys": KEYS}
_OF_THE_PERSON = ("language", "theme")
"""What follows a person to another browser; keys belong to a keyboard."""


def theme() -> str:
    """`light`, `dark`, or `system`: what the device prefers."""
    chosen = request.cookies.get(COOKIE, "system")
    return chosen if chosen in THEMES else "system"


def keys() -> str:
    """`off` when single letters shall do nothing here: some people speak to their computer."""
    return "off" if request.cookies.get("keys") == "off" else "on"


def safe_next(target: str | None, default: str = "/") -> str:
    """`target` when it is a path of this site, else `default`: never a way to another site."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if any(ord(sign) < 32 or sign == "\\" for sign in target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


@bp.post("/preferences/<name>")
@guard(public)
def choose(name: str) -> Response:
    """Keep the choice in this browser, and with the person who is signed in."""
    value = request.form.get("value", "")
    if value not in _CHOICES.get(name, ()):
        abort(404)
    actor = actor_or_none()
    if actor is not None and name in _OF_THE_PERSON:
        current_app.extensions["ideals_shell"].remember(actor, name, value)
    return keep_in_browser(redirect(safe_next(request.form.get("next")), 303), name, value)


def keep_in_browser(response: Response, name: str, value: str) -> Response:
    """The same answer, with a choice in a cookie of this browser."""
    response.set_cookie(
        name,
        value,
        max_age=YEAR,
        secure=current_app.config["IDEALS_HTTPS"],
        httponly=True,
        samesite="Lax",
    )
    return response
