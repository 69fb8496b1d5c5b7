"""What a product is for who buys it: its conditions, its act, what it means, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from babel.dates import format_date
from flask_babel import LazyString, lazy_gettext, ngettext

from ideals.budgets.pages.words import gettext, weekday
from ideals.kernel.errors import IdealsError
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
from ideals.shop.models import Choice
from ideals.shop.rules import Room
from ideals.shop.rules.meaning import Pay, Taxed, What
from ideals.tax.rules import TableKind
from ideals.web import formats
from ideals.web.errors import words_for, words_of
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
    ProductKind.PAY_OUT: lazy_gettext("It is paid with your salary and taxed as a one-off reward."),
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


def units(unit: str) -> str:
    """What stands behind a field for a number."""
    words = {
        ProductUnit.HOUR: gettext("hours"),
        ProductUnit.DAY: gettext("days"),
        ProductUnit.EURO: gettext("euros"),
        ProductUnit.PIECE: gettext("pieces"),
    }
    return words[ProductUnit(unit)]


def price_of_one(unit: str, minor: int) -> str:
    """`€20.00 an hour`; nothing for what costs what it is worth."""
    price = formats.money(Money(minor))
    match unit:
        case ProductUnit.HOUR:
            return gettext("%(price)s an hour", price=price)
        case ProductUnit.DAY:
            return gettext("%(price)s a day", price=price)
        case ProductUnit.PIECE:
            return gettext("%(price)s each", price=price)
    return gettext("from %(price)s", price=price) if minor != 100 else ""


def act(
    product: Product,
    value: Decimal,
    price_minor: int,
    *,
    selling: bool,
    asks: bool | None = None,
) -> str:
    """What the one button of a product does, with what it costs. `asks`: whether somebody has to
    agree first; `None`: as the product itself says."""
    if asks is None:
        asks = product.approval is not NeedsApproval.NONE
    what = quantity(product.unit, value)
    price = formats.money(Money(price_minor))
    if product.commitment is not None:
        return _agree(product.commitment, price)
    if asks:
        if product.unit in (ProductUnit.HOUR, ProductUnit.DAY):
            return gettext("Ask for %(what)s for %(price)s", what=what, price=price)
        return gettext("Ask for it for %(price)s", price=price)
    if selling or product.kind is ProductKind.SELL_LEAVE:
        return gettext("Sell %(what)s for %(price)s", what=what, price=price)
    match product.kind:
        case ProductKind.PAY_OUT:
            return gettext("Pay out %(price)s", price=price)
        case ProductKind.SAVINGS:
            return gettext("Save %(price)s", price=price)
        case ProductKind.DEVELOPMENT:
            return gettext("Put %(price)s aside for development", price=price)
        case ProductKind.PENSION:
            return gettext("Put %(price)s into your pension", price=price)
    if product.unit in (ProductUnit.HOUR, ProductUnit.DAY):
        return gettext("Buy %(what)s for %(price)s", what=what, price=price)
    if product.unit is ProductUnit.PIECE and value != 1:
        return gettext("Order %(what)s for %(price)s", what=what, price=price)
    return gettext("Order it for %(price)s", price=price)


def _agree(commitment: Commitment, price: str) -> str:
    if commitment.divided:
        return gettext(
            "Agree to %(price)s in %(count)s months", price=price, count=commitment.months
        )
    return gettext(
        "Agree to %(price)s a month for %(count)s months", price=price, count=commitment.months
    )


class Term(NamedTuple):
    """A condition: what it is about, and how it is, in plain words."""

    about: str
    text: str


def terms(
    product: Product, *, month: Month | None, last_day: date | None, rule: str = ""
) -> list[Term]:
    """The conditions of a product for who buys it, in the order in which people ask. `rule`: what
    HR's rules of decisions say of it, where they have any of their own."""
    told = [
        (gettext("Tax"), str(_KINDS_TAXED.get(product.kind) or TAXES[product.tax])),
        (gettext("Until when"), _until_when(month, last_day)),
        (gettext("Approval"), rule or _approval(product)),
        (gettext("Evidence"), named(product.evidence, language(), "")),
        (gettext("Changed your mind"), str(CANCELLING[product.cancellation])),
        (gettext("Price"), _price(product)),
        (gettext("Paid from"), str(PAID_FROM.get(product.paid_from, ""))),
        (gettext("For how long"), _commitment(product.commitment)),
        (gettext("Planning ahead"), _ahead(product)),
        (gettext("For everybody together"), _quota(product)),
        (gettext("Selling back"), _resale(product)),
        (gettext("Pension"), _pension(product)),
        (gettext("Note"), product.note),
    ]
    return [Term(about, text) for about, text in told if text]


