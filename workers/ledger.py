"""Ledger jobs."""

from __future__ import annotations

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.ledger import commands
from workers.app import app

MONTHS_AHEAD = 3


@app.task(name="ledger.open_months")
def open_months() -> None:
    """Months are opened ahead, so that nobody who posts has to wait for one to be made."""
    now = clock.now()
    month = clock.month_of(now, Settings.read().zone)
    cmd = commands.OpenMonths(month, month.plus(MONTHS_AHEAD))
    with unit_of_work() as session:
        commands.open_months(session, cmd, actor=SYSTEM, now=now)
