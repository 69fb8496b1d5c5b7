"""Until when an order may be taken back, as its product said when it was placed."""

from __future__ import annotations

from datetime import date

from ideals.kernel.month import Month
from ideals.schemes.rules import Cancellation
from ideals.shop.errors import NotCancellable


def check_cancellable(
    rule: Cancellation, month: Month, last_day: date, *, month_open: bool, today: date
) -> None:
    """`month_open`: the order's month is neither closing nor sealed. Raises `NotCancellable`."""
    if rule is Cancellation.NEVER:
        raise NotCancellable("This cannot be taken back once it is ordered.", why="never")
    if not month_open:
        raise NotCancellable(f"{month} is closed.", why="closed", month=str(month))
    if rule is Cancellation.UNTIL_DEADLINE and today > last_day:
        raise NotCancellable(
            f"It could be taken back until {last_day}.",
            why="deadline",
            last_day=last_day.isoformat(),
        )