def _until_when(month: Month | None, last_day: date | None) -> str:
    if month is None or last_day is None:
        return ""
    name = formats.month_name(month)
    return gettext("For %(month)s you can order until %(day)s.", month=name, day=weekday(last_day))


def _approval(product: Product) -> str:
    if product.commitment is None:
        return str(APPROVAL.get(product.approval, ""))
    return {
        NeedsApproval.MANAGER: gettext("Your manager has to agree. It begins then."),
        NeedsApproval.HR: gettext("HR has to agree. It begins then."),
    }.get(product.approval, "")


def _price(product: Product) -> str:
    return "" if product.price is None else str(PRICE_MOMENTS[product.price_moment])


def _commitment(commitment: Commitment | None) -> str:
    if commitment is None:
        return ""
    early = (
        gettext("You can end it before.")
        if commitment.early_end
        else gettext("It cannot be ended before.")
    )
    leaving = (
        gettext("If you leave, what is not paid yet comes off your last pay.")
        if commitment.leaving is OnLeaving.PAY_REST
        else gettext("If you leave, it ends.")
    )
    first = (
        gettext("The price is charged in %(count)s equal months.", count=commitment.months)
        if commitment.divided
        else gettext(
            "The price is charged each month for %(count)s months.", count=commitment.months
        )
    )
    short = gettext("What your budget cannot carry in a month comes off your pay.")
    return " ".join((first, short, early, leaving))


def _ahead(product: Product) -> str:
    if not product.months_ahead:
        return ""
    return str(
        ngettext(
            "You can choose up to %(num)s month ahead.",
            "You can choose up to %(num)s months ahead.",
            product.months_ahead,
        )
    )


def _quota(product: Product) -> str:
    if product.quota is None:
        return ""
    amount = formats.number(product.quota.amount, 0, most=6)
    if product.quota.per is Per.MONTH:
        return gettext(
            "There are %(amount)s a month for all colleagues; who comes first has them.",
            amount=amount,
        )
    return gettext(
        "There are %(amount)s a year for all colleagues; who comes first has them.", amount=amount
    )


def _resale(product: Product) -> str:
    return str(RESALE[product.resale]) if product.kind is ProductKind.LEAVE else ""


def _pension(product: Product) -> str:
    if not product.lowers_pension:
        return ""
    return gettext("What you spend on it does not count for the wage your pension is built on.")


def limit(each: LimitNow, unit: str) -> str:
    """`At most 187 hours in 2026`, with its numbers as they are for this employee."""
    parts = []
    if each.amount is not None:
        euros = each.counts is Counts.EURO
        amount = (
            formats.money(Money(int(each.amount)))
            if euros
            else quantity(unit, Decimal(each.amount))
        )
        parts.append(gettext("At most %(amount)s %(period)s", amount=amount, period=period(each)))
    if each.times is not None:
        parts.append(
            str(
                ngettext(
                    "At most %(num)s time %(period)s",
                    "At most %(num)s times %(period)s",
                    each.times,
                    period=period(each),
                )
            )
        )
    return ". ".join(parts)


