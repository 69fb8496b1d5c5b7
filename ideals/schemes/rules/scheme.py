"""A compiled scheme: one published version, ready to work out what is owed. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from ideals.kernel.formula import Formula
from ideals.kernel.month import Month
from ideals.schemes.rules.days import Deadline, PartMonth
from ideals.schemes.rules.facts import (
    AVERAGE_MONTHS,
    Reader,
    calendar_month_of,
    latest,
)
from ideals.schemes.rules.product import Product, ProductKind
from ideals.schemes.rules.rounding import HourRounding, HourUnit


class SicknessPay(StrEnum):
    PAID = "paid"
    """Sick days are days like others."""
    AS_PAID = "as_paid"
    """In a month with sickness the salary is what payroll really paid."""
    PAID_MONTHS = "paid_months"
    """Sick days count for so many months, and then nothing."""


class LeftOver(StrEnum):
    """What becomes of what nobody chose for."""

    PAY_EACH_MONTH = "pay_each_month"
    KEEP_UNTIL_DECEMBER = "keep_until_december"
    SAVE_AS_LEAVE = "save_as_leave"


class Moment(StrEnum):
    """When hours are granted, and so for what period."""

    JANUARY = "january"
    MONTHLY = "monthly"


class Pending(StrEnum):
    """What the close of a month does with orders that nobody decided."""

    RELEASE = "release"
    APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class Calendar:
    allocate_on: int
    deadline: Deadline
    left_over: LeftOver
    save_at_most: Formula | None = None
    """Hours, when what is left over is saved as leave."""
    pending: Pending = Pending.RELEASE


@dataclass(frozen=True, slots=True)
class Component:
    code: str
    formula: Formula
    names: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    replaces: Mapping[str, str] = field(default_factory=dict)
    """The old right that this component took the place of, by language; empty when not said."""


@dataclass(frozen=True, slots=True)
class GrantedHours:
    """Hours given as hours. The formula gives hours, for the whole period of `moment`."""

    code: str
    formula: Formula
    moment: Moment
    rounding: HourRounding
    unit: HourUnit
    names: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    justification: str = ""
    statutory: bool = False
    """Leave that the law prescribes: it lapses sooner and is never sold."""

    def for_month(self, month: Month) -> Month:
        """The month a grant belongs to: January of the year, or the month itself."""
        return Month(month.year, 1) if self.moment is Moment.JANUARY else month


@dataclass(frozen=True, slots=True)
class LeaveRules:
    """When leave lapses: so long after the end of the year it belongs to."""

    statutory_months: int = 6
    extra_years: int = 5


class UnusedBought(StrEnum):
    """What becomes of bought hours that somebody who leaves has not taken."""

    AT_PRICE_PAID = "reverse_at_price_paid"
    AT_VALUE_TODAY = "pay_at_value_today"


class Debt(StrEnum):
    SET_OFF = "set_off"
    WAIVE_ON_DEATH = "waive_on_death"
    """Set off too, unless the employee has died."""


@dataclass(frozen=True, slots=True)
class Leaving:
    rest: str
    unused_bought: UnusedBought
    debt: Debt


class Window(NamedTuple):
    """What a scheme needs to know of a person to work a month out, both ends included."""

    first_day: date
    last_day: date
    first_pay_month: Month


@dataclass(frozen=True, slots=True)
class Scheme:
    """Components stand in the order in which they are worked out. `names` by language."""

    code: str
    version: Month
    names: Mapping[str, str]
    currency: str
    full_time_hours: Decimal
    first_month: Month
    calendar: Calendar
    part_month: PartMonth
    sickness: SicknessPay
    paid_sick_months: int | None
    facts: Mapping[str, Formula]
    components: tuple[Component, ...]
    hours: tuple[GrantedHours, ...]
    products: Mapping[str, Product]
    leaving: Leaving
    leave: LeaveRules
    readers: Mapping[str, Reader]
    """How each fact that a formula of this scheme names is read."""
    needs: frozenset[str]
    """The facts and components that components and granted hours read, products left aside."""
    selling_readers: Mapping[str, Reader]
    """The same for formulas of products, which may read components too."""
    selling_needs: frozenset[str]
    """The facts that products read, and the components they name as well."""
    text: str
    """The document."""

    def name(self, language: str) -> str:
        return named(self.names, language, self.code)

    def window(self, month: Month) -> Window:
        """The days and pay months to load for `owed_amounts` and `owed_hours` of a month."""
        first, last, pay = month.first, month.last, month
        for name in self.needs:
            calendar_month = calendar_month_of(name)
            if name.endswith(".average_12"):
                pay = min(pay, month.plus(-AVERAGE_MONTHS))
            elif calendar_month is not None:
                since = latest(month, calendar_month)
                first, pay = min(first, since.first), min(pay, since)
        if any(grant.moment is Moment.JANUARY for grant in self.hours):
            first, last = min(first, date(month.year, 1, 1)), date(month.year, 12, 31)
        return Window(first, last, pay)

    def offer_window(self, month: Month) -> Window:
        """The days and pay months to load for what is sold into a month, on whatever day.

        A month can be ordered for from at most MOST_MONTHS_AHEAD and a deadline of eleven months
        before it, so from the year before the last one.
        """
        earliest = Month(month.year - 2, 1)
        first = pay = earliest
        for name in self.selling_needs:
            calendar_month = calendar_month_of(name)
            if name.endswith(".average_12"):
                pay = min(pay, earliest.plus(-AVERAGE_MONTHS))
            elif calendar_month is not None:
                since = latest(earliest, calendar_month)
                first, pay = min(first, since), min(pay, since)
        return Window(first.first, month.last, pay)

    @property
    def leave_product(self) -> Product | None:
        """The first product that sells leave: its price is that of an hour saved or settled."""
        kind = ProductKind.LEAVE
        return next((each for each in self.products.values() if each.kind is kind), None)


def named(names: Mapping[str, str], language: str, code: str) -> str:
    """In this language, else in English, else in the first one given, else the code."""
    return names.get(language) or names.get("en") or next(iter(names.values()), code)
