"""What a scheme sells, in sentences: the words of a product's keys in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.dates import format_date
from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from ideals.kernel.money import Money
from ideals.schemes.rules import (
    Cancellation,
    Commitment,
    Counts,
    Group,
    NeedsApproval,
    OnLeaving,
    Opening,
    PaidFrom,
    Per,
    PriceMoment,
    ProductKind,
    ProductUnit,
    Quota,
    Resale,
    TaxTreatment,
)
from ideals.schemes.rules.differences import LimitSaid
from ideals.schemes.rules.rounding import HourRounding
from ideals.web import formats
from ideals.web.language import language

Words = Mapping[Any, LazyString]

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
    PaidFrom.BUDGET: lazy_gettext("the budget"),
    PaidFrom.SAVINGS: lazy_gettext("savings"),
    PaidFrom.DEVELOPMENT: lazy_gettext("the development account"),
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
ROUNDINGS: Words = {
    HourRounding.UP: lazy_gettext("rounded up"),
    HourRounding.DOWN: lazy_gettext("rounded down"),
    HourRounding.HALF_UP: lazy_gettext("rounded, half up"),
    HourRounding.ONE_DECIMAL: lazy_gettext("rounded to one decimal"),
    HourRounding.IN_FAVOUR: lazy_gettext("rounded in favour of the employee"),
}
PENSION: Words = {
    False: lazy_gettext("stays as it is"),
    True: lazy_gettext("is lower by what is spent on it"),
}


def limit(said: LimitSaid) -> str:
    """'At most 187 * part_time_factor in a calendar year, rounded down'."""
    parts = []
    if said.amount:
        parts.append(_amount(said))
    if said.times is not None:
        parts.append(ngettext("%(num)s order", "%(num)s orders", said.times))
    what = gettext("%(one)s and %(other)s", one=parts[0], other=parts[1]) if parts[1:] else parts[0]
    text = gettext("at most %(what)s %(per)s", what=what, per=_per(said))
    if said.amount and said.counts is Counts.QUANTITY and _constant(said.amount) is None:
        text = gettext("%(text)s, %(rounded)s", text=text, rounded=ROUNDINGS[said.rounding])
    return str(text)


def _per(said: LimitSaid) -> str:
    if said.per is Per.YEARS:
        return str(ngettext("in %(num)s calendar year", "in %(num)s calendar years", said.years))
    return str(LIMITS[said.per])


def _amount(said: LimitSaid) -> str:
    constant = _constant(said.amount)
    if constant is None:
        return said.amount if said.counts is Counts.QUANTITY else f"€ {said.amount}"
    if said.counts is Counts.EURO:
        return formats.money(Money.of(constant))
    return formats.number(constant, 0, most=6)


def _constant(source: str) -> Decimal | None:
    """The number that a formula is, when it is no more than that."""
    try:
        return Decimal(source)
    except InvalidOperation:
        return None


def opening(opens: Opening) -> str:
    parts = []
    if opens.first is not None:
        parts.append(gettext("from %(month)s", month=formats.month_name(opens.first)))
    if opens.last is not None:
        parts.append(gettext("through %(month)s", month=formats.month_name(opens.last)))
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
        what = gettext("the price is divided over %(count)s months", count=said.months)
    else:
        what = gettext("the price is paid each month, %(count)s times", count=said.months)
    if said.early_end:
        early = gettext("it can be ended before that")
    else:
        early = gettext("it cannot be ended before that")
    if said.leaving is OnLeaving.PAY_REST:
        leaving = gettext("who leaves pays the rest")
    else:
        leaving = gettext("it ends when somebody leaves")
    return f"{what}; {early}; {leaving}"


def months_ahead(count: int) -> str:
    return str(ngettext("%(num)s month further", "%(num)s months further", count))
