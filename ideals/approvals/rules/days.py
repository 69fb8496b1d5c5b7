"""Working days: of a country with its public holidays, and of somebody's own week.

A *week* is the set of weekdays somebody works, Monday 0 to Sunday 6. A week without any day counts
as Monday to Friday: nobody's decision waits for ever.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

MONDAY_TO_FRIDAY = frozenset(range(5))
_DAY = timedelta(days=1)


@lru_cache(maxsize=256)
def holidays_of(country: str, year: int) -> frozenset[date]:
    """The public holidays of the whole country."""
    return frozenset(holidays.country_holidays(country, years=year))


@dataclass(frozen=True, slots=True)
class Calendar:
    """`country`: two letters, such as NL; `None`: no day is a public holiday."""

    country: str | None = None

    def is_holiday(self, day: date) -> bool:
        return self.country is not None and day in holidays_of(self.country, day.year)

    def is_working_day(self, day: date, week: Collection[int] = MONDAY_TO_FRIDAY) -> bool:
        return day.weekday() in (week or MONDAY_TO_FRIDAY) and not self.is_holiday(day)

    def working_days_after(
        self, day: date, count: int, week: Collection[int] = MONDAY_TO_FRIDAY
    ) -> date:
        """The working day that comes `count` after this one; 0: this one, or the next that is."""
        while count > 0 or not self.is_working_day(day, week):
            day += _DAY
            count -= self.is_working_day(day, week)
        return day

    def working_day_before(self, day: date, week: Collection[int] = MONDAY_TO_FRIDAY) -> date:
        day -= _DAY
        while not self.is_working_day(day, week):
            day -= _DAY
        return day

    def working_days_between(
        self, day: date, until: date, week: Collection[int] = MONDAY_TO_FRIDAY
    ) -> int:
        """How many working days come after `day`, up to and including `until`."""
        days = (until - day).days
        return sum(self.is_working_day(day + n * _DAY, week) for n in range(1, days + 1))

    def due_on(
        self,
        asked_on: date,
        days: int,
        week: Collection[int] = MONDAY_TO_FRIDAY,
        latest_on: date | None = None,
    ) -> date:
        """The last day of a step: a working day, and none after `latest_on`, the last day of what
        it is about. Where no working day is left until then, `latest_on` itself."""
        due_on = self.working_days_after(asked_on, days, week)
        if latest_on is None or due_on <= latest_on:
            return due_on
        if self.is_working_day(latest_on, week):
            return latest_on
        before = self.working_day_before(latest_on, week)
        return before if before >= asked_on else latest_on

    def remind_on(
        self, due_on: date, asked_on: date, week: Collection[int] = MONDAY_TO_FRIDAY
    ) -> date | None:
        """One working day before it is due; `None`: no later than the asking itself."""
        day = self.working_day_before(due_on, week)
        return day if day > asked_on else None
