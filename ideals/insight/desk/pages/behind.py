"""The people and the orders behind a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Select
from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals.pages.words import KINDS, ROLES
from ideals.approvals.states import Kind
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.insight.desk.pages.asked import group_asked, span_asked, today_here
from ideals.insight.desk.pages.blueprint import bp, only_hr
from ideals.insight.desk.pages.words import BYS, group_name, product_names
from ideals.insight.desk.queries import standing, use
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.money import Money
from ideals.kernel.month import Month, MonthUnreadable
from ideals.shop import queries as shop_queries
from ideals.shop.models import Order
from ideals.shop.pages.words import STATES as ORDER_STATES
from ideals.shop.pages.words import order_title
from ideals.shop.states import OrderState
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.export import Row, csv_response
from ideals.web.guards import guard
from ideals.web.language import language

AT_ONCE = 500


@bp.get("/desk/stuck")
@guard(only_hr)
def stuck() -> str:
    """Decisions that somebody should have taken, the longest overdue first."""
    now = clock.now()
    today = now.astimezone(Settings.read().zone).date()
    with unit_of_work() as session:
        query = standing.stuck(today, actor=current_actor())
        page = paginate(session, query, page_request(), *standing.OLDEST_FIRST)
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


@dataclass(frozen=True, slots=True)
class Listed:
    """People behind a number. `who`: the word beside their count; `name`: of the file."""

    query: Select[Any]
    title: str
    text: str
    name: str
    who: str


@bp.get("/desk/people")
@guard(only_hr)
def people() -> str:
    """Who never chose anything; who has not chosen for a `month`; who is in a group."""
    listed = _listed()
    with unit_of_work() as session:
        count = standing.count_of(session, listed.query)
        page = paginate(session, listed.query, page_request(), *use.BY_NAME)
    return render_template(
        "insight/people.html",
        listed=listed,
        page=page,
        count=count,
        csv=url_for("desk_pages.people_file", **request.args.to_dict()),  # type: ignore[arg-type]
    )


@bp.get("/desk/people.csv")
@guard(only_hr)
def people_file() -> Response:
    listed = _listed()

    def rows() -> Iterator[Row]:
        with unit_of_work() as session:
            query = listed.query.order_by(*use.BY_NAME)
            for row in session.execute(query, execution_options={"yield_per": AT_ONCE}):
                yield row.number, row.name, row.unit

    header = [gettext("Number"), gettext("Name"), gettext("Unit")]
    return csv_response(listed.name, header, rows())


def _listed() -> Listed:
    today, (by, key) = today_here(), group_asked()
    today_said = gettext("employed today")
    if by is not None:
        title = f"{BYS[by][1]}: {group_name(by, key)}"
        return Listed(use.members(today, by, key), title, "", gettext("people"), today_said)
    if "month" in request.args:
        month = _month(request.args["month"])
        return Listed(
            use.undecided(month),
            gettext("Not chosen yet for %(month)s", month=formats.month_name(month)),
            gettext("They have no order for it and no standing choice. What is left over follows"
                    " their scheme."),
            gettext("not-chosen-yet"),
            gettext("employed in this month"),
        )  # fmt: skip
    return Listed(
        use.never_chose(today),
        gettext("Never chose anything"),
        gettext("They never ordered anything, whatever became of it, and set no standing choice."
                " What is left over follows their scheme."),
        gettext("never-chosen"),
        today_said,
    )  # fmt: skip


def _month(written: str) -> Month:
    try:
        return Month.parse(written)
    except MonthUnreadable:
        abort(404)


@bp.get("/desk/orders/<month>/<any(held, posted):state>")
@guard(only_hr)
def orders(month: str, state: str) -> str:
    """The orders of a month that wait, or are in force. Who looked is written down."""
    wanted = _month(month)
    with unit_of_work() as session:
        _note(session, month=str(wanted), state=state)
        query = use.orders_of(wanted, OrderState(state))
        page = paginate(session, query, page_request(), Order.number, descending=True)
        return render_template(
            "insight/chosen.html",
            title=gettext("Orders that wait")
            if state == OrderState.HELD
            else gettext("Orders in force"),
            lead=formats.month_name(wanted).capitalize(),
            back=url_for("desk_pages.desk"),
            **_orders_shown(session, page),
        )


@bp.get("/desk/chosen")
@guard(only_hr)
def chosen() -> str:
    """The orders behind a number of the use of the shop. Who looked is written down."""
    today = today_here()
    with unit_of_work() as session:
        names = product_names(session)
        span, (by, key) = span_asked(today, names), group_asked()
        query = use.chosen(span, by, key)
        page = paginate(session, query, page_request(), Order.number, descending=True)
        _note(session, product=span.product, by=by and by.value, group=key)
        lead = gettext(
            "For %(first)s through %(last)s, of those employed today.",
            first=formats.month_name(span.first),
            last=formats.month_name(span.last),
        )
        return render_template(
            "insight/chosen.html",
            title=gettext(
                "Who chose %(what)s", what=names.get(span.product) or gettext("something")
            ),
            lead=f"{lead} {BYS[by][1]}: {group_name(by, key)}." if by else lead,
            back=url_for("desk_pages.desk", product=span.product or None, _anchor="use"),
            csv=url_for(
                "desk_pages.chosen_file", product=span.product, by=by and by.value, group=key
            ),
            **_orders_shown(session, page),
        )


def _orders_shown(session: Session, page: Page[Any]) -> dict[str, Any]:
    told = shop_queries.products_of(session, [row.Order for row in page.items])
    lines = [(row, order_title(row.Order, told.get(row.Order.id))) for row in page.items]
    return {
        "page": Page(lines, page.next),
        "states": ORDER_STATES,
        "money_of": Money,
    }


@bp.get("/desk/chosen.csv")
@guard(only_hr)
def chosen_file() -> Response:
    today = today_here()
    with unit_of_work() as session:
        names = product_names(session)
        span, (by, key) = span_asked(today, names), group_asked()
        _note(session, product=span.product, by=by and by.value, group=key, file="csv")

    def rows() -> Iterator[Row]:
        with unit_of_work() as session:
            query = use.chosen(span, by, key).order_by(Order.number.desc())
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


def _note(session: Session, **asked: str | None) -> None:
    """Who looked at whom; `asked`: of what."""
    audit.record(
        session, "insight.chosen_viewed", "desk", actor=current_actor(), now=clock.now(),
        **{name: value for name, value in asked.items() if value},
    )  # fmt: skip
