"""The numbers that matter, each one click from its people or rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from ideals.budgets.states import RunKind
from ideals.deals.states import DealState
from ideals.insight.desk.pages.words import said_days
from ideals.insight.desk.queries import prices, standing, use
from ideals.insight.desk.queries.prices import Missing
from ideals.insight.desk.queries.standing import Deals, Pace, RunLine
from ideals.kernel.actor import Actor, Role
from ideals.pricing.states import RuleState
from ideals.web import formats

INDICATORS, PRICE_RULES = "/prices/indicators", "/prices/rules?state=in_force"


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


def all_tiles(
    session: Session, today: date, runs: Sequence[RunLine], pace: Sequence[Pace], actor: Actor
) -> list[Tile]:
    """Those of deals and of prices are there for whom has the right to them."""
    tiles = [*_waiting(session, today, runs, actor), *_going(pace)]
    if actor.has(Role.HR_PRICES):
        missing = prices.missing_indicators(session, today)
        tiles += _prices(missing, prices.price_rules(session), today)
    if actor.has(Role.HR_DEALS):
        tiles += _deals(standing.deals(session, today))
    return tiles


def _waiting(
    session: Session, today: date, runs: Sequence[RunLine], actor: Actor
) -> Iterator[Tile]:
    """What somebody has to do something about."""
    yield skipped_tile(runs)
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


def skipped_tile(runs: Sequence[RunLine]) -> Tile:
    """It leads to the run; where several schemes have skipped people, to the desk's own list of
    runs, which has the number of each."""
    those = [run for run in runs if run.kind is RunKind.ALLOCATION and run.skipped]
    any_run = next((run for run in runs if run.kind is RunKind.ALLOCATION), None)
    found = those[0] if those else any_run
    href = url_for("runs_pages.run", run_id=found.id) if found else url_for("runs_pages.runs")
    skipped = sum(run.skipped for run in those)
    return Tile(
        gettext("Skipped by the last allocation"),
        formats.number(skipped),
        gettext("whose facts are not complete"),
        f"{url_for('desk_pages.desk')}#runs" if len(those) > 1 else href,
        bad=skipped > 0,
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


def _prices(missing: Missing, rules: Mapping[RuleState, int], today: date) -> Iterator[Tile]:
    months = {
        "month": formats.month_name(missing.month),
        "list": formats.month_name(missing.list_for),
    }
    yield Tile(
        gettext("Indicators missing"),
        formats.number(len(missing.codes)),
        gettext("of %(month)s; the prices of %(list)s go by it", **months),
        INDICATORS,
        bad=bool(missing.codes) and today >= missing.due,
    )
    yield Tile(
        gettext("Price rules in force"),
        formats.number(rules.get(RuleState.IN_FORCE, 0)),
        gettext(
            "%(scheduled)s agreed and still to begin, %(submitted)s to be decided about",
            scheduled=formats.number(rules.get(RuleState.SCHEDULED, 0)),
            submitted=formats.number(rules.get(RuleState.SUBMITTED, 0)),
        ),
        PRICE_RULES,
    )
