"""The days of the week on which somebody works: weekday numbers, Monday 0, as a set.

They are kept as one number with a bit for each day: Monday 1, Tuesday 2, ... Sunday 64.
"""

from __future__ import annotations

from collections.abc import Iterable

from ideals.people.errors import WeekEmpty

MONDAY_TO_FRIDAY = frozenset(range(5))
ALL_DAYS = range(7)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""On the wire."""


def mask_of(days: Iterable[int]) -> int:
    """Raises `WeekEmpty` when there is no day among them."""
    mask = sum(1 << day for day in set(days) if day in ALL_DAYS)
    if not mask:
        raise WeekEmpty
    return mask


def days_of(mask: int) -> frozenset[int]:
    return frozenset(day for day in ALL_DAYS if mask & 1 << day)


def named(days: Iterable[int]) -> list[str]:
    """As they are on the wire, from Monday on."""
    return [WEEKDAYS[day] for day in sorted(days)]