def room(each: Room, unit: str) -> str:
    """A limit, and what of it is left: `At most 187 hours in 2026; 179 hours are left.`"""
    said = limit(each.limit, unit)
    if each.limit.per is Per.ORDER:
        return f"{said}."
    if each.left is not None and each.times_left != 0:
        euros = each.limit.counts is Counts.EURO
        left = formats.money(Money(int(each.left))) if euros else quantity(unit, Decimal(each.left))
        return gettext("%(limit)s; you have %(left)s left.", limit=said, left=left)
    times = each.times_left or 0
    left = str(ngettext("%(num)s time", "%(num)s times", times))
    return gettext("%(limit)s; you have %(left)s left.", limit=said, left=left)


def period(each: LimitNow) -> str:
    """The months of a limit: `in one order`, `in March 2026`, `in 2026`, `in 2024-2026`."""
    match each.per:
        case Per.ORDER:
            return gettext("in one order")
        case Per.MONTH:
            return gettext("in %(month)s", month=formats.month_name(each.first_month))
        case Per.YEAR:
            return gettext("in %(year)s", year=each.first_month.year)
        case Per.YEARS:
            return gettext(
                "in %(first)s to %(last)s", first=each.first_month.year, last=each.last_month.year
            )
    return gettext("as long as you work here")


def leave(minutes: int) -> str:
    return formats.hours(Minutes(minutes))


def month_and_year(month: Month) -> str:
    """`Mar 2026`, where there is little room."""
    return str(format_date(month.first, "LLL y", locale=language()))


# What a choice means ------------------------------------------------------------------------


def table_assumed(taxed: Taxed, year: int) -> str:
    """Which tax table was read, and at what wage."""
    wage = formats.money(Money(taxed.wage_minor))
    if taxed.net is None:
        return gettext(
            "The tax table for %(year)s is not known here, so the net amount is not known either.",
            year=year,
        )
    table = formats.said(taxed.net.table.words)
    if taxed.net.table.kind is TableKind.SPECIAL:
        return gettext("By the %(table)s, at a wage of %(wage)s a year.", table=table, wage=wage)
    return gettext(
        "By the %(table)s, on top of a wage of %(wage)s a month.", table=table, wage=wage
    )


def wage_of_year(pay: Pay, year: int) -> str:
    """Where the wage of a year comes from."""
    if pay.last_year_minor is None:
        return gettext(
            "That wage is twelve times your pay of a month, because not all of %(year)s is known.",
            year=year - 1,
        )
    return gettext(
        "That wage is your pay of %(year)s, without what your budget brought.", year=year - 1
    )


def how_much(product: Product) -> str:
    """What the field for a number asks."""
    words = {
        ProductUnit.HOUR: gettext("How many hours"),
        ProductUnit.DAY: gettext("How many days"),
        ProductUnit.EURO: gettext("How much"),
        ProductUnit.PIECE: gettext("How many"),
    }
    return words[product.unit]


def price_label(product: Product, *, selling: bool) -> str:
    if selling or product.kind is ProductKind.SELL_LEAVE:
        return gettext("It brings")
    if product.kind is ProductKind.PAY_OUT:
        return gettext("Gross")
    return gettext("It costs")


def taxed_label(taxed: Taxed, month: Month) -> str:
    name = formats.month_name(month)
    if taxed.what is What.ADDED:
        return gettext("Your pay, each month from %(month)s", month=name)
    if taxed.what is What.PAID:
        return gettext("Arrives with your pay of %(month)s", month=name)
    return gettext("Your pay of %(month)s", month=name)


def taxed_gross(taxed: Taxed) -> str:
    """What the tax is on."""
    words = {
        What.PAID: gettext("Gross"),
        What.IN_KIND: gettext("Taxed as if it were wage"),
        What.ADDED: gettext("Added to the wage you pay tax on"),
    }
    return words[taxed.what]


def net(minor: int | None) -> str:
    return gettext("not known") if minor is None else formats.money(Money(minor))


