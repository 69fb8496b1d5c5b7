"""Who sends a request, and `GET /api/v1/me`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Request, current_app

from ideals.access import commands, queries
from ideals.access.queries import Me
from ideals.access.schemas import MeOut
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Actor
from ideals.web.actor import bearer_token, current_actor, is_unattended
from ideals.web.api import Blueprint
from ideals.web.guards import guard, signed_in

bp = Blueprint("access", __name__, url_prefix="/api/v1", description="Who is signed in")


def load_actor(request: Request) -> Actor | None:
    """By bearer token when one is sent, and by nothing else then; else by the cookie."""
    bearer = bearer_token()
    cookie = request.cookies.get(current_app.config["SIGNED_IN"])
    if bearer is None and cookie is None:
        return None
    now = clock.now()
    if bearer is not None:
        known = queries.bearer(bearer, now=now)
    else:
        known = queries.signed_in(cookie or "", now=now)
    if known is None:
        return None
    if known.is_to_be_noted(now) and not is_unattended():
        with unit_of_work() as session:
            commands.touch(session, known, now=now)
    return known.actor


@bp.get("/me")
@guard(signed_in)
@bp.response(200, MeOut)
def me() -> Me:
    """The signed-in person."""
    zone: ZoneInfo = current_app.config["IDEALS_ZONE"]
    with unit_of_work() as session:
        return queries.me(session, current_actor(), on=clock.now().astimezone(zone).date())
