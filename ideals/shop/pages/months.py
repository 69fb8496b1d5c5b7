"""HR's calendar of months: one line for each, from allocation to seal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask_babel import LazyString, lazy_gettext

from ideals.budgets.states import RunState
from ideals.db import unit_of_work
from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.ledger.models import LedgerMonth
from ideals.ledger.states import MonthState
from ideals.shop.pages.words import gettext
from ideals.shop.queries import months as queries
from ideals.shop.queries.months import MonthLine, MonthsAsked, RunLine, SchemeMonth
from ideals.web import formats
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.export import Row, csv_response, xlsx_response
from ideals.web.guards import guard, role
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

bp = Blueprint("months_pages", __name__, template_folder="../templates")
navigation.register(
    "55-months",
    NavItem(lazy_gettext("Months"), "months_pages.months", role(Role.HR), group="monthly"),
)

PAGE = 12
Tag = tuple[str, str, LazyString]
STATES: dict[str, Tag] = {
    MonthState.OPEN: ("plain", "○", lazy_gettext("open")),
    MonthState.CLOSING: ("wait", "◐", lazy_gettext("closing")),
    MonthState.SEALED: ("good", "●", lazy_gettext("sealed")),
}
"""State to tone, shape and word: colour is never the only sign."""
_DONE: Tag = ("good", "●", lazy_gettext("done"))
_WORKING: Tag = ("wait", "◐", lazy_gettext("working"))
_FAILED: Tag = ("bad", "✕", lazy_gettext("failed"))


@bp.get("/months")
@guard(role(Role.HR))
def months() -> str:
    """The newest first, unless asked otherwise."""
    asked, oldest_first = _asked(), request.args.get("sort") == "month"
    with unit_of_work() as session:
        found = paginate(
            session,
            queries.months_wanted(asked),
            page_request(limit=PAGE),
            LedgerMonth.month,
            descending=not oldest_first,
        )
        lines = queries.month_lines(session, found.items)
        years = queries.years(session)
        next_month = queries.next_to_close(session)
    return render_template(
        "shop/months.html",
        page=Page(lines, found.next),
        asked=asked,
        filtered=asked != MonthsAsked(),
        years=years,
        next_month=next_month,
        states=STATES,
        files={kind: _file_address(kind) for kind in ("csv", "xlsx")},
        stage=stage,
        deadlines=deadlines,
        payroll_of=payroll_of,
    )


@bp.get("/months.<any(csv, xlsx):kind>")
@guard(role(Role.HR))
def months_file(kind: str) -> Response:
    """As the list is filtered; the newest first."""
    header = [
        gettext("Month"),
        gettext("State"),
        gettext("Last day to choose"),
        gettext("Orders that wait"),
        gettext("Orders in force"),
        gettext("Not chosen yet"),
        gettext("Sealed"),
        gettext("Digest"),
    ]
    answer = csv_response if kind == "csv" else xlsx_response
    return answer(gettext("months"), header, list(_rows(_asked())))


def _rows(asked: MonthsAsked) -> Iterator[Row]:
    with unit_of_work() as session:
        wanted = queries.months_wanted(asked).order_by(LedgerMonth.month.desc())
        for line in queries.month_lines(session, session.scalars(wanted).all()):
            yield (
                line.month,
                str(STATES[line.state][2]),
                max((each.closes_after for each in line.schemes), default=None),
                line.held,
                line.posted,
                line.undecided,
                line.sealed_at,
                line.digest,
            )


def _asked() -> MonthsAsked:
    """From the address; what cannot be read asks nothing."""
    states = {state.value: state for state in MonthState}
    year = request.args.get("year", "")
    return MonthsAsked(
        state=states.get(request.args.get("state", "")),
        year=int(year)
        if year.isascii() and year.isdigit() and 1900 < int(year[:5]) < 9999
        else None,
    )


def _file_address(kind: str) -> str:
    given: dict[str, Any] = {
        name: request.args[name] for name in ("state", "year") if request.args.get(name)
    }
    return url_for("months_pages.months_file", kind=kind, **given)


def stage(line: MonthLine, which: str) -> Tag | None:
    """How far the allocation or the close of a month is, all its schemes together; `None`: there
    is none yet."""
    runs: list[RunLine | None] = [getattr(each, which) for each in line.schemes]
    states = {run.state for run in runs if run is not None}
    if not states:
        return None
    if RunState.FAILED in states:
        return _FAILED
    return _DONE if states == {RunState.DONE} and None not in runs else _WORKING


def deadlines(schemes: list[SchemeMonth]) -> list[str]:
    """`15-03-2026`, once when all schemes have the same; else with each scheme's name."""
    days = {each.closes_after for each in schemes}
    if len(days) == 1:
        return [formats.day_figure(days.pop())]
    return [
        f"{formats.day_figure(each.closes_after)} {each.scheme.name(language())}"
        for each in schemes
    ]


def payroll_of(month: Month) -> str | None:
    """Where payroll shows the batch of a sealed month; `None` without it."""
    if "payroll_pages.month" not in current_app.view_functions:
        return None
    return url_for("payroll_pages.month", month=str(month))
