"""A calendar month as a value."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ideals.kernel.errors import RuleBroken

_PATTERN = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


class MonthUnreadable(RuleBroken):
    code = "month_unreadable"


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar, 1900-01 to 2999-12. Ordered; steps with `plus`."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1900 <= self.year <= 2999 and 1 <= self.month <= 12):
            raise MonthUnreadable(
                f"{self.year}-{self.month} is not a month between 1900-01 and 2999-12",
                value=f"{self.year}-{self.month}",
            )

    @classmethod
    def parse(cls, text: str) -> Month:
        """From the wire form `"2026-03"`. Raises `MonthUnreadable`."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise MonthUnreadable(f"{text!r} is not a month; write it as 2026-03", value=text)
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @classmethod
    def from_number(cls, number: int) -> Month:
        """From the stored form 202603."""
        return cls(number // 100, number % 100)

    @property
    def number(self) -> int:
        """The stored form: 2026-03 is 202603. Orders as the months do."""
        return self.year * 100 + self.month

    @property
    def days(self) -> int:
        return monthrange(self.year, self.month)[1]

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.month, self.days)

    def plus(self, months: int) -> Month:
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    def until(self, last: Month) -> Iterator[Month]:
        """This month and those after it, through `last`; nothing when `last` is earlier."""
        month = self
        while month <= last:
            yield month
            month = month.plus(1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
