"""Something dear is paid month by month: what each month costs, and what counts as wage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ideals.kernel.month import Month


@dataclass(frozen=True, slots=True)
class Plan:
    """`divided`: the price is of the whole and is divided over the months; else it is each month's.

    `addition_minor`: cents a year that count as wage.
    """

    first_month: Month
    months: int
    divided: bool
    price_minor: int
    addition_minor: int

    @property
    def last_month(self) -> Month:
        return self.first_month.plus(self.months - 1)

    def covers(self, month: Month) -> bool:
        return self.first_month <= month <= self.last_month

    def charge(self, month: Month) -> int:
        """What the month costs; nothing outside the plan."""
        if not self.covers(month):
            return 0
        if not self.divided:
            return self.price_minor
        return share(self.price_minor, self.months, _index(month) - _index(self.first_month) + 1)

    def addition(self, month: Month) -> int:
        """The month's part of the yearly addition: twelve of them are the year's."""
        return share(self.addition_minor, 12, month.month) if self.covers(month) else 0

    def rest_after(self, month: Month) -> int:
        """What is still to pay of a divided price once this month is charged."""
        later = max(month.plus(1), self.first_month)
        return sum(self.charge(each) for each in later.until(self.last_month))

    def lines(self) -> Iterator[PlanLine]:
        """The whole of it, month by month: shown before somebody agrees."""
        for month in self.first_month.until(self.last_month):
            yield PlanLine(month, self.charge(month), self.addition(month))


class PlanLine(NamedTuple):
    month: Month
    charge_minor: int
    addition_minor: int


def share(minor: int, parts: int, number: int) -> int:
    """The `number`th of so many parts of an amount, in whole cents that add up to it exactly."""
    return minor * number // parts - minor * (number - 1) // parts


class Split(NamedTuple):
    """A charge: what the account pays, and what is deducted from pay."""

    taken_minor: int
    shortfall_minor: int


def split(charge_minor: int, available_minor: int) -> Split:
    taken = min(charge_minor, max(0, available_minor))
    return Split(taken, charge_minor - taken)


def _index(month: Month) -> int:
    return month.year * 12 + month.month
