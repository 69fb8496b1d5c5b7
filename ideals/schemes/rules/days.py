"""The days of a month: what each one weighs, which are employed and paid, the last one to order."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from ideals.kernel.month import Month
from ideals.schemes.rules.person import Stretch


class PartMonth(StrEnum):
    """How a part of a month counts."""

    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    """Monday to Friday; public holidays are working days that are paid."""
    THIRTIETHS = "thirtieths"
    """Each month has thirty days: the 31st counts nothing, the last of February the rest."""
    NONE = "none"
    """A month is whole when one day of it is paid, with the facts of the last paid day."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day to order into a month: `day` of the month `months_before` it.

    `day` 31 in a shorter month is its last day. With `month` it is one day a year, for all months
    of the year after it.
    """

    day: int
    months_before: int = 0
    month: int | None = None

    def last_day(self, month: Month) -> date:
        of = month.plus(-self.months_before)
        if self.month is not None:
            of = Month(month.year - 1, self.month)
        return date(of.year, of.month, min(self.day, of.days))


class Days(NamedTuple):
    """A month under one way of counting. `until[d]` is what days 1 to d weigh together."""

    first: date
    last: date
    until: tuple[int, ...]
    whole: int

    def weight(self, start: date, end: date) -> int:
        return self.until[end.day] - self.until[start.day - 1]


@lru_cache(maxsize=4096)
def days_of(month: Month, part_month: PartMonth) -> Days:
    first, last = month.first, month.last
    match part_month:
        case PartMonth.WORKING_DAYS:
            until = [0]
            for day in range(month.days):
                until.append(until[-1] + ((first + timedelta(day)).weekday() < 5))
        case PartMonth.THIRTIETHS:
            until = [min(day, 30) for day in range(month.days)] + [30]
        case _:
            until = list(range(month.days + 1))
    return Days(first, last, tuple(until), until[-1])


class Span(NamedTuple):
    """Days of one stretch, `start` and `end` included."""

    stretch: Stretch
    start: date
    end: date


def employed_spans(
    stretches: Iterable[Stretch], scheme: str, first: date, last: date
) -> list[Span]:
    """The days between `first` and `last` employed under the scheme, in order."""
    spans = []
    for stretch in stretches:
        if stretch.scheme != scheme:
            continue
        start = max(first, stretch.valid_from, stretch.hired_on)
        end = min(last, stretch.until)
        if stretch.leaves_on is not None and stretch.leaves_on < end:
            end = stretch.leaves_on
        if start <= end:
            spans.append(Span(stretch, start, end))
    return spans


def paid_spans(employed: Iterable[Span], paid_sick_months: int | None) -> list[Span]:
    """Those of the employed days that are paid: without unpaid leave and sickness past its pay.

    `paid_sick_months` `None`: sickness stops no pay.
    """
    paid = []
    for span in employed:
        stretch = span.stretch
        if stretch.sick_from is not None and paid_sick_months is not None:
            stop = plus_months(stretch.sick_from, paid_sick_months)
            if stop <= span.start:
                continue
            if stop <= span.end:
                span = span._replace(end=stop - timedelta(1))
        if stretch.unpaid_from is None:
            paid.append(span)
        else:
            paid.extend(_around(span, stretch.unpaid_from, stretch.unpaid_until or date.max))
    return paid


def _around(span: Span, unpaid_from: date, unpaid_until: date) -> Iterator[Span]:
    if max(unpaid_from, span.start) > min(unpaid_until, span.end):
        yield span
        return
    if unpaid_from > span.start:
        yield span._replace(end=unpaid_from - timedelta(1))
    if unpaid_until < span.end:
        yield span._replace(start=unpaid_until + timedelta(1))


def plus_months(day: date, months: int) -> date:
    """The same day `months` later; the last of the month where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def full_years(since: date, on: date) -> int:
    """Full years reached on a day. Who was born on 29 February is a year older on 1 March."""
    return on.year - since.year - ((on.month, on.day) < (since.month, since.day))


def full_months(since: date, through: date) -> int:
    """Full months from the start of `since` to the end of `through`; never below 0."""
    after = through + timedelta(1)
    months = (after.year - since.year) * 12 + after.month - since.month
    if plus_months(since, months) > after:
        months -= 1
    return max(months, 0)
