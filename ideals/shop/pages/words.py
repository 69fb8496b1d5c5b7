"""What products, orders and choices are called on the employee's pages, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from babel.dates import format_date
from flask_babel import LazyString, lazy_gettext, ngettext

from ideals.budgets.pages.words import gettext, weekday
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.schemes.rules import (
    Cancellation,
    Commitment,
    Counts,
    Group,
    LimitNow,
    NeedsApproval,
    OnLeaving,
    PaidFrom,
    Per,
    PriceMoment,
    Product,
    ProductKind,
    ProductUnit,
    Resale,
    TaxTreatment,
)
from ideals.schemes.rules.scheme import named
from ideals.web import formats
from ideals.web.language import language

Words = Mapping[Any, LazyString]

GROUPS: Words = {
    Group.TIME: lazy_gettext("Time"),
    Group.MONEY_NOW: lazy_gettext("Money now"),
    Group.MONEY_LATER: lazy_gettext("Money later"),
    Group.MOVE: lazy_gettext("On the move"),
    Group.LEARN: lazy_gettext("Learning"),
}
DOES: Words = {
    ProductKind.PAY_OUT: lazy_gettext("More pay with your next salary, after tax."),
    ProductKind.LEAVE: lazy_gettext("More time off, in hours that you choose."),
    ProductKind.SELL_LEAVE: lazy_gettext("Leave that you do not need becomes budget."),
    ProductKind.SAVINGS: lazy_gettext("Put aside now; tax comes when you take it out."),
    ProductKind.DEVELOPMENT: lazy_gettext("Put aside for training and growth, without tax."),
    ProductKind.KEEP: lazy_gettext("What you do not use stays in your budget."),
    ProductKind.BICYCLE: lazy_gettext("A bicycle of your choice, paid from gross budget."),
    ProductKind.LEASE_CAR: lazy_gettext("A car by the month, paid from gross budget."),
    ProductKind.UNION_DUES: lazy_gettext("Your union dues, paid from gross budget."),
    ProductKind.COMMUTING: lazy_gettext("Your way to work, paid from gross budget."),
    ProductKind.PENSION: lazy_gettext("More income for later."),
    ProductKind.OTHER: lazy_gettext("Paid from gross budget."),
}
"""What a product does for people, where its scheme does not say."""
TAXES: Words = {
    TaxTreatment.TAXED: lazy_gettext("It is taxed as wage."),
    TaxTreatment.EXEMPT: lazy_gettext("No tax is taken from it."),
    TaxTreatment.FREE_SPACE: lazy_gettext(
        "No tax is taken from it: your employer uses its free space for it."
    ),
    TaxTreatment.ADDITION: lazy_gettext(
        "A part of its value is added to the wage that you pay tax on, each month."
    ),
}
_KINDS_TAXED: Words = {
    ProductKind.PAY_OUT: lazy_gettext(
        "It is paid with your salary and taxed as a one-off reward."
    ),
    ProductKind.LEAVE: lazy_gettext(
        "No tax now: you pay from gross budget, and your leave days are paid as work days are."
    ),
    ProductKind.SELL_LEAVE: lazy_gettext("No tax now: the euros come into your gross budget."),
    ProductKind.SAVINGS: lazy_gettext("No tax now. It is taxed when you take it out as pay."),
    ProductKind.DEVELOPMENT: lazy_gettext("No tax, as long as you spend it on training."),
}
CANCELLING: Words = {
    Cancellation.NEVER: lazy_gettext("Once ordered it stays: it cannot be taken back."),
    Cancellation.UNTIL_DEADLINE: lazy_gettext("You can take it back until the last day to order."),
    Cancellation.UNTIL_CLOSE: lazy_gettext("You can take it back until the month is closed."),
}
APPROVAL: Words = {
    NeedsApproval.MANAGER: lazy_gettext(
        "Your manager has to agree. Until then the amount is set aside."
    ),
    NeedsApproval.HR: lazy_gettext("HR has to agree. Until then the amount is set aside."),
}
PRICE_MOMENTS: Words = {
    PriceMoment.ORDER: lazy_gettext("The price is that of the day you order."),
    PriceMoment.MONTH: lazy_gettext("The price is that of the 1st of the month it is for."),
    PriceMoment.JANUARY: lazy_gettext("The price is that of 1 January, all year."),
    PriceMoment.JANUARY_SALARY: lazy_gettext("The price goes by your salary of January, all year."),
}
RESALE: Words = {
    Resale.NEVER: lazy_gettext("Hours you buy cannot be sold back; you take them as leave."),
    Resale.GRANTED_ONLY: lazy_gettext(
        "Hours you buy cannot be sold back. Granted hours above the statutory ones can."
    ),
    Resale.BOUGHT_ONLY: lazy_gettext("Hours you buy can be sold back in the same year."),
    Resale.ALWAYS: lazy_gettext(
        "Hours you buy can be sold back in the same year, and so can granted hours above the "
        "statutory ones."
    ),
}
PAID_FROM: Words = {
    PaidFrom.SAVINGS: lazy_gettext("It is paid from your savings."),
    PaidFrom.DEVELOPMENT: lazy_gettext("It is paid from your development account."),
}
PURSES: Words = {
    PaidFrom.BUDGET: lazy_gettext("in your budget"),
    PaidFrom.SAVINGS: lazy_gettext("in your savings"),
    PaidFrom.DEVELOPMENT: lazy_gettext("in your development account"),
}


def product_name(product: Product) -> str:
    return named(product.names, language(), product.code)


def product_text(product: Product) -> str:
    """What it does for you, in one line."""
    return named(product.texts, language(), "") or str(DOES[product.kind])


def quantity(unit: str, value: Decimal) -> str:
    """`8 hours`, `2 days`, `€100.00`, `1 piece`."""
    figure = formats.number(value, 0, most=6)
    number = value if value != value.to_integral_value() else int(value)
    match unit:
        case ProductUnit.HOUR:
            return str(ngettext("%(figure)s hour", "%(figure)s hours", number, figure=figure))
        case ProductUnit.DAY:
            return str(ngettext("%(figure)s day", "%(figure)s days", number, figure=figure))
        case ProductUnit.EURO:
            return formats.money(Money.of(value))
    return str(ngettext("%(figure)s piece", "%(figure)s pieces", number, figure=figure))
