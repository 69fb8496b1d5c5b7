"""The planner: months across, products down, and above them the four numbers that move.

What is planned stands in the address; nothing is kept until it is kept as standing choices. On a
phone one month is shown at a time; the cells of the others go along unseen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from ideals.budgets.pages.words import gettext, month_short
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.schemes.rules import Product, ProductUnit
from ideals.shop.commands.planning import KeepPlan, keep_plan
from ideals.shop.pages import terms, words
from ideals.shop.pages.product import number
from ideals.shop.queries.considering import notch
from ideals.shop.queries.planning import Ground, Wanted, ground, to_keep
from ideals.shop.rules.planner import Cell, Plan, Planned, Row
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.guards import guard, signed_in
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

bp = Blueprint("plan_pages", __name__, template_folder="../templates")
navigation.register(
    "08-plan",
    NavItem(lazy_gettext("Plan a year"), "plan_pages.plan", employee=True, group="mine"),
)


@dataclass(frozen=True, slots=True)
class CellShown:
    """A cell: its field, what stands in it, and why it cannot be. `closed`: why there is none."""

    name: str
    label: str
    value: str
    refused: str
    brings: str
    closed: str = ""


@dataclass(frozen=True, slots=True)
class RowShown:
    product: Product
    name: str
    unit: str
    each: str
    """What is filled into every month that has nothing of its own."""
    cells: Sequence[CellShown]


@dataclass(frozen=True, slots=True)
class Now:
    """What is planned for a month whose budget is there: it is ordered now."""

    text: str
    href: str


@bp.get("/plan")
@guard(signed_in)
def plan() -> str | Response:
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    today = clock.now().astimezone(Settings.read().zone).date()
    with unit_of_work() as session:
        return _page(session, ground(session, employee_id, day=today), request.args)


@bp.post("/plan")
@guard(signed_in)
def keep() -> Response | tuple[str, int]:
    """What is for months to come repeats by itself; for a month that is here one orders by hand."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    now, zone = clock.now(), Settings.read().zone
    try:
        with unit_of_work() as session:
            found = ground(session, employee_id, day=now.astimezone(zone).date())
            wanted, _ = read(found, request.form)
            cmd = KeepPlan(employee_id, [row.code for row in found.rows], to_keep(found, wanted))
            keep_plan(session, cmd, actor=current_actor(), now=now, zone=zone)
    except IdealsError as refusal:
        with unit_of_work() as session:
            found = ground(session, employee_id, day=now.astimezone(zone).date())
            page = _page(session, found, request.form, refused=terms.why_not(refusal, ""))
        return page, 409
    flash(
        gettext("Kept. Each month orders by itself from now on; change it here whenever you want.")
    )
    return redirect(url_for("choice_pages.choices"), 303)


# What is planned ----------------------------------------------------------------------------------


def cell_name(code: str, month: Month) -> str:
    return f"{code}.{month}"


def each_name(code: str) -> str:
    return f"{code}.each"


def read(found: Ground, given: MultiDict[str, str]) -> tuple[Wanted, Mapping[str, str]]:
    """Cells by product and month; and the fields as typed that are no number.

    Without any, what repeats already. `CODE.each` fills the cells that have nothing of their own.
    """
    fields = {row.code: row for row in found.rows}
    if not any(key.partition(".")[0] in fields for key in given):
        return found.standing, {}
    wanted: dict[tuple[str, Month], Decimal] = {}
    wrong: dict[str, str] = {}
    for code, row in fields.items():
        each = _number(given, each_name(code), wrong)
        for ahead in found.months:
            name = cell_name(code, ahead.month)
            own = _number(given, name, wrong)
            value = each if own is None and not given.get(name, "").strip() else own
            value = _stepped(value, given.get("step", ""), name, notch(row.product))
            if value:
                wanted[code, ahead.month] = value
    return wanted, wrong


def _number(given: MultiDict[str, str], name: str, wrong: dict[str, str]) -> Decimal | None:
    text = given.get(name, "")
    value = number(text, language())
    if text.strip() and value is None:
        wrong[name] = text
    return value


def _stepped(value: Decimal | None, step: str, name: str, by: Decimal) -> Decimal | None:
    """The buttons beside a cell: `CODE.2026-12:more`."""
    which, _, way = step.rpartition(":")
    if which != name or way not in ("more", "less"):
        return value
    changed = (value or Decimal(0)) + (by if way == "more" else -by)
    return max(Decimal(0), changed)


# What is shown ------------------------------------------------------------------------------------


def _page(session: Session, found: Ground, given: MultiDict[str, str], *, refused: str = "") -> str:
    del session  # everything was read; the page is written before it is given back
    wanted, wrong = read(found, given)
    worked_out = found.plan(wanted)
    months = [ahead.month for ahead in found.months]
    shown = _month((given.getlist("show") or [""])[-1], months)
    return render_template(
        "shop/plan.html",
        months=[(month, month_short(month), formats.month_name(month)) for month in months],
        shown=shown,
        before=_neighbour(months, shown, -1),
        after=_neighbour(months, shown, 1),
        rows=_rows(found, worked_out, wanted, wrong),
        numbers=numbers(worked_out),
        totals=[totals(month) for month in worked_out.months],
        refusals=[_refusal(found, cell) for cell in worked_out.refused],
        now=_now(found, worked_out),
        keeps=bool(to_keep(found, wanted)) or bool(found.standing),
        refused=refused,
        scheme=found.scheme,
    )


