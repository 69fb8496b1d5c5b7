"""A scheme told in sentences, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from babel.dates import format_date
from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from ideals.kernel.actor import SYSTEM
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.said import Said
from ideals.schemes.rules import (
    CATALOGUE,
    Cancellation,
    Commitment,
    Counts,
    Deadline,
    Debt,
    Difference,
    Fact,
    Fault,
    GrantedHours,
    Group,
    LeftOver,
    NeedsApproval,
    OnLeaving,
    Opening,
    PaidFrom,
    PartMonth,
    Pending,
    Per,
    PriceMoment,
    Product,
    ProductKind,
    ProductUnit,
    Quota,
    Resale,
    Scheme,
    TaxTreatment,
    UnusedBought,
    Use,
)
from ideals.schemes.rules.catalogue import fact_named
from ideals.schemes.rules.differences import LimitSaid, Sort, said_limit
from ideals.schemes.rules.rounding import HourRounding, HourUnit
from ideals.schemes.rules.scheme import Moment, SicknessPay, named
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
    ProductKind.PAY_OUT: lazy_gettext("paid out as money"),
    ProductKind.LEAVE: lazy_gettext("leave hours"),
    ProductKind.SELL_LEAVE: lazy_gettext("sale of leave hours"),
    ProductKind.SAVINGS: lazy_gettext("saving"),
    ProductKind.DEVELOPMENT: lazy_gettext("training and development"),
    ProductKind.KEEP: lazy_gettext("kept in the budget"),
    ProductKind.BICYCLE: lazy_gettext("a bicycle"),
    ProductKind.LEASE_CAR: lazy_gettext("a lease car"),
    ProductKind.UNION_DUES: lazy_gettext("union dues"),
    ProductKind.COMMUTING: lazy_gettext("commuting"),
    ProductKind.PENSION: lazy_gettext("pension"),
    ProductKind.OTHER: lazy_gettext("something else"),
}
UNITS: Words = {
    ProductUnit.HOUR: lazy_gettext("by the hour"),
    ProductUnit.DAY: lazy_gettext("by the day"),
    ProductUnit.EURO: lazy_gettext("by the euro"),
    ProductUnit.PIECE: lazy_gettext("by the piece"),
}
PRICE_MOMENTS: Words = {
    PriceMoment.ORDER: lazy_gettext("the price of the day of the order"),
    PriceMoment.MONTH: lazy_gettext("the price of the 1st of the month that it is for"),
    PriceMoment.JANUARY: lazy_gettext("the price of 1 January"),
    PriceMoment.JANUARY_SALARY: lazy_gettext("today's price with the salary of January"),
}
RESALE: Words = {
    Resale.NEVER: lazy_gettext("never sold back"),
    Resale.GRANTED_ONLY: lazy_gettext("only granted hours can be sold back"),
    Resale.BOUGHT_ONLY: lazy_gettext("only bought hours can be sold back"),
    Resale.ALWAYS: lazy_gettext("granted and bought hours can be sold back"),
}
TAX: Words = {
    TaxTreatment.TAXED: lazy_gettext("taxed as wage"),
    TaxTreatment.EXEMPT: lazy_gettext("free of tax"),
    TaxTreatment.FREE_SPACE: lazy_gettext("free of tax, from the employer's free space"),
    TaxTreatment.ADDITION: lazy_gettext("a part of its value is added to the taxed wage"),
}
CANCELLATIONS: Words = {
    Cancellation.NEVER: lazy_gettext("never, once it is ordered"),
    Cancellation.UNTIL_DEADLINE: lazy_gettext("until the deadline of its month"),
    Cancellation.UNTIL_CLOSE: lazy_gettext("until its month is closed"),
}
APPROVALS: Words = {
    NeedsApproval.NONE: lazy_gettext("none"),
    NeedsApproval.MANAGER: lazy_gettext("by the manager"),
    NeedsApproval.HR: lazy_gettext("by HR"),
}
PAID_FROM: Words = {
    PaidFrom.BUDGET: lazy_gettext("from the budget"),
    PaidFrom.SAVINGS: lazy_gettext("from savings"),
    PaidFrom.DEVELOPMENT: lazy_gettext("from the development account"),
}
GROUPS: Words = {
    Group.TIME: lazy_gettext("time"),
    Group.MONEY_NOW: lazy_gettext("money now"),
    Group.MONEY_LATER: lazy_gettext("money later"),
    Group.MOVE: lazy_gettext("on the move"),
    Group.LEARN: lazy_gettext("learning"),
}
LIMITS: Words = {
    Per.ORDER: lazy_gettext("in one order"),
    Per.MONTH: lazy_gettext("in a month"),
    Per.YEAR: lazy_gettext("in a calendar year"),
    Per.EMPLOYMENT: lazy_gettext("as long as somebody is employed"),
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
    "paid_from": lazy_gettext("Paid"),
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
    "kind": KINDS,
    "price_moment": PRICE_MOMENTS,
    "resale": RESALE,
    "tax": TAX,
    "cancellation": CANCELLATIONS,
    "approval": APPROVALS,
    "paid_from": PAID_FROM,
    "group": GROUPS,
    "pending": PENDING,
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
            return str(_YES_NO[key][value])
        case LimitSaid():
            return limit(value)
        case Opening():
            return opening(value)
        case Quota():
            return quota(value)
        case Commitment():
            return commitment(value)
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
            return ", ".join(in_words(key, each) for each in value)
    if key == "unit":
        return str((UNITS if isinstance(value, ProductUnit) else HOUR_UNITS)[value])
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


def limit(said: LimitSaid) -> str:
    """ "At most 187 * part_time_factor in a calendar year, rounded down"."""
    if said.per is Per.YEARS:
        per = gettext("in %(count)s calendar years", count=said.years)
    else:
        per = str(LIMITS[said.per])
    parts = []
    if said.amount:
        if said.counts is Counts.EURO:
            parts.append(gettext("€ %(amount)s %(per)s", amount=said.amount, per=per))
        else:
            parts.append(gettext(
                "%(amount)s %(per)s, %(rounded)s",
                amount=said.amount, per=per, rounded=ROUNDINGS[said.rounding],
            ))  # fmt: skip
    if said.times is not None:
        parts.append(
            ngettext("%(num)s order %(per)s", "%(num)s orders %(per)s", said.times, per=per)
        )
    return str(gettext("at most %(parts)s", parts=", ".join(parts)))


def opening(opens: Opening) -> str:
    parts = []
    if opens.first is not None:
        parts.append(gettext("from %(month)s", month=formats.month_name(opens.first)))
    if opens.last is not None:
        parts.append(gettext("until %(month)s", month=formats.month_name(opens.last)))
    if opens.months:
        names = ", ".join(_calendar_month(month) for month in opens.months)
        parts.append(gettext("each year in %(months)s", months=names))
    return ", ".join(map(str, parts))


def _calendar_month(month: int) -> str:
    return str(format_date(date(2024, month, 1), "LLLL", locale=language()))


def quota(said: Quota) -> str:
    return str(
        gettext(
            "%(amount)s %(per)s; who comes first has them",
            amount=formats.number(said.amount, 0, most=6),
            per=LIMITS[said.per],
        )
    )


def commitment(said: Commitment) -> str:
    if said.divided:
        what = gettext("the price in %(count)s months", count=said.months)
    else:
        what = gettext("the price each month, for %(count)s months", count=said.months)
    early = (
        gettext("it can be ended before")
        if said.early_end
        else gettext("it cannot be ended before")
    )
    leaving = (
        gettext("who leaves pays the rest")
        if said.leaving is OnLeaving.PAY_REST
        else gettext("it ends for who leaves")
    )
    return f"{what}; {early}; {leaving}"


def months_ahead(count: int) -> str:
    if not count:
        return str(gettext("no"))
    return str(ngettext("%(num)s month", "%(num)s months", count))


def statutory_months(count: int) -> str:
    return str(gettext("%(count)s months after the end of its year", count=count))


def extra_years(count: int) -> str:
    return str(gettext("%(count)s years after the end of its year", count=count))


_COUNTED: dict[str, Callable[[int], str]] = {
    "months_ahead": months_ahead,
    "statutory_months": statutory_months,
    "extra_years": extra_years,
}
_YES_NO: dict[str, tuple[LazyString, LazyString]] = {
    "statutory": (lazy_gettext("no"), lazy_gettext("yes")),
    "lowers_pension": (
        lazy_gettext("stays as it is"),
        lazy_gettext("is lower by what is spent on it"),
    ),
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
    lines = [_line(key, formula.source) for key, formula in sold.formulas().items()]
    lines += [_line(key, in_words(key, value)) for key, value in _told(sold).items() if value]
    lines += [_line("limit", limit(said_limit(each))) for each in sold.limits]
    return lines


def _told(sold: Product) -> dict[str, Any]:
    """The keys that say something of this product, without formulas and limits."""
    if not sold.is_ordered:
        return {"note": sold.note}
    divided = sold.commitment is not None and sold.commitment.divided
    leave = sold.kind is ProductKind.LEAVE
    return {
        "unit": sold.unit,
        "step": sold.step,
        "price_moment": sold.price_moment if sold.price is not None else None,
        "not_eligible": sold.not_eligible,
        "opens": sold.opens,
        "deadline": sold.deadline,
        "months_ahead": sold.months_ahead,
        "quota": sold.quota,
        "instalments": sold.commitment if divided else None,
        "term": None if divided else sold.commitment,
        "evidence": sold.evidence,
        "approval": sold.approval if sold.approval is not NeedsApproval.NONE else None,
        "cancellation": sold.cancellation,
        "resale": sold.resale if leave else None,
        "tax": sold.tax,
        "paid_from": sold.paid_from if sold.paid_from is not PaidFrom.BUDGET else None,
        "lowers_pension": sold.lowers_pension,
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
