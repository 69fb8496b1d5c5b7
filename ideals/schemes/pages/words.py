"""A scheme told in sentences, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from babel.dates import format_date
from flask_babel import gettext, lazy_gettext

from ideals.kernel.actor import SYSTEM
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.said import Said
from ideals.schemes.pages import product_words
from ideals.schemes.pages.product_words import ROUNDINGS, Words
from ideals.schemes.rules import (
    CATALOGUE,
    Commitment,
    Deadline,
    Debt,
    Difference,
    Fact,
    Fault,
    GrantedHours,
    LeftOver,
    NeedsApproval,
    Opening,
    PaidFrom,
    PartMonth,
    Pending,
    Product,
    ProductKind,
    ProductUnit,
    Quota,
    Scheme,
    UnusedBought,
    Use,
)
from ideals.schemes.rules.catalogue import fact_named
from ideals.schemes.rules.differences import LimitSaid, Sort, said_limit
from ideals.schemes.rules.product import BOUGHT_OUTSIDE
from ideals.schemes.rules.rounding import HourUnit
from ideals.schemes.rules.scheme import Moment, SicknessPay, named
from ideals.web import formats
from ideals.web.language import language

LEFT_OVER: Words = {
    LeftOver.PAY_EACH_MONTH: lazy_gettext("What nobody chose for is paid out with the month."),
    LeftOver.KEEP_UNTIL_DECEMBER: lazy_gettext(
        "What nobody chose for is kept, and paid out in December."
    ),
    LeftOver.SAVE_AS_LEAVE: lazy_gettext("What nobody chose for is saved as leave."),
}
PART_MONTH: Words = {
    PartMonth.CALENDAR_DAYS: lazy_gettext("A part of a month counts by its calendar days."),
    PartMonth.WORKING_DAYS: lazy_gettext(
        "A part of a month counts by its working days, Monday to Friday."
    ),
    PartMonth.THIRTIETHS: lazy_gettext(
        "A part of a month counts in thirtieths: every month has thirty days."
    ),
    PartMonth.NONE: lazy_gettext("One paid day makes a whole month."),
}
SICKNESS: Words = {
    SicknessPay.PAID: lazy_gettext("Sick days count as other days."),
    SicknessPay.AS_PAID: lazy_gettext(
        "In a month with sickness the salary is what payroll really paid."
    ),
}
UNUSED_BOUGHT: Words = {
    UnusedBought.AT_PRICE_PAID: lazy_gettext(
        "Bought hours that were not taken are given back at the price paid."
    ),
    UnusedBought.AT_VALUE_TODAY: lazy_gettext(
        "Bought hours that were not taken are paid out at their value of that day."
    ),
}
DEBT: Words = {
    Debt.SET_OFF: lazy_gettext("What is still owed is set off against the last pay."),
    Debt.WAIVE_ON_DEATH: lazy_gettext(
        "What is still owed is set off against the last pay, unless the employee has died."
    ),
}
PENDING: Words = {
    Pending.RELEASE: lazy_gettext(
        "Orders that nobody decided before the close are not placed; the money is free again."
    ),
    Pending.APPROVE: lazy_gettext("Orders that nobody decided before the close are approved."),
}
MOMENTS: Words = {
    Moment.JANUARY: lazy_gettext("once a year, in January"),
    Moment.MONTHLY: lazy_gettext("each month"),
}
HOUR_UNITS: Words = {
    HourUnit.HOUR: lazy_gettext("to whole hours"),
    HourUnit.MINUTE: lazy_gettext("to whole minutes"),
}
KEYS: Words = {
    "name": lazy_gettext("Name"),
    "note": lazy_gettext("Note"),
    "replaces": lazy_gettext("Replaces"),
    "formula": lazy_gettext("Formula"),
    "full_time_hours": lazy_gettext("Full-time week"),
    "first_month": lazy_gettext("First month"),
    "allocate_on": lazy_gettext("Budgets are made"),
    "deadline": lazy_gettext("Deadline for choices"),
    "left_over": lazy_gettext("What is left over"),
    "save_at_most": lazy_gettext("Saved at most, in hours"),
    "part_month": lazy_gettext("A part of a month"),
    "sickness": lazy_gettext("Sickness"),
    "paid_sick_months": lazy_gettext("Months of sickness that are paid"),
    "unused_bought": lazy_gettext("Leaving: bought hours"),
    "debt": lazy_gettext("Leaving: what is owed"),
    "order": lazy_gettext("Order of the components"),
    "moment": lazy_gettext("Granted"),
    "round": lazy_gettext("Rounding"),
    "unit": lazy_gettext("Unit of measure"),
    "justification": lazy_gettext("Justification"),
    "kind": lazy_gettext("Kind"),
    "step": lazy_gettext("Smallest step"),
    "price": lazy_gettext("Price of one"),
    "sell_price": lazy_gettext("Price when sold back"),
    "price_moment": lazy_gettext("Moment of the price"),
    "minimum": lazy_gettext("At least, in one order"),
    "maximum": lazy_gettext("At most, in one order"),
    "eligible": lazy_gettext("For whom"),
    "limit": lazy_gettext("Limit"),
    "resale": lazy_gettext("Selling back"),
    "text": lazy_gettext("In one line"),
    "group": lazy_gettext("In the shop under"),
    "picture": lazy_gettext("Picture"),
    "unit_hours": lazy_gettext("Hours of a day"),
    "not_eligible": lazy_gettext("What others are told"),
    "opens": lazy_gettext("Open for orders"),
    "evidence": lazy_gettext("Evidence needed"),
    "approval": lazy_gettext("Approval"),
    "cancellation": lazy_gettext("Can be cancelled"),
    "quota": lazy_gettext("For everybody together"),
    "months_ahead": lazy_gettext("Can be planned ahead"),
    "instalments": lazy_gettext("Paid in instalments"),
    "term": lazy_gettext("Paid each month of a term"),
    "tax": lazy_gettext("Tax"),
    "addition": lazy_gettext("Added to the wage, a year"),
    "paid_from": lazy_gettext("Paid from"),
    "price_asked": lazy_gettext("Price of one"),
    "lowers_pension": lazy_gettext("Pensionable wage"),
    "pending": lazy_gettext("Orders that wait at the close"),
    "statutory": lazy_gettext("Leave of the law"),
    "statutory_months": lazy_gettext("Statutory leave lapses"),
    "extra_years": lazy_gettext("Extra leave lapses"),
}
SORTS: Words = {
    Sort.SCHEME: lazy_gettext("The scheme itself"),
    Sort.COMPONENT: lazy_gettext("Component"),
    Sort.HOURS: lazy_gettext("Granted hours"),
    Sort.PRODUCT: lazy_gettext("Product"),
    Sort.FACT: lazy_gettext("Name for formulas"),
}
PLACES: Words = {
    Use.COMPONENTS: lazy_gettext("components"),
    Use.HOURS: lazy_gettext("granted hours"),
    Use.PRODUCTS: lazy_gettext("products"),
}
FORMULAS = (
    "formula",
    "save_at_most",
    "price",
    "sell_price",
    "unit_hours",
    "minimum",
    "maximum",
    "eligible",
    "addition",
)
_CHOICES: dict[str, Words] = {
    "part_month": PART_MONTH,
    "left_over": LEFT_OVER,
    "unused_bought": UNUSED_BOUGHT,
    "debt": DEBT,
    "moment": MOMENTS,
    "round": ROUNDINGS,
    "pending": PENDING,
    "kind": product_words.KINDS,
    "price_moment": product_words.PRICE_MOMENTS,
    "resale": product_words.RESALE,
    "tax": product_words.TAX,
    "cancellation": product_words.CANCELLATIONS,
    "approval": product_words.APPROVALS,
    "paid_from": product_words.PAID_FROM,
    "group": product_words.GROUPS,
    "lowers_pension": product_words.PENSION,
}

EXAMPLES = {
    "meridian": lazy_gettext("An invented bank: its percentages and prices are made up."),
    "nwb": lazy_gettext("The Benefit Budget of the Dutch grid companies, 38 hours a week."),
    "sociaal-werk": lazy_gettext("The individual choice budget of social work, 36 hours a week."),
}


class Line(NamedTuple):
    """A sentence about a scheme, or a piece of its document when `code`."""

    label: str
    text: str
    code: bool = False


def in_words(key: str, value: Any) -> str:
    """The value of a key of a document, as a difference shows it."""
    if key in _CHOICES:
        return str(_CHOICES[key][value])
    match value:
        case bool():
            return str(gettext("yes") if value else gettext("no"))
        case LimitSaid():
            return product_words.limit(value)
        case Opening():
            return product_words.opening(value)
        case Quota():
            return product_words.quota(value)
        case Commitment():
            return product_words.commitment(value)
        case Deadline():
            return deadline(value)
        case Month():
            return formats.month_name(value)
        case Decimal():
            return formats.number(value, 0, most=6)
        case SicknessPay():
            return str(SICKNESS.get(value) or gettext("Sick days count for a number of months."))
        case Mapping():
            return "; ".join(f"{code}: {text}" for code, text in value.items())
        case tuple():
            return "; ".join(in_words(key, each) for each in value)
    if key == "unit":
        units = product_words.UNITS if isinstance(value, ProductUnit) else HOUR_UNITS
        return str(units[value])
    if key == "allocate_on":
        return allocate_on(value)
    if key in _COUNTED:
        return _COUNTED[key](value)
    return str(value)


def allocate_on(day: int) -> str:
    return str(gettext("The budgets of a month are made on day %(day)s of that month.", day=day))


def deadline(last: Deadline) -> str:
    if last.month is not None:
        day = format_date(date(2024, last.month, min(last.day, 28)), "MMMM", locale=language())
        return str(
            gettext(
                "Choices for a whole year can be made until %(day)s %(month)s of the year before.",
                day=last.day,
                month=day,
            )
        )
    if last.months_before == 0:
        if last.day >= 31:
            return str(gettext("Choices can be made until the last day of the month itself."))
        return str(
            gettext("Choices can be made until day %(day)s of the month itself.", day=last.day)
        )
    if last.months_before == 1:
        if last.day >= 31:
            return str(gettext("Choices can be made until the last day of the month before."))
        return str(
            gettext("Choices can be made until day %(day)s of the month before.", day=last.day)
        )
    return str(
        gettext(
            "Choices can be made until day %(day)s of the month that is %(count)s months earlier.",
            day=last.day,
            count=last.months_before,
        )
    )


def sickness(scheme: Scheme) -> str:
    if scheme.paid_sick_months is None:
        return str(SICKNESS[scheme.sickness])
    return str(
        gettext(
            "Sick days count for %(count)s months from the first sick day, and then for nothing.",
            count=scheme.paid_sick_months,
        )
    )


def statutory_months(count: int) -> str:
    return str(gettext("%(count)s months after the end of its year", count=count))


def extra_years(count: int) -> str:
    return str(gettext("%(count)s years after the end of its year", count=count))


_COUNTED: dict[str, Callable[[int], str]] = {
    "months_ahead": product_words.months_ahead,
    "statutory_months": statutory_months,
    "extra_years": extra_years,
}


def calendar(scheme: Scheme) -> list[Line]:
    """The days, the default, part months, sickness and leaving: a sentence each."""
    told = scheme.calendar
    lines = [
        _line("full_time_hours", gettext(
            "%(hours)s hours", hours=formats.number(scheme.full_time_hours, 0, most=2)
        )),
        _line("first_month", gettext(
            "Nothing is owed for a month before %(month)s.",
            month=formats.month_name(scheme.first_month),
        )),
        _line("allocate_on", allocate_on(told.allocate_on)),
        _line("deadline", deadline(told.deadline)),
        _line("left_over", str(LEFT_OVER[told.left_over])),
    ]  # fmt: skip
    if told.save_at_most is not None:
        lines.append(_line("save_at_most", told.save_at_most.source))
    return [
        *lines,
        _line("pending", str(PENDING[told.pending])),
        _line("part_month", str(PART_MONTH[scheme.part_month])),
        _line("sickness", sickness(scheme)),
        _line("unused_bought", str(UNUSED_BOUGHT[scheme.leaving.unused_bought])),
        _line("debt", str(DEBT[scheme.leaving.debt])),
        _line("statutory_months", statutory_months(scheme.leave.statutory_months)),
        _line("extra_years", extra_years(scheme.leave.extra_years)),
    ]


def granted(grant: GrantedHours) -> str:
    """When, and how it is rounded."""
    return str(
        gettext(
            "Granted %(when)s, %(rounded)s %(unit)s.",
            when=MOMENTS[grant.moment],
            rounded=ROUNDINGS[grant.rounding],
            unit=HOUR_UNITS[grant.unit],
        )
    )


def product(sold: Product) -> list[Line]:
    """What a document says about a product, in the order people ask it."""
    if not sold.is_ordered:
        return [_line("note", sold.note)] if sold.note else []
    told: dict[str, Any] = {**_price(sold), **_order(sold), **_effect(sold)}
    lines = []
    for key, value in told.items():
        for each in value if isinstance(value, tuple) else (value,):
            if each not in (None, "", {}):
                lines.append(_line(key, _told(key, each)))
    return lines


def _told(key: str, value: Any) -> str:
    """Texts in the reader's language alone."""
    return name(value, "") if isinstance(value, Mapping) else in_words(key, value)