def left_label(product: Product) -> str:
    words = {
        PaidFrom.BUDGET: gettext("Left in your budget"),
        PaidFrom.SAVINGS: gettext("Left in your savings"),
        PaidFrom.DEVELOPMENT: gettext("Left in your development account"),
    }
    return words[product.paid_from]


# Why not ------------------------------------------------------------------------------------


def why_not(error: IdealsError, unit: str) -> str:
    """Why something cannot be chosen as it stands, and what would be possible."""
    if error.code in ("product_closed", "not_for_order", "not_employed"):
        return formats.said(error.message)
    return in_words(error.code, error.data, unit) or words_for(error)


def why_failed(choice: Choice, unit: str) -> str:
    """Why a standing choice could not be ordered, by what was kept of the refusal."""
    code, data = choice.last_code or "", choice.last_data or {}
    try:
        return in_words(code, data, unit) or words_of(code, data) or choice.last_reason or ""
    except (KeyError, ValueError, ArithmeticError):
        return choice.last_reason or ""


def in_words(code: str, data: Mapping[str, Any], unit: str) -> str:
    """Refusals that have numbers worth writing as people do; empty for the others."""
    match code:
        case "insufficient_budget":
            return gettext(
                "There is %(available)s %(purse)s, and it costs %(price)s.",
                available=_euros(data["available"]),
                purse=PURSES[data["account"]],
                price=_euros(data["price"]),
            ) + _possible(unit, data["quantity"])
        case "limit_exceeded":
            return _over_limit(data, unit)
        case "quota_used_up" if Decimal(data["left"]) == 0:
            return gettext("It is used up: colleagues have taken all there is.")
        case "quota_used_up":
            return gettext(
                "There are %(left)s left for all colleagues together.",
                left=quantity(unit, Decimal(data["left"])),
            )
        case "not_sellable":
            return gettext(
                "You can sell %(hours)s. Statutory leave is never sold.",
                hours=formats.hours(int(data["minutes"])),
            )
        case "quantity_too_small":
            return gettext(
                "Choose at least %(least)s.", least=quantity(unit, Decimal(data["minimum"]))
            )
        case "quantity_too_large":
            return gettext(
                "Choose at most %(most)s.", most=quantity(unit, Decimal(data["maximum"]))
            )
        case "quantity_not_in_steps":
            return gettext(
                "It goes in steps of %(step)s.", step=quantity(unit, Decimal(data["step"]))
            )
        case "not_eligible" if isinstance(data.get("why"), dict):
            return named(data["why"], language(), "")
        case "month_closed" if data.get("possible") not in (None, "None"):
            return gettext(
                "That month takes no more orders. %(month)s does.",
                month=formats.month_name(Month.parse(data["possible"])),
            )
        case "month_closed":
            return gettext("No month takes orders for this just now.")
        case "month_beyond_plan":
            return gettext(
                "That is too far ahead. You can plan through %(month)s.",
                month=formats.month_name(Month.parse(data["last"])),
            )
    return ""


def _euros(text: str) -> str:
    return formats.money(Money.parse(text))


def _possible(unit: str, value: str) -> str:
    most = Decimal(value)
    if not most or unit == ProductUnit.EURO:
        return ""
    return " " + gettext("It is enough for %(most)s.", most=quantity(unit, most))


def _over_limit(data: Mapping[str, Any], unit: str) -> str:
    first, last = Month.parse(data["first_month"]), Month.parse(data["last_month"])
    when = period(LimitNow(Per(data["per"]), Counts(data["counts"]), first, last, None, None))
    if str(data["times_left"]) == "0":
        return gettext("You have chosen it as often as you may %(period)s.", period=when)
    left = data["left"]
    euros = data["counts"] == Counts.EURO
    amount = _euros(left) if euros else quantity(unit, Decimal(left))
    return gettext("Your limit leaves %(amount)s %(period)s.", amount=amount, period=when)
