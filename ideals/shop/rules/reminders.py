"""When somebody who has not chosen anything is reminded: some days before the last day."""

from __future__ import annotations

from datetime import date, timedelta

DAYS_BEFORE = (7, 2)
"""The earlier first."""


def due(last_day: date, today: date) -> int | None:
    """How many days before the last one the reminder is that is due today; `None`: none is.

    One that was missed is made up for until the next is due, and none comes after the last day.
    """
    waiting = [days for days in DAYS_BEFORE if last_day - timedelta(days=days) <= today <= last_day]
    return min(waiting, default=None)