def _price(sold: Product) -> dict[str, Any]:
    asked = gettext("Who orders it says what it costs.") if sold.asks_price else None
    leave = sold.kind is ProductKind.LEAVE
    return {
        "price": sold.price and sold.price.source,
        "price_asked": asked,
        "price_moment": sold.price_moment if sold.price is not None else None,
        "unit": sold.unit,
        "step": sold.step,
        "unit_hours": sold.unit_hours and sold.unit_hours.source,
        "resale": sold.resale if leave else None,
        "sell_price": sold.sell_price and sold.sell_price.source,
    }


def _order(sold: Product) -> dict[str, Any]:
    """Who may order, how much, and when."""
    return {
        "eligible": sold.eligible and sold.eligible.source,
        "not_eligible": sold.not_eligible,
        "minimum": sold.minimum and sold.minimum.source,
        "maximum": sold.maximum and sold.maximum.source,
        "limit": tuple(said_limit(each) for each in sold.limits),
        "quota": sold.quota,
        "opens": sold.opens,
        "deadline": sold.deadline,
        "months_ahead": sold.months_ahead or None,
        "evidence": sold.evidence,
        "approval": None if sold.approval is NeedsApproval.NONE else sold.approval,
        "cancellation": sold.cancellation,
    }


def _effect(sold: Product) -> dict[str, Any]:
    divided = sold.commitment is not None and sold.commitment.divided
    spent = sold.kind in (ProductKind.LEAVE, *BOUGHT_OUTSIDE)
    return {
        "paid_from": None if sold.paid_from is PaidFrom.BUDGET else sold.paid_from,
        "instalments": sold.commitment if divided else None,
        "term": None if divided else sold.commitment,
        "tax": sold.tax,
        "addition": sold.addition and sold.addition.source,
        "lowers_pension": sold.lowers_pension if spent else None,
        "group": sold.group,
        "note": sold.note,
        "justification": sold.justification,
    }


