"""Upkeep of what only has to be remembered for a while."""

from __future__ import annotations

from ideals.access import commands
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.web import idempotency
from workers.app import app


@app.task(name="access.forget_old")
def forget_old() -> None:
    """Counted sign-in attempts and answered requests that have served their time."""
    now = clock.now()
    with unit_of_work() as session:
        commands.forget_attempts(session, now=now)
        idempotency.forget(session, now=now)
