"""`/healthz`: this process serves. `/readyz`: and what it needs answers."""

from __future__ import annotations

from collections.abc import Callable

import redis
from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ideals.db import unit_of_work
from ideals.web.guards import guard, public

PATIENCE = 2
"""Seconds to wait for an answer."""
bp = Blueprint("health", __name__)


@bp.get("/healthz")
@guard(public)
def alive() -> Response:
    return jsonify(status="ok")


@bp.get("/readyz")
@guard(public)
def ready() -> Response:
    found = {"database": _asked(_database), "redis": _asked(_redis)}
    good = all(answer == "ok" for answer in found.values())
    response = jsonify(status="ok" if good else "not ready", **found)
    response.status_code = 200 if good else 503
    return response


def _asked(ask: Callable[[], None]) -> str:
    """The kind of failure is named, never its text: that may hold an address."""
    try:
        ask()
    except (SQLAlchemyError, redis.RedisError, OSError, ValueError) as error:
        return type(error).__name__
    return "ok"


def _database() -> None:
    with unit_of_work() as session:
        session.execute(
            text("SELECT set_config('statement_timeout', :wait, true)"),
            {"wait": str(PATIENCE * 1000)},
        )
        session.execute(text("SELECT 1"))


def _redis() -> None:
    url = current_app.config["IDEALS_REDIS_URL"]
    if url is None:
        raise ValueError("no address of Redis was given")
    client = redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    with client:
        client.ping()
