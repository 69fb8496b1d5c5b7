"""`/prices/lists`: what is published by month; `/prices/bounds`: what no rule may pass."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.kernel.month import Month, MonthUnreadable
from ideals.pricing.commands import indicators as commands
from ideals.pricing.commands import publishing
from ideals.pricing.commands.indicators import PutBounds
from ideals.pricing.commands.publishing import PUBLISH_FROM_DAY, PublishLists
from ideals.pricing.commands.steering import steerable
from ideals.pricing.models import PriceList, ProductBounds
from ideals.pricing.pages import rule_words as words
from ideals.pricing.pages.blueprint import bp, only_prices, this_month
from ideals.pricing.pages.condition_fields import typed_decimal
from ideals.pricing.queries import numbers
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.prices import Holds, Part
from ideals.pricing.steering import RuleText
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.errors import words_for
from ideals.web.guards import guard


class Line(NamedTuple):
    """A product of a month. `row`: its published list; `None`: what would be published now."""

    scheme: str
    product: str
    row: PriceList | None
    holds: Holds
    rules: list[tuple[Part, RuleText]]


@bp.get("/lists")
@guard(only_prices)
def lists() -> str:
    """Of the month in the address, else of next month."""
    return _show(_asked())


def _asked() -> Month:
    try:
        return Month.parse(request.args.get("month", ""))
    except MonthUnreadable:
        return this_month().plus(1)


def _show(month: Month, refused: str = "") -> str:
    this = this_month()
    with unit_of_work() as session:
        published = numbers.first_published(session)
        lines = _lines(session, month)
        return render_template(
            "pricing/lists.html",
            month=month,
            this=this,
            table=lines,
            waits=[line for line in lines if line.row is None],
            may=month in (this, this.plus(1)),
            from_day=PUBLISH_FROM_DAY,
            months=_months(published, this),
            tell=words.telling(session),
            words=words,
            refused=refused,
            money_of=Money.of,
        )


def _months(published: dict[Month, datetime], this: Month) -> list[tuple[str, str]]:
    """For a select: the next month, this one, and those before that have lists."""
    months = sorted({this, this.plus(1), *published}, reverse=True)
    return [
        (
            str(month),
            formats.month_name(month)
            if month in published
            else gettext("%(month)s, not published", month=formats.month_name(month)),
        )
        for month in months
    ]


def _lines(session: Session, month: Month) -> list[Line]:
    """The products of each scheme in its order, published or not."""
    there = {
        (each.row.scheme, each.row.product): each
        for each in queries.price_list_or_none(session, month)
    }
    lines = []
    for found in numbers.books(session, month):
        for code, product in found.scheme.products.items():
            listed = there.pop((found.scheme.code, code), None)
            if listed is not None:
                lines.append(_published(listed))
            elif steerable(product):
                holds = found.book.as_now(code, month)
                rules = [(part, found.book.texts[part]) for part in holds.rules]
                lines.append(Line(found.scheme.code, code, None, holds, rules))
    return [*lines, *map(_published, there.values())]


def _published(listed: queries.Listed) -> Line:
    row, holds = listed.row, listed.holds
    pairs = list(zip(holds.rules, listed.rules, strict=True))
    return Line(row.scheme, row.product, row, holds, pairs)


@bp.post("/lists/<month>")
@guard(only_prices)
def publish_list(month: str) -> Response | tuple[str, int]:
    try:
        wanted = Month.parse(month)
    except MonthUnreadable:
        abort(404)
    try:
        with unit_of_work() as session:
            count = publishing.publish_lists(
                session,
                PublishLists(wanted),
                zone=Settings.read().zone,
                actor=current_actor(),
                now=clock.now(),
            )
    except IdealsError as refused:
        return _show(wanted, words_for(refused)), 409
    said = ngettext(
        "Published: the prices of %(num)s product.",
        "Published: the prices of %(num)s products.",
        count,
    )
    flash(said if count else gettext("Everything was published already."), "good")
    return redirect(url_for("price_pages.lists", month=month), 303)


# Bounds ---------------------------------------------------------------------------------------


class BoundsLine(NamedTuple):
    scheme: str
    product: str
    bounds: ProductBounds | None


@bp.get("/bounds")
@guard(only_prices)
def bounds() -> str:
    return _bounds()


def _bounds(wrong: str = "", typed: dict[str, str] | None = None, error: str = "") -> str:
    """`wrong`: the row whose form was refused, with what was typed in it and why."""
    with unit_of_work() as session:
        kept = numbers.all_bounds(session)
        lines = [
            BoundsLine(found.scheme.code, code, kept.get((found.scheme.code, code)))
            for found in numbers.books(session, this_month())
            for code, product in found.scheme.products.items()
            if steerable(product)
        ]
        return render_template(
            "pricing/bounds.html",
            table=lines,
            tell=words.telling(session),
            wrong=wrong,
            typed=typed or {},
            error=error,
            money_of=Money,
            shown=_shown,
        )


@bp.post("/bounds/<scheme>/<product>")
@guard(only_prices)
def put_bounds(scheme: str, product: str) -> Response | tuple[str, int]:
    typed = {name: request.form.get(name, "").strip() for name in ("least", "most")}
    key = f"{scheme}:{product}"
    with unit_of_work() as session:
        if (scheme, product) not in words.telling(session).products:
            abort(404)
    try:
        cents = [_cents(typed[name]) for name in ("least", "most")]
    except ValueError:
        said = gettext("Give an amount in euros, such as 18 or 18.50, or nothing.")
        return _bounds(key, typed, said), 422
    try:
        with unit_of_work() as session:
            cmd = PutBounds(scheme, product, *cents)
            commands.put_bounds(session, cmd, actor=current_actor(), now=clock.now())
    except IdealsError as refused:
        return _bounds(key, typed, words_for(refused)), 422
    flash(gettext("Kept, for price lists that are not published yet."), "good")
    return redirect(url_for("price_pages.bounds"), 303)


def _cents(typed: str) -> int | None:
    """Raises `ValueError`."""
    if not typed:
        return None
    found = typed_decimal(typed)
    if found is None or found != round(found, 2):
        raise ValueError(typed)
    return Money.of(found).minor


def _shown(minor: int | None) -> str:
    return "" if minor is None else formats.number(Money(minor).euros, 2)
