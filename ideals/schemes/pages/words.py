"""A scheme told in sentences, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from babel.dates import format_date
from flask_babel import LazyString, gettext, lazy_gettext

from ideals.kernel.actor import SYSTEM
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.said import Said
from ideals.schemes.rules import (
    CATALOGUE,
    Difference,
    Fact,
    Fault,
    GrantedHours,
    PartMonth,
    Scheme,
    Use,
)
from ideals.schemes.rules.catalogue import fact_named
from ideals.schemes.rules.differences import LimitSaid, Sort
from ideals.schemes.rules.scheme import (
    Deadline,
    HourRounding,
    HourUnit,
    LeftOver,
    Moment,
    Product,
    SicknessPay,
    named,
)
from ideals.web import formats
from ideals.web.language import language

Words = Mapping[Any, LazyString]

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
    "reverse_at_price_paid": lazy_gettext(
        "Bought hours that were not taken are given back at the price paid."
    ),
    "pay_at_value_today": lazy_gettext(
        "Bought hours that were not taken are paid out at their value of that day."
    ),
}
DEBT: Words = {
    "set_off": lazy_gettext("What is still owed is set off against the last pay."),
    "waive_on_death": lazy_gettext(
        "What is still owed is set off against the last pay, unless the employee has died."
    ),
}
MOMENTS: Words = {
    Moment.JANUARY: lazy_gettext("once a year, in January"),
    Moment.MONTHLY: lazy_gettext("each month"),
}
ROUNDINGS: Words = {
    HourRounding.UP: lazy_gettext("rounded up"),
    HourRounding.DOWN: lazy_gettext("rounded down"),
    HourRounding.HALF_UP: lazy_gettext("rounded, half up"),
    HourRounding.ONE_DECIMAL: lazy_gettext("rounded to one decimal"),
    HourRounding.IN_FAVOUR: lazy_gettext("rounded in favour of the employee"),
}
HOUR_UNITS: Words = {
    HourUnit.HOUR: lazy_gettext("to whole hours"),
    HourUnit.MINUTE: lazy_gettext("to whole minutes"),
}
KINDS: Words = {
    "pay_out": lazy_gettext("paid out as money"),
    "leave": lazy_gettext("leave hours"),
    "savings": lazy_gettext("saving"),
    "development": lazy_gettext("training and development"),
    "keep": lazy_gettext("kept in the budget"),
    "bicycle": lazy_gettext("a bicycle"),
    "lease_car": lazy_gettext("a lease car"),
    "union_dues": lazy_gettext("union dues"),
    "pension": lazy_gettext("pension"),
    "other": lazy_gettext("something else"),
}
UNITS: Words = {
    "hour": lazy_gettext("by the hour"),
    "day": lazy_gettext("by the day"),
    "euro": lazy_gettext("by the euro"),
    "piece": lazy_gettext("by the piece"),
}
PRICE_MOMENTS: Words = {
    "order": lazy_gettext("the price of the day of the order"),
    "month": lazy_gettext("the price of the 1st of the month"),
    "january": lazy_gettext("the price of 1 January"),
    "january_salary": lazy_gettext("today's price with the salary of 1 January"),
}
RESALE: Words = {
    "never": lazy_gettext("never sold back"),
    "granted_only": lazy_gettext("only granted hours can be sold back"),
    "bought_only": lazy_gettext("only bought hours can be sold back"),
    "always": lazy_gettext("can be sold back"),
}
LIMITS: Words = {
    "order": lazy_gettext("an order"),
    "month": lazy_gettext("a month"),
    "year": lazy_gettext("a year"),
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
FORMULAS = ("formula", "save_at_most", "price", "sell_price", "minimum", "maximum", "eligible")
_CHOICES: dict[str, Words] = {
    "part_month": PART_MONTH,
    "left_over": LEFT_OVER,
    "unused_bought": UNUSED_BOUGHT,
    "debt": DEBT,
    "moment": MOMENTS,
    "round": ROUNDINGS,
    "kind": KINDS,
    "price_moment": PRICE_MOMENTS,
    "resale": RESALE,
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
        case LimitSaid():
            return limit(value)
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
            return ", ".join(value)
    if key == "unit":
        return str({**UNITS, **HOUR_UNITS}[value])
    if key == "allocate_on":
        return allocate_on(value)
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


def limit(said: LimitSaid) -> str:
    if said.per == "years":
        per = gettext("%(count)s years", count=said.years)
    else:
        per = str(LIMITS[said.per])
    return str(
        gettext(
            "%(amount)s in %(per)s, %(rounded)s",
            amount=said.amount,
            per=per,
            rounded=ROUNDINGS[HourRounding(said.rounding)],
        )
    )


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
        _line("part_month", str(PART_MONTH[scheme.part_month])),
        _line("sickness", sickness(scheme)),
        _line("unused_bought", str(UNUSED_BOUGHT[scheme.leaving.unused_bought])),
        _line("debt", str(DEBT[scheme.leaving.debt])),
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
    lines = [
        _line(key, sold.formulas[key].source)
        for key in ("price", "sell_price", "minimum", "maximum", "eligible")
        if key in sold.formulas
    ]
    lines += [
        _line(key, in_words(key, sold.settings[key]))
        for key in ("unit", "step", "price_moment", "resale")
        if key in sold.settings
    ]
    if sold.limit is not None:
        amount = " ".join(sold.limit.amount.source.split())
        said = LimitSaid(sold.limit.per, amount, sold.limit.rounding, sold.limit.years)
        lines.append(_line("limit", limit(said)))
    if sold.note:
        lines.append(_line("note", sold.note))
    if sold.justification:
        lines.append(_line("justification", sold.justification))
    return lines


def _line(key: str, text: str) -> Line:
    return Line(str(KEYS[key]), text, key in FORMULAS)


def name(names: Mapping[str, str], code: str) -> str:
    return named(names, language(), code)


def say(text: str) -> str:
    """A text of the layers below in the reader's language."""
    if not isinstance(text, Said):
        return text
    values = {
        key: say(value) if isinstance(value, str) else value for key, value in text.values.items()
    }
    return str(gettext(text.template, **values))


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
