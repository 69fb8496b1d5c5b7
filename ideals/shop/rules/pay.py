"""An employee's gross pay, as tax and the minimum wage are read by it: salary and allowances."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from ideals.kernel.month import Month
from ideals.schemes.rules.days import PartMonth, Span, days_of, employed_spans, paid_spans
from ideals.schemes.rules.person import Person, Stretch
from ideals.shop.rules.meaning import PaidMonth, Pay


def pay_in(person: Person, month: Month, full_time_hours: Decimal) -> tuple[Pay, Decimal] | None:
    """Pay of a whole month as the employment is on the last day employed of it, with the weekly
    hours; `None` for somebody who is not employed in the month."""
    spans = _employed(person, month.first, month.last)
    if not spans:
        return None
    stretch = spans[-1].stretch
    pay = Pay(_cents(_whole_month(stretch)), last_year_minor(person, month.year - 1))
    return pay, weekly_hours(stretch, full_time_hours)


def weekly_hours(stretch: Stretch, full_time_hours: Decimal) -> Decimal:
    """Of the contract; else the factor's share of the scheme's full-time week."""
    if stretch.weekly_hours is not None:
        return stretch.weekly_hours
    return stretch.part_time_factor * full_time_hours


def last_year_minor(person: Person, year: int) -> int | None:
    """Pay of a year, by the calendar days paid; `None` unless employed on every day of it."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    employed = _employed(person, first, last)
    days = sum((span.end - span.start).days + 1 for span in employed)
    if days != (last - first).days + 1:
        return None
    return sum(_paid(person, month) for month in Month(year, 1).until(Month(year, 12)))


def months_paid(person: Person, last: Month, full_time_hours: Decimal) -> tuple[PaidMonth, ...]:
    """The months of this year with pay, through `last`.

    Of a part of a month, the hours that count are that part of the weekly ones.
    """
    found = []
    for month in Month(last.year, 1).until(last):
        spans = paid_spans(_employed(person, month.first, month.last), None)
        hours = sum((_part(s) * weekly_hours(s.stretch, full_time_hours) for s in spans), Decimal())
        if spans:
            found.append(PaidMonth(month, _paid(person, month), hours))
    return tuple(found)


def _employed(person: Person, first: date, last: date) -> list[Span]:
    """Under whatever scheme."""
    schemes = dict.fromkeys(stretch.scheme for stretch in person.stretches)
    spans = (employed_spans(person.stretches, scheme, first, last) for scheme in schemes)
    return sorted((span for each in spans for span in each), key=lambda span: span.start)


def _paid(person: Person, month: Month) -> int:
    spans: Iterable[Span] = paid_spans(_employed(person, month.first, month.last), None)
    return _cents(sum((_whole_month(s.stretch) * _part(s) for s in spans), Decimal()))


def _part(span: Span) -> Decimal:
    """Of its month, by calendar days."""
    days = days_of(Month.of(span.start), PartMonth.CALENDAR_DAYS)
    return Decimal(days.weight(span.start, span.end)) / days.whole


def _whole_month(stretch: Stretch) -> Decimal:
    return stretch.full_time_salary * stretch.part_time_factor + sum(stretch.allowances.values())


def _cents(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
