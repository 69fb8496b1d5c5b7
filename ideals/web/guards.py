"""Who may call a route at all. Every route declares it; one that does not is refused.

    @bp.get("/people")
    @guard(role(Role.HR))
    def people(): ...

A guard looks at the actor only. Whether *this* object is theirs is the business of the feature's
policy and its `access_...` queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask.typing import RouteCallable

from ideals.kernel.actor import Actor, Role
from ideals.kernel.errors import NotAllowed
from ideals.web.actor import actor_or_none, current_actor

View = TypeVar("View", bound=Callable[..., Any])
MARK = "ideals_guard"
EXTENSION = "ideals_guards"


class RoleMissing(NotAllowed):
    code = "role_missing"


class RouteUnguarded(NotAllowed):
    code = "route_unguarded"


@dataclass(frozen=True, slots=True)
class Guard:
    """`roles` empty: being signed in is enough. `anyone`: nobody is even asked for."""

    roles: frozenset[Role] = frozenset()
    anyone: bool = False

    def admit(self) -> None:
        """Raises `Unauthenticated` or `RoleMissing`."""
        if not self.anyone:
            self._check(current_actor())

    def _check(self, actor: Actor) -> None:
        if self.roles and not self.roles & actor.roles:
            needed = " or ".join(sorted(role.value for role in self.roles))
            raise RoleMissing(f"This needs the role {needed}", needed=needed)

    def __str__(self) -> str:
        if self.anyone:
            return "public"
        return "signed in" if not self.roles else " or ".join(sorted(self.roles))


public = Guard(anyone=True)
signed_in = Guard()


def role(*roles: Role) -> Guard:
    """Signed in, and holding at least one of these roles."""
    return Guard(roles=frozenset(roles))


def guard(needed: Guard) -> Callable[[View], View]:
    """Declare a route's guard. It is asked before the request is parsed, wherever it is written."""

    def mark(view: View) -> View:
        setattr(view, MARK, needed)
        return view

    return mark


def declare(app: Flask, endpoint: str, needed: Guard) -> None:
    """The guard of a route that is not ours to decorate, such as the static files."""
    app.extensions.setdefault(EXTENSION, {})[endpoint] = needed


def guards_of(app: Flask) -> Iterator[tuple[str, str, Guard | None]]:
    """Each route as (method, path, guard); `None` is a route nobody can call."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.rule, _guard_of(app, rule.endpoint, method)


def admit() -> None:
    """Ask the guard of the route that was matched; refuse a route that has none."""
    if request.endpoint is None:
        return
    needed = _guard_of(current_app, request.endpoint, request.method)
    if needed is None:
        current_app.logger.error("route %s has no guard: refused", request.endpoint)
        raise RouteUnguarded("This route declares no guard and is closed")
    needed.admit()


def _guard_of(app: Flask, endpoint: str, method: str) -> Guard | None:
    declared: dict[str, Guard] = app.extensions.get(EXTENSION, {})
    if endpoint in declared:
        return declared[endpoint]
    found: Guard | None = getattr(_view_of(app, endpoint, method), MARK, None)
    return found


def _view_of(app: Flask, endpoint: str, method: str) -> RouteCallable | None:
    """The function that answers; for a class of methods, the one of this method."""
    view = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return view
    name = "get" if method == "HEAD" else method.lower()
    found: RouteCallable | None = getattr(view_class, name, None)
    return found


def may(needed: Guard) -> bool:
    """For templates: would this guard let the present actor in?"""
    if needed.anyone:
        return True
    actor = actor_or_none()
    return actor is not None and (not needed.roles or bool(needed.roles & actor.roles))
