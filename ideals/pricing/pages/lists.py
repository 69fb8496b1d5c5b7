"""`/prices/lists`: what is published by month."""

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
from ideals.pricing.commands import publishing
from ideals.pricing.commands.publishing import PUBLISH_FROM_DAY, PublishLists
from ideals.pricing.models import PriceList
from ideals.pricing.pages import rule_words as words
from ideals.pricing.pages.blueprint import bp, only_prices, this_month
from ideals.pricing.queries import numbers
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.prices import Holds, Part
from ideals.pricing.rules import steerable
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
