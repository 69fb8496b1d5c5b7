"""HR's desk, and the people and rows behind its numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask_babel import LazyString, gettext, lazy_gettext, ngettext
from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals.pages.words import KINDS, ROLES
from ideals.approvals.states import Kind
from ideals.budgets.pages.runs import STATES as RUN_STATES
from ideals.budgets.states import RunKind
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.deals.states import DealState
from ideals.insight.desk import queries, rules
from ideals.insight.desk.queries import Deals, Pace, ProductLine, RunLine, Span
from ideals.insight.desk.rules import By, Group, Shown
from ideals.kernel import clock
from ideals.kernel.actor import Actor, Role
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.people.models import Employee
from ideals.people.pages.words import GENDERS
from ideals.schemes import queries as schemes
from ideals.shop import queries as shop_queries
from ideals.shop.models import Order
from ideals.shop.pages.months import STATES as MONTH_STATES
from ideals.shop.pages.words import STATES as ORDER_STATES
from ideals.shop.pages.words import order_title, product_name
from ideals.shop.queries.months import MonthLine
from ideals.shop.states import OrderState
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.charts import Mark
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.export import Row, csv_response
from ideals.web.guards import guard, role
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

LOOKED_BACK = 12
"""Months of orders that the use of the shop is about."""
MONTHS_BEFORE = 3
AT_ONCE = 500

bp = Blueprint("desk_pages", __name__, template_folder="../templates")
only_hr = role(Role.HR)
navigation.register("49-desk", NavItem(lazy_gettext("Desk"), "desk_pages.desk", only_hr))

BYS: Mapping[By, tuple[LazyString, LazyString]] = {
    By.UNIT: (lazy_gettext("By unit"), lazy_gettext("Unit")),
    By.AGE: (lazy_gettext("By age"), lazy_gettext("Age")),
    By.SIZE: (lazy_gettext("By contract"), lazy_gettext("Contract")),
    By.GENDER: (lazy_gettext("By gender"), lazy_gettext("Gender")),
}
"""(title, head of the column)."""
RUNS: Mapping[RunKind, LazyString] = {
    RunKind.ALLOCATION: lazy_gettext("Allocation"),
    RunKind.CHOICES: lazy_gettext("Standing choices"),
    RunKind.CLOSE: lazy_gettext("Close"),
}


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


@dataclass(frozen=True, slots=True)
class GroupRow:
    name: str
    shown: Shown
    href: str
    """Empty where the people behind it are too few to be shown as a group."""


@dataclass(frozen=True, slots=True)
class GroupTable:
    by: By
    title: str
    head: str
    rows: Sequence[GroupRow]
    total: Shown
    marks: Sequence[Mark]
    """The share that chose, of the groups of which it may be told."""
    hides: bool


@dataclass(frozen=True, slots=True)
class ProductRow:
    """`chose` and `minor` are `None` where they would tell of somebody."""

    name: str
    chose: int | None
    minor: int | None
    href: str


# The desk -------------------------------------------------------------------------------------


@bp.get("/desk")
@guard(only_hr)
def desk() -> str:
    now, zone, actor = clock.now(), Settings.read().zone, current_actor()
    today = now.astimezone(zone).date()
    with unit_of_work() as session:
        names = _product_names(session)
        span = _span(today, names)
        months = queries.months(session, Month.of(today).plus(-MONTHS_BEFORE), Month.of(today))
        runs = queries.runs(session)
        pace = queries.pace(session, span.first, span.last)
        deals = queries.deals(session, today) if actor.has(Role.HR_DEALS) else None
        products = queries.products(session, span)
        groups = queries.groups(session, span)
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
        products=[_product_row(each, names) for each in products],
        product_marks=_product_marks(products, names),
        product_options=[("", gettext("Everything")), *sorted(names.items(), key=_by_name)],
        tables=[_table(by, groups[by], span) for by in By],
        money_of=Money,
        pace_marks=_pace_marks(pace),
        least=(rules.LEAST_COUNTED, rules.LEAST_SUMMED),
    )


def _by_name(option: tuple[str, str]) -> tuple[str, str]:
    return option[1], option[0]


def _product_names(session: Session) -> dict[str, str]:
    """Of every product there is, with its scheme where there are several."""
    found = schemes.latest_schemes(session)
    return {
        f"{scheme.code}:{code}": product_name(product)
        + (f" ({scheme.name(language())})" if len(found) > 1 else "")
        for scheme in found
        for code, product in scheme.products.items()
    }


def _span(today: date, names: Mapping[str, str]) -> Span:
    """The last twelve months; a product that nobody sells asks nothing."""
    asked = request.args.get("product", "")
    last = Month.of(today)
    return Span(today, last.plus(1 - LOOKED_BACK), last, asked if asked in names else "")


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
    stuck = queries.count_of(session, queries.stuck(today, actor=actor))
    yield Tile(
        gettext("Decisions past their day"),
        formats.number(stuck),
        gettext("still open, with somebody"),
        url_for("desk_pages.stuck"),
        bad=stuck > 0,
    )
    yield Tile(
        gettext("Evidence to check"),
        formats.number(queries.count_of(session, queries.evidence_to_check())),
        gettext("orders that wait for HR"),
        url_for("evidence_pages.evidence", waits="check"),
    )
    yield Tile(
        gettext("Never chose anything"),
        formats.number(queries.count_of(session, queries.never_chose(today))),
        gettext("of those employed today"),
        url_for("desk_pages.never"),
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
        _days(days[-1][1]) if days else "-",
        gettext("the middle of %(month)s", month=formats.month_name(days[-1][0]))
        if days
        else gettext("nothing has gone to payroll yet"),
        f"{url_for('desk_pages.desk')}#pace",
        trend=(gettext("Days from choice to payroll, by month"), tuple(d for _, d in days))
        if days
        else None,
    )


def _days(days: Decimal) -> str:
    figure = formats.number(days, most=1)
    return str(ngettext("%(figure)s day", "%(figure)s days", 1 if days == 1 else 2, figure=figure))


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


# The use of the shop --------------------------------------------------------------------------


def _product_row(line: ProductLine, names: Mapping[str, str]) -> ProductRow:
    enough = line.chose >= rules.LEAST_COUNTED
    return ProductRow(
        names.get(line.key, line.product),
        line.chose if enough else None,
        line.minor if line.chose >= rules.LEAST_SUMMED else None,
        url_for("desk_pages.chosen", product=line.key) if enough else "",
    )


def _product_marks(lines: Iterable[ProductLine], names: Mapping[str, str]) -> list[Mark]:
    return [
        Mark(names.get(line.key, line.product), line.chose, formats.number(line.chose))
        for line in lines
        if line.chose >= rules.LEAST_COUNTED
    ]


def _table(by: By, groups: Sequence[Group], span: Span) -> GroupTable:
    """Units by name, the others from young to old and from small to whole."""
    shown = rules.shown(groups)
    rows = [GroupRow(_group_name(by, each.key), each, _href(by, each, span)) for each in shown]
    marks = [
        Mark(row.name, _share(row.shown), formats.percent(_share(row.shown), 0))
        for row in rows
        if row.shown.chose is not None and row.shown.people
    ]
    title, head = BYS[by]
    hides = any(each.minor is None for each in shown)
    return GroupTable(by, str(title), str(head), rows, rules.total(groups), marks, hides)


def _share(shown: Shown) -> Decimal:
    return Decimal(shown.chose or 0) / (shown.people or 1)


def _href(by: By, shown: Shown, span: Span) -> str:
    if not shown.chose:
        return ""
    return url_for("desk_pages.chosen", by=by.value, group=shown.key, product=span.product or None)


def _group_name(by: By, key: str) -> str:
    if not key:
        return str(gettext("not known"))
    match by:
        case By.UNIT:
            return key.rpartition("/")[2]
        case By.GENDER:
            return str(GENDERS[key])
        case By.AGE:
            return _between(int(key), rules.AGES)
        case By.SIZE:
            return _part_of(int(key))


def _between(place: int, bounds: Sequence[int]) -> str:
    if place == 0:
        return str(gettext("under %(age)s", age=bounds[0]))
    if place == len(bounds):
        return str(gettext("%(age)s and over", age=bounds[-1]))
    return f"{bounds[place - 1]}–{bounds[place] - 1}"


def _part_of(place: int) -> str:
    bounds = [formats.percent(each, 0) for each in rules.SIZES]
    if place == 0:
        return str(gettext("less than %(share)s of full time", share=bounds[0]))
    if place == len(bounds):
        return str(gettext("full time"))
    return str(
        gettext("from %(low)s to less than %(high)s", low=bounds[place - 1], high=bounds[place])
    )


def _pace_marks(pace: Sequence[Pace]) -> tuple[list[Mark], list[Mark]]:
    """(share settled without hands, days to payroll) by month."""
    shares = [
        Mark(
            _short(each.month),
            Decimal(each.by_itself) / each.settled,
            formats.percent(Decimal(each.by_itself) / each.settled, 0),
        )
        for each in pace
    ]
    days = [
        Mark(_short(each.month), each.days, formats.number(each.days, most=1))
        for each in pace
        if each.days is not None
    ]
    return shares, days


def _short(month: Month) -> str:
    return formats.month_name(month)[:3]


# Behind the numbers ---------------------------------------------------------------------------


@bp.get("/desk/stuck")
@guard(only_hr)
def stuck() -> str:
    """Decisions that somebody should have taken, the longest overdue first."""
    now = clock.now()
    today = now.astimezone(Settings.read().zone).date()
    with unit_of_work() as session:
        query = queries.stuck(today, actor=current_actor())
        page = paginate(session, query, page_request(), *queries.OLDEST_FIRST)
    return render_template(
        "insight/stuck.html",
        page=page,
        today=today,
        kind_of=_kind,
        said=_said,
        with_whom=_with_whom,
    )


def _kind(row: Any) -> str:
    return str(KINDS.get(Kind(row.kind), row.kind))


def _said(row: Any) -> str:
    what: Mapping[str, str] = row.what
    return what.get(language()) or what.get("en") or next(iter(what.values()), "")


def _with_whom(row: Any) -> str:
    return str(row.approver or ROLES[Role(row.role)])


@bp.get("/desk/never-chosen")
@guard(only_hr)
def never() -> str:
    """Who is employed and has never ordered or set anything."""
    today = _today()
    with unit_of_work() as session:
        query = queries.never_chose(today)
        count = queries.count_of(session, query)
        page = paginate(session, query, page_request(), Employee.sort_name, Employee.id)
    return render_template("insight/never.html", page=page, count=count)


@bp.get("/desk/never-chosen.csv")
@guard(only_hr)
def never_file() -> Response:
    today = _today()

    def rows() -> Iterator[Row]:
        order = (Employee.sort_name, Employee.id)
        with unit_of_work() as session:
            query = queries.never_chose(today).order_by(*order)
            for row in session.execute(query, execution_options={"yield_per": AT_ONCE}):
                yield row.number, row.name, row.unit

    header = [gettext("Number"), gettext("Name"), gettext("Unit")]
    return csv_response(gettext("never-chosen"), header, rows())


@bp.get("/desk/chosen")
@guard(only_hr)
def chosen() -> str:
    """The orders behind a number of the use of the shop. Who looked is written down."""
    today, actor = _today(), current_actor()
    with unit_of_work() as session:
        names = _product_names(session)
        span, (by, key) = _span(today, names), _group()
        query = queries.chosen(span, by, key)
        page = paginate(session, query, page_request(), Order.number, descending=True)
        told = shop_queries.products_of(session, [row.Order for row in page.items])
        _note(session, span, by, key, actor=actor, now=clock.now())
        return render_template(
            "insight/chosen.html",
            page=Page(
                [(row, order_title(row.Order, told.get(row.Order.id))) for row in page.items],
                page.next,
            ),
            span=span,
            product=names.get(span.product, ""),
            group=_group_name(by, key) if by else "",
            head=str(BYS[by][1]) if by else "",
            states={state: ORDER_STATES[state] for state in OrderState},
            money_of=Money,
            csv=url_for(
                "desk_pages.chosen_file", product=span.product, by=by and by.value, group=key
            ),
        )


@bp.get("/desk/chosen.csv")
@guard(only_hr)
def chosen_file() -> Response:
    today, actor = _today(), current_actor()
    with unit_of_work() as session:
        names = _product_names(session)
        span, (by, key) = _span(today, names), _group()
        _note(session, span, by, key, actor=actor, now=clock.now(), file="csv")

    def rows() -> Iterator[Row]:
        with unit_of_work() as session:
            query = queries.chosen(span, by, key).order_by(Order.number.desc())
            for row in session.execute(query, execution_options={"yield_per": AT_ONCE}):
                order: Order = row.Order
                product = names.get(f"{order.scheme}:{order.product}", order.product)
                state = str(ORDER_STATES[OrderState(order.state)])
                yield (
                    row.whose, row.name, order.number, product, order.quantity, order.month,
                    Money(order.price_minor), state,
                )  # fmt: skip

    header = [
        gettext("Number"), gettext("Name"), gettext("Order"), gettext("Product"),
        gettext("Quantity"), gettext("Month"), gettext("Euro"), gettext("State"),
    ]  # fmt: skip
    return csv_response(gettext("chosen"), header, rows())


def _note(
    session: Session,
    span: Span,
    by: By | None,
    key: str,
    *,
    actor: Actor,
    now: datetime,
    **more: str,
) -> None:
    asked = {"product": span.product, "by": by.value if by else "", "group": key}
    audit.record(
        session, "insight.chosen_viewed", "desk", actor=actor, now=now,
        **{name: value for name, value in asked.items() if value}, **more,
    )  # fmt: skip


def _group() -> tuple[By | None, str]:
    """By what people are grouped, and of which group; a group that there is not is not found."""
    asked, key = request.args.get("by", ""), request.args.get("group", "")
    if not asked:
        return None, ""
    known: Mapping[str, Collection[str]] = {
        By.AGE: {str(place) for place in range(len(rules.AGES) + 1)} | {""},
        By.SIZE: {str(place) for place in range(len(rules.SIZES) + 1)},
        By.GENDER: {*GENDERS, ""},
        By.UNIT: {key},
    }
    if key not in known.get(asked, ()):
        abort(404)
    return By(asked), key


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()
