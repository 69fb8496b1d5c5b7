"""The desk itself: the numbers that matter, months, runs, pace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from flask import render_template
from flask_babel import gettext

from ideals.budgets.pages.runs import STATES as RUN_STATES
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.insight.desk import rules
from ideals.insight.desk.pages.asked import span_asked
from ideals.insight.desk.pages.blueprint import bp, only_hr
from ideals.insight.desk.pages.tiles import all_tiles
from ideals.insight.desk.pages.use import by_name, product_marks, product_rows, table
from ideals.insight.desk.pages.words import RUNS, product_names, short
from ideals.insight.desk.queries import standing, use
from ideals.insight.desk.queries.standing import Pace
from ideals.insight.desk.rules import By
from ideals.kernel import clock
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.shop.pages.months import STATES as MONTH_STATES
from ideals.shop.queries.months import MonthLine
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.charts import Mark
from ideals.web.guards import guard

MONTHS_BEFORE = 3


# The desk -------------------------------------------------------------------------------------


@bp.get("/desk")
@guard(only_hr)
def desk() -> str:
    now, zone, actor = clock.now(), Settings.read().zone, current_actor()
    today = now.astimezone(zone).date()
    with unit_of_work() as session:
        names = product_names(session)
        span = span_asked(today, names)
        months = standing.months(session, Month.of(today).plus(-MONTHS_BEFORE), Month.of(today))
        runs = standing.runs(session)
        pace = standing.pace(session, span.first, span.last)
        products = use.products(session, span)
        groups = use.groups(session, span)
        tiles = all_tiles(session, today, runs, pace, actor)
    return render_template(
        "insight/desk.html",
        now=now,
        tiles=tiles,
        months=months,
        month_states=MONTH_STATES,
        deadline=_deadline,
        runs=runs,
        run_states=RUN_STATES,
        run_kinds=RUNS,
        span=span,
        product=names.get(span.product, ""),
        products=product_rows(products, names),
        product_marks=product_marks(products, names),
        product_options=[("", gettext("Everything")), *sorted(names.items(), key=by_name)],
        tables=[table(by, groups[by], span) for by in By],
        money_of=Money,
        pace_marks=_pace_marks(pace),
        least=(rules.LEAST_COUNTED, rules.LEAST_SUMMED),
    )


def _deadline(line: MonthLine) -> date | None:
    return max((each.closes_after for each in line.schemes), default=None)


def _pace_marks(pace: Sequence[Pace]) -> tuple[list[Mark], list[Mark]]:
    """(share settled without hands, days to payroll) by month."""
    shares = [
        Mark(
            short(each.month),
            Decimal(each.by_itself) / each.settled,
            formats.percent(Decimal(each.by_itself) / each.settled, 0),
        )
        for each in pace
    ]
    days = [
        Mark(short(each.month), each.days, formats.number(each.days, most=1))
        for each in pace
        if each.days is not None
    ]
    return shares, days
