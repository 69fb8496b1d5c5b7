"""Puts the plumbing on an app, and gives the layout what it needs from higher features."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flask import Flask, abort, current_app, g, request, url_for
from flask_babel import LazyString, lazy_gettext, lazy_pgettext
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from ideals.config import Settings
from ideals.kernel.actor import Actor, Role
from ideals.kernel.registry import Registry
from ideals.web import actor, api, charts, guards, health, pages, style, vendor
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
    group: str = ""
    """One of `GROUPS`, or `none`. Empty: what needs HR goes with HR, what needs the right to prices
    with the rules, anything else by itself."""
    when: Callable[[Actor], bool] | None = None
    """Asked once in a request, for what is neither a role nor being an employee."""
    count: Callable[[Actor], int] | None = None
    """How many things wait there for this person."""

    @property
    def grouped(self) -> str:
        return self.group or next(
            (name for role, name in _GROUP_OF_ROLE.items() if role in self.needs.roles), "none"
        )


_GROUP_OF_ROLE = {Role.HR: "hr", Role.HR_PRICES: "rules"}


@dataclass(frozen=True, slots=True)
class NavLine:
    """As the layout writes it. `current`: `page` (this one), `true` (we are below it), or empty."""

    label: LazyString
    url: str
    current: str
    below: tuple[NavLine, ...] = ()
    count: int = 0
    counter: str = ""
    """The id of where the count stands, for lines that have one."""


GROUPS = {
    "mine": lazy_gettext("My budget"),
    "team": lazy_gettext("Team"),
    "hr": lazy_gettext("HR"),
    "monthly": lazy_gettext("Every month"),
    "rules": lazy_gettext("Rules"),
    "payroll": lazy_pgettext("navigation", "Payroll"),  # room for a shorter word
}


@dataclass(frozen=True, slots=True)
class Bell:
    """What a person has not read: their page for it, the part that renews itself, and how many."""

    page: str
    part: str
    unread: Callable[[Actor], int]


@dataclass(frozen=True, slots=True)
class Shell:
    """What `app.py` brings from the features above: the loader, three endpoints, and the bell."""

    load_actor: actor.LoadActor
    sign_in_url: str
    sign_out: str
    account: str
    remember: Callable[[Actor, str, str], None]
    """Keep a choice of this person: (actor, `language` or `theme`, value)."""
    bell: Bell | None = None


navigation: Registry[NavItem] = Registry("lines of the navigation")
settings_pages: Registry[NavItem] = Registry("further pages of a person's settings")


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
    app.jinja_env.globals.update(
        address=address, charts=charts, fresh_id=fresh_id, icon_href=vendor.icon_href
    )
    for blueprint in (health.bp, pages.bp, vendor.bp, style.bp):
        app.register_blueprint(blueprint)
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
        "settings_pages": _settings_pages,
        "unread": _unread,
        "here": _here,
        "say": words_for,
        "languages": LANGUAGES,
        "language": language(),
        "theme": pages.theme(),
        "keys": pages.keys(),
        "demo": current_app.config["IDEALS_DEMO"],
    }


def _settings_pages() -> list[NavItem]:
    who = actor.present_actor()
    employee = who is not None and who.employee_id is not None
    return [item for _, item in settings_pages.items() if employee or not item.employee]


def _here() -> str:
    """Where a choice in the footer comes back to: only a page that was asked for can be."""
    if request.method != "GET" or request.endpoint is None:
        return "/"
    return request.full_path if request.query_string else request.path


def address(**changes: object) -> str:
    """This page's address with some keys of its query changed; `None` or empty takes one out.

    A change of anything but `cursor` begins at the first page again.
    """
    kept = request.args.to_dict(flat=False)
    if changes.keys() - {"cursor"}:
        kept.pop("cursor", None)
    for key, value in changes.items():
        kept[key] = [] if value in (None, "") else [str(value)]
    query = urlencode([(key, value) for key, values in kept.items() for value in values])
    return f"{request.path}?{query}" if query else request.path


def fresh_id(prefix: str) -> str:
    """An id that no other part of this page has."""
    g.ids = g.get("ids", 0) + 1
    return f"{prefix}-{g.ids}"


def _lines() -> list[NavLine]:
    """What this person may open. A group with one line is that line."""
    items = list(_open_items())
    nearest = _nearest([url_for(item.endpoint) for item in items])
    lines: list[NavLine] = []
    done: set[str] = set()
    for item in items:
        members = [other for other in items if other.grouped == item.grouped]
        if item.grouped == "none" or len(members) == 1:
            lines.append(_line(item, nearest))
        elif item.grouped not in done:
            done.add(item.grouped)
            lines.append(_group(item.grouped, [_line(member, nearest) for member in members]))
    return lines


def _open_items(*, counted: bool = False) -> Iterator[NavItem]:
    who = actor.present_actor()
    for _, item in navigation.items():
        if counted and item.count is None:
            continue
        if item.endpoint not in current_app.view_functions or not guards.may(item.needs):
            continue
        if item.employee and (who is None or not who.employee_id):
            continue
        if item.when is None or (who is not None and holds(item.when, who)):
            yield item


def holds(when: Callable[[Actor], bool], who: Actor) -> bool:
    """Asked once in a request, by whomever. An error page is shown even when the database is away:
    then it does not hold."""
    asked: dict[Callable[[Actor], bool], bool] = g.setdefault("nav_asked", {})
    if when not in asked:
        try:
            asked[when] = when(who)
        except SQLAlchemyError:
            asked[when] = False
    return asked[when]


def _nearest(urls: list[str]) -> str:
    """The address in the navigation that this page is, or stands below."""
    path = request.path
    above = [url for url in urls if path == url or (url != "/" and path.startswith(f"{url}/"))]
    return max(above, key=len, default="")


def _line(item: NavItem, nearest: str) -> NavLine:
    url = url_for(item.endpoint)
    current = "" if url != nearest else "page" if url == request.path else "true"
    return NavLine(item.label, url, current, count=_counted(item.count), counter=_counter(item))


def _counter(item: NavItem) -> str:
    return f"count-{item.endpoint.replace('.', '-')}" if item.count else ""


def waiting_counts() -> list[tuple[str, int]]:
    """(where it stands, how many) of every count in the navigation, for a page that is open."""
    return [(_counter(item), _counted(item.count)) for item in _open_items(counted=True)]


def _unread() -> int:
    shell: Shell = current_app.extensions[EXTENSION]
    return _counted(shell.bell.unread if shell.bell else None)


def _counted(count: Callable[[Actor], int] | None) -> int:
    """Nothing, when there is nobody to count for or the database is away."""
    who = actor.present_actor()
    if count is None or who is None:
        return 0
    try:
        return count(who)
    except SQLAlchemyError:
        return 0


def _group(name: str, below: list[NavLine]) -> NavLine:
    current = "true" if any(line.current for line in below) else ""
    return NavLine(GROUPS[name], below[0].url, current, tuple(below))
