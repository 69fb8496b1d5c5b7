"""Months side by side, with those marked for which something holds."""

from __future__ import annotations

from dataclasses import dataclass

from babel.dates import format_date

from ideals.kernel.month import Month
from ideals.web.language import language

BEFORE, AFTER = 2, 11
"""Months of the small band of a list, around this one."""
MOST = 24


@dataclass(frozen=True, slots=True)
class Cell:
    """`january`: a year begins with it; `on`: it holds; `now`: this month; `listed`: its prices
    are published."""

    month: Month
    letter: str
    on: bool
    now: bool
    january: bool
    listed: bool = False


def small(first: Month, last: Month | None, this: Month) -> list[Cell]:
    return _cells(first, last, this, this.plus(-BEFORE), this.plus(AFTER))


def wide(
    first: Month, last: Month | None, this: Month, listed: frozenset[Month] = frozenset()
) -> list[Cell]:
    """From the month before it begins through the month after, this one within where it fits."""
    since = min(first.plus(-1), max(this, first.plus(-6)))
    until = max((last or first.plus(11)).plus(1), min(this, first.plus(MOST - 2)))
    return _cells(first, last, this, since, min(until, since.plus(MOST - 1)), listed)


def _cells(
    first: Month,
    last: Month | None,
    this: Month,
    since: Month,
    until: Month,
    listed: frozenset[Month] = frozenset(),
) -> list[Cell]:
    return [
        Cell(
            month,
            str(format_date(month.first, "LLLLL", locale=language())),
            first <= month and (last is None or month <= last),
            month == this,
            month.month == 1,
            month in listed,
        )
        for month in since.until(until)
    ]
