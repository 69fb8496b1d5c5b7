"""Who sends this request. The loader comes from above, through `shell.Shell`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Request, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from ideals.kernel.actor import Actor
from ideals.web.errors import Unauthenticated

LoadActor = Callable[[Request], Actor | None]
EXTENSION = "ideals_actor_loader"
UNATTENDED = "ideals_unattended"
View = TypeVar("View", bound=Callable[..., Any])


def actor_or_none() -> Actor | None:
    """The signed-in actor, asked for once in a request. `None` when nobody is signed in."""
    if "actor" not in g:
        load: LoadActor = current_app.extensions[EXTENSION]
        g.actor = load(request)
    actor: Actor | None = g.actor
    return actor


def present_actor() -> Actor | None:
    """Whom pages greet; an error page is shown even when the database is away."""
    try:
        return actor_or_none()
    except SQLAlchemyError:
        g.actor = None
        return None


def current_actor() -> Actor:
    """The signed-in actor, for routes whose guard asks for one. Raises `Unauthenticated`."""
    actor = actor_or_none()
    if actor is None:
        raise Unauthenticated("Sign in first, or send a token: Authorization: Bearer TOKEN")
    return actor


def current_user_id() -> int:
    """Raises `Unauthenticated` when nobody is signed in."""
    user_id = current_actor().user_id
    if user_id is None:
        raise Unauthenticated("Sign in as a user first")
    return user_id


def unattended(view: View) -> View:
    """Mark a route that pages ask by themselves: it does not count as use of a session."""
    setattr(view, UNATTENDED, True)
    return view


def is_unattended() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, UNATTENDED, False)


def bearer_token() -> str | None:
    """The token of `Authorization: Bearer TOKEN`; `None` when that header is not there."""
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer":
        return None
    return authorization.token
