"""The desk itself: the numbers that matter, months, runs, pace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import render_template, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from ideals.budgets.pages.runs import STATES as RUN_STATES
from ideals.budgets.states import RunKind
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.deals.states import DealState
from ideals.insight.desk import rules
from ideals.insight.desk.pages.asked import span_asked
from ideals.insight.desk.pages.blueprint import bp, only_hr
from ideals.insight.desk.pages.use import by_name, product_marks, product_rows, table
from ideals.insight.desk.pages.words import RUNS, product_names, said_days, short
from ideals.insight.desk.queries import standing, use
from ideals.insight.desk.queries.standing import Deals, Pace, RunLine
from ideals.insight.desk.rules import By
from ideals.kernel import clock
from ideals.kernel.actor import Actor, Role
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.shop.pages.months import STATES as MONTH_STATES
from ideals.shop.queries.months import MonthLine
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.charts import Mark
from ideals.web.guards import guard

MONTHS_BEFORE = 3


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the numbers that matter. `trend`: the months before, for a small line. `bad`: it asks
    for something to be done."""

    title: str
    value: str
    text: str
    href: str
    bad: bool = False
    trend: tuple[str, tuple[Decimal, ...]] | None = None


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
        deals = standing.deals(session, today) if actor.has(Role.HR_DEALS) else None
        products = use.products(session, span)
        groups = use.groups(session, span)
        tiles = [
            *_waiting(session, today, runs, actor),
            *_going(pace),
            *(_deals(deals) if deals else ()),
        ]
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


def _waiting(
    session: Session, today: date, runs: Sequence[RunLine], actor: Actor
) -> Iterator[Tile]:
    """What somebody has to do something about."""
    allocations = [run for run in runs if run.kind is RunKind.ALLOCATION]
    skipped = sum(run.skipped for run in allocations)
    worst = max(allocations, key=lambda run: run.skipped, default=None)
    yield Tile(
        gettext("Skipped by the last allocation"),
        formats.number(skipped),
        gettext("whose facts are not complete"),
        url_for("runs_pages.run", run_id=worst.id) if worst else url_for("runs_pages.runs"),
        bad=skipped > 0,
    )
    stuck = standing.count_of(session, standing.stuck(today, actor=actor))
    yield Tile(
        gettext("Decisions past their day"),
        formats.number(stuck),
        gettext("still open, with somebody"),
        url_for("desk_pages.stuck"),
        bad=stuck > 0,
    )
    yield Tile(
        gettext("Evidence to check"),
        formats.number(standing.count_of(session, standing.evidence_to_check())),
        gettext("orders that wait for HR"),
        url_for("evidence_pages.evidence", waits="check"),
    )
    yield Tile(
        gettext("Never chose anything"),
        formats.number(standing.count_of(session, use.never_chose(today))),
        gettext("of those employed today"),
        url_for("desk_pages.people"),
    )


def _going(pace: Sequence[Pace]) -> Iterator[Tile]:
    """How it goes by itself, and how fast."""
    settled, alone = sum(each.settled for each in pace), sum(each.by_itself for each in pace)
    shares = tuple(Decimal(each.by_itself) / each.settled for each in pace)
    yield Tile(
        gettext("Settled without hands"),
        formats.percent(Decimal(alone) / settled, 1) if settled else "-",
        gettext(
            "%(alone)s of %(all)s orders in twelve months: nobody decided or checked",
            alone=formats.number(alone),
            all=formats.number(settled),
        ),
        f"{url_for('desk_pages.desk')}#pace",
        trend=(gettext("Share settled without hands, by month"), shares) if shares else None,
    )
    days = [(each.month, each.days) for each in pace if each.days is not None]
    yield Tile(
        gettext("From choice to payroll"),
        said_days(days[-1][1]) if days else "-",
        gettext("the middle of %(month)s", month=formats.month_name(days[-1][0]))
        if days
        else gettext("nothing has gone to payroll yet"),
        f"{url_for('desk_pages.desk')}#pace",
        trend=(gettext("Days from choice to payroll, by month"), tuple(d for _, d in days))
        if days
        else None,
    )


def _deals(found: Deals) -> Iterator[Tile]:
    yield Tile(
        gettext("Deals in negotiation"),
        formats.number(found.by_state.get(DealState.NEGOTIATING, 0)),
        gettext("%(count)s in force", count=found.by_state.get(DealState.IN_FORCE, 0)),
        url_for("deal_register_pages.register", state=DealState.NEGOTIATING.value),
    )
    yield Tile(
        gettext("Evaluations overdue"),
        formats.number(found.overdue),
        gettext("deals in force, not looked back on"),
        url_for("deal_register_pages.overdue"),
        bad=found.overdue > 0,
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