def _line(key: str, text: str) -> Line:
    return Line(str(KEYS[key]), text, key in FORMULAS)


def name(names: Mapping[str, str], code: str) -> str:
    return named(names, language(), code)


def say(text: str) -> str:
    """A text of the layers below in the reader's language."""
    if not isinstance(text, Said):
        return text
    values = {key: _said_value(value) for key, value in text.values.items()}
    return str(gettext(text.template, **values))


def _said_value(value: object) -> object:
    match value:
        case str():
            return say(value)
        case Month():
            return formats.month_name(value)
        case date():
            return formats.day(value)
    return value


def who(published_by: str) -> str:
    """Who published a version; the house itself in words."""
    return str(gettext("the system")) if published_by == SYSTEM.name else published_by


def changes(difference: Difference) -> list[tuple[str, str | None, str | None]]:
    """Rows for the `changes` macro: what, before, after."""
    return [
        (
            str(KEYS[change.key]),
            None if change.before is None else in_words(change.key, change.before),
            None if change.after is None else in_words(change.key, change.after),
        )
        for change in difference.changes
    ]


def begins(scheme: Scheme) -> Month:
    """The first month with budgets."""
    return max(scheme.version, scheme.first_month)


def anchor(fault: Fault, text: str) -> int:
    """The line that is shown for a fault: the last one when it is past the end."""
    return min(max(fault.line, 1), text.count("\n") + 1)


def cents(minor: int) -> str:
    return formats.money(Money(minor))


def facts_used(scheme: Scheme) -> list[Fact]:
    """The facts of the catalogue that formulas of this scheme name, in its order."""
    used = {fact for fact in map(fact_named, scheme.readers) if fact is not None}
    return [fact for fact in CATALOGUE if fact in used]


def fact_value(of: str, value: Decimal | str | bool) -> str:
    """Euros of a fact as money; other figures with at most six decimals; yes and no."""
    if isinstance(value, bool):
        return str(gettext("yes")) if value else gettext("no")
    if isinstance(value, str):
        return value
    fact = fact_named(of)
    if fact is not None and fact.unit.startswith("euro") and value == round(value, 2):
        return formats.money(Money.of(value))
    return formats.number(value, 0, most=6)
