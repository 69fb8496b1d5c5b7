"""The price of one product over time: a step for each month, and why it became another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel.dates import format_date
from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from ideals.budgets.pages.words import fact_value, fact_words, gettext
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.pricing.over_time import Because, Cause, PriceChange, PriceThen, changes
from ideals.pricing.queries.over_time import prices_over_time
from ideals.shop.pages import terms, words
from ideals.shop.pages.steered import reasons
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.charts import Mark
from ideals.web.guards import guard, signed_in
from ideals.web.language import language

bp = Blueprint("price_over_time", __name__, template_folder="../templates")


@dataclass(frozen=True, slots=True)
class MonthShown:
    """A month with its price in words. `change`: what it was before it, and why it is another."""

    then: PriceThen
    now: bool
    change: PriceChange | None
    because: Sequence[str]


@bp.get("/shop/<code>/prices")
@guard(signed_in)
def over_time(code: str) -> str | Response:
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    today = clock.now().astimezone(Settings.read().zone).date()
    with unit_of_work() as session:
        product, prices = prices_over_time(session, employee_id, code, today)
    shown = months_shown(prices, Month.of(today))
    now = next((each for each in shown if each.now), shown[-1] if shown else None)
    return render_template(
        "shop/prices.html",
        product=product,
        name=words.product_name(product),
        months=shown,
        now=now,
        marks=[_mark(each.then) for each in shown],
        told=_told(shown),
        price_of_one=terms.price_of_one,
        reasons=reasons,
        cents=Money,
    )


def months_shown(prices: Sequence[PriceThen], this: Month) -> list[MonthShown]:
    """`now`: the month of today, or the first after it that has a price."""
    changed: Mapping[Month, PriceChange] = {each.month: each for each in changes(prices)}
    now = next((each.month for each in prices if each.month >= this), None)
    shown = []
    for each in prices:
        change = changed.get(each.month)
        because = [] if change is None else [in_words(one) for one in change.because]
        shown.append(MonthShown(each, each.month == now, change, because))
    return shown


def in_words(because: Because) -> str:
    if because.cause is Cause.FACT:
        return gettext(
            "%(fact)s was %(was)s and is %(now)s",
            fact=fact_words(because.code).name,
            was=fact_value(because.code, because.was),
            now=fact_value(because.code, because.now),
        )
    return formats.said(because.said)


def _mark(then: PriceThen) -> Mark:
    short = "y" if then.month.month == 1 else "LLL"
    label = str(format_date(then.month.first, short, locale=language())).rstrip(".")
    price = formats.money(Money(then.minor))
    return Mark(label, then.minor, price, "" if then.published else "expected")


def _told(shown: Sequence[MonthShown]) -> str:
    """The picture in words: where it begins, and each change."""
    if not shown:
        return ""
    told = [_in_month(shown[0].then)]
    told += [_in_month(each.then) for each in shown if each.change]
    return "; ".join(told)


def _in_month(then: PriceThen) -> str:
    return gettext(
        "from %(month)s %(price)s",
        month=formats.month_name(then.month),
        price=formats.money(Money(then.minor)),
    )