def _month(text: str, months: Sequence[Month]) -> Month:
    return next((month for month in months if str(month) == text), months[0])


def _neighbour(months: Sequence[Month], shown: Month, by: int) -> Month | None:
    place = months.index(shown) + by
    return months[place] if 0 <= place < len(months) else None


def _rows(
    found: Ground, worked_out: Plan, wanted: Wanted, wrong: Mapping[str, str]
) -> list[RowShown]:
    cells = {(cell.code, cell.month): cell for m in worked_out.months for cell in m.cells}
    return [
        RowShown(
            row.product,
            words.product_name(row.product),
            "" if row.product.unit is ProductUnit.PIECE else terms.units(row.product.unit),
            wrong.get(each_name(row.code), ""),
            [
                _cell(row, ahead.month, wanted, wrong, cells.get((row.code, ahead.month)))
                for ahead in found.months
            ],
        )
        for row in found.rows
    ]


def _cell(
    row: Row, month: Month, wanted: Wanted, wrong: Mapping[str, str], cell: Cell | None
) -> CellShown:
    product, offer = row.product, row.offers.get(month)
    name = cell_name(product.code, month)
    value = wanted.get((product.code, month))
    label = gettext(
        "%(product)s in %(month)s",
        product=words.product_name(product),
        month=formats.month_name(month),
    )
    unread = gettext("Write a number, such as 8 or 7.5.") if name in wrong else ""
    return CellShown(
        name,
        label,
        wrong.get(name) or _figure(value, product),
        unread or (formats.said(cell.refused) if cell is not None and cell.refused else ""),
        "" if cell is None or cell.refused else _brings(cell, product),
        formats.said(offer.closed or "") if offer and not value and name not in wrong else "",
    )


def _figure(value: Decimal | None, product: Product) -> str:
    if value is None:
        return ""
    euros = product.unit is ProductUnit.EURO and value != value.to_integral_value()
    return formats.number(value, 2) if euros else formats.number(value, 0, most=6)


def _brings(cell: Cell, product: Product) -> str:
    """What it costs, where the figure does not say so itself."""
    return "" if product.unit is ProductUnit.EURO else formats.money(Money(cell.price_minor))


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: str
    note: str = ""


def numbers(worked_out: Plan) -> list[Figure]:
    """The four numbers that move."""
    unknown = " ".join(
        gettext("Without %(year)s: its tax table is not known.", year=year)
        for year in worked_out.unknown
    )
    return [
        Figure(gettext("Paid out, gross"), formats.money(Money(worked_out.gross_minor))),
        Figure(gettext("Arrives, net"), formats.money(Money(worked_out.net_minor)), unknown),
        Figure(gettext("Leave"), _signed_hours(worked_out.minutes)),
        Figure(gettext("Put aside"), formats.money(Money(worked_out.saved_minor))),
    ]


def _signed_hours(minutes: int) -> str:
    return f"+{formats.hours(Minutes(minutes))}" if minutes > 0 else formats.hours(Minutes(minutes))


@dataclass(frozen=True, slots=True)
class Totals:
    """A month below its cells: what there is, what is left, and what arrives."""

    month: Month
    there: str
    left: str
    by_itself: str
    net: str
    short: str


def totals(planned: Planned) -> Totals:
    free = planned.began_minor + planned.allocated_minor - planned.charged_minor
    paid = planned.by_itself.paid_minor
    return Totals(
        planned.month,
        formats.figure(Money(free)),
        formats.figure(Money(planned.left_minor)),
        formats.figure(Money(paid)) if paid else "",
        gettext("not known")
        if planned.net_minor is None
        else formats.figure(Money(planned.net_minor)),
        formats.money(Money(planned.short_minor)) if planned.short_minor else "",
    )


def _refusal(found: Ground, cell: Cell) -> tuple[str, str]:
    """(the cell's field, what is wrong with it in a sentence)."""
    product = next(row.product for row in found.rows if row.code == cell.code)
    sentence = gettext(
        "%(product)s in %(month)s: %(why)s",
        product=words.product_name(product),
        month=formats.month_name(cell.month),
        why=formats.said(cell.refused or ""),
    )
    return cell_name(cell.code, cell.month), sentence


def _now(found: Ground, worked_out: Plan) -> list[Now]:
    """Links to what is ordered by hand, because the month's budget is there already."""
    products = {row.code: row.product for row in found.rows}
    return [
        Now(
            terms.act(products[cell.code], cell.quantity, cell.price_minor, selling=False),
            url_for(
                "product_pages.product",
                code=cell.code,
                quantity=_figure(cell.quantity, products[cell.code]),
                month=str(cell.month),
            ),
        )
        for month in worked_out.months
        if month.month in found.here
        for cell in month.cells
        if cell.refused is None
    ]
