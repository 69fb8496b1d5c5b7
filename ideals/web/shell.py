"""Puts the plumbing on an app, and gives the layout what it needs from higher features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, request
from flask_babel import LazyString
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from ideals.config import Settings
from ideals.kernel.actor import Actor
from ideals.kernel.registry import Registry
from ideals.web import actor, api, guards, health, pages
from ideals.web.errors import init_errors, words_for
from ideals.web.formats import init_formats
from ideals.web.headers import allow_body, init_headers
from ideals.web.language import LANGUAGES, init_language, language

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
EXTENSION = "ideals_shell"


@dataclass(frozen=True, slots=True)
class NavItem:
    """A line of the navigation, shown to whom `needs` lets in; `employee`: only to employees."""

    label: LazyString
    endpoint: str
    needs: guards.Guard = guards.signed_in
    employee: bool = False


@dataclass(frozen=True, slots=True)
class Shell:
    """What `app.py` brings from the features above: the loader, and three endpoints."""

    load_actor: actor.LoadActor
    sign_in_url: str
    sign_out: str
    account: str
    remember: Callable[[Actor, str, str], None]
    """Keep a choice of this person: (actor, `language` or `theme`, value)."""


navigation: Registry[NavItem] = Registry("lines of the navigation")


def init_web(app: Flask, settings: Settings, shell: Shell) -> api.Api:
    """Everything below the features. Touches no database."""
    prefix = "__Host-" if settings.https else ""
    app.config.update(
        IDEALS_ZONE=settings.zone,
        IDEALS_LANGUAGE=settings.language,
        IDEALS_REDIS_URL=settings.redis_url,
        IDEALS_DEMO=settings.demo,
        IDEALS_HTTPS=settings.https,
        SIGNED_IN=f"{prefix}ideals",
        SESSION_COOKIE_NAME=f"{prefix}ideals-form",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    if settings.https:
        # Exactly one proxy stands in front and speaks TLS; its word counts, nobody else's.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    app.extensions[EXTENSION] = shell
    app.extensions[actor.EXTENSION] = shell.load_actor
    CSRFProtect(app)
    Bootstrap5(app)
    for endpoint in ("static", "bootstrap.static"):
        guards.declare(app, endpoint, guards.public)
    init_errors(app, sign_in_url=shell.sign_in_url)
    init_headers(app, https=settings.https)
    init_language(app)
    init_formats(app)
    app.before_request(_enter)
    app.context_processor(_context)
    app.register_blueprint(health.bp)
    app.register_blueprint(pages.bp)
    return api.init_api(app)


def _enter() -> None:
    """The way in, in this order: may they, how much, was it meant, is it repeatable."""
    guards.admit()
    allow_body()
    _meant()
    api.require_key()


def _meant() -> None:
    """Nobody else's page made the browser send this. A bearer token is not sent by itself."""
    if request.method not in UNSAFE or request.endpoint is None:
        return
    if actor.bearer_token() is not None:
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403, "This request came from another site")
    current_app.extensions["csrf"].protect()


def _context() -> dict[str, object]:
    return {
        "present_actor": actor.present_actor,
        "shell": current_app.extensions[EXTENSION],
        "navigation": _lines,
        "here": _here,
        "say": words_for,
        "languages": LANGUAGES,
        "language": language(),
        "theme": pages.theme(),
        "demo": current_app.config["IDEALS_DEMO"],
    }


def _here() -> str:
    """Where a choice in the footer comes back to: only a page that was asked for can be."""
    if request.method != "GET" or request.endpoint is None:
        return "/"
    return request.full_path if request.query_string else request.path


def _lines() -> list[NavItem]:
    who = actor.present_actor()
    known = (item for _, item in navigation.items() if item.endpoint in current_app.view_functions)
    return [
        item
        for item in known
        if guards.may(item.needs) and not (item.employee and (who is None or not who.employee_id))
    ]
