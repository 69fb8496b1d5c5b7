"""`/api/v1`: budgets, and the runs that bring them about."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from ideals import audit
from ideals.budgets import commands, computation, queries
from ideals.budgets.commands import StartRun, StartRuns
from ideals.budgets.errors import NoBudgetOfOwn
from ideals.budgets.models import Run
from ideals.budgets.queries import runs as run_queries
from ideals.budgets.queries.leave import leave_of
from ideals.budgets.queries.statement import WireLine, wire_lines
from ideals.budgets.rules.leave import LeaveBook
from ideals.budgets.schemas import (
    BudgetOut,
    ComparisonOut,
    EmployeeDifferenceOut,
    LeaveBookOut,
    MonthQuery,
    RunOut,
    RunsQuery,
    RunsStartedOut,
    SkippedOut,
    StartRunIn,
    StatementLineOut,
    StatementQuery,
)
from ideals.budgets.states import StartedAs
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes, Unit
from ideals.people.models import Employee
from ideals.schemes import queries as schemes
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, page_of_list, paginate
from ideals.web.guards import guard, role, signed_in

bp = Blueprint("budgets", __name__, url_prefix="/api/v1", description="Budgets and runs")
StatementPageOut = page_of(StatementLineOut)


@bp.get("/me/budget")
@guard(signed_in)
@bp.arguments(MonthQuery, location="query", as_kwargs=True)
@bp.response(200, BudgetOut)
def my_budget(month: Month | None = None) -> queries.Budget:
    """Your own budget of a month; without `month`, of this one."""
    employee_id = _own_employee()
    with unit_of_work() as session:
        return queries.budget_of(session, employee_id, month or _this_month())


@bp.get("/people/<number>/budget")
@guard(signed_in)
@bp.arguments(MonthQuery, location="query", as_kwargs=True)
@bp.response(200, BudgetOut)
def budget(number: str, month: Month | None = None) -> queries.Budget:
    """An employee's budget of a month: for the employee and for HR."""
    with unit_of_work() as session:
        employee = queries.access_budget(session, number, actor=current_actor(), now=clock.now())
        return queries.budget_of(session, employee.id, month or _this_month())


@bp.get("/me/statement")
@guard(signed_in)
@bp.arguments(StatementQuery, location="query", as_kwargs=True)
@bp.response(200, StatementPageOut)
def my_statement(
    page: PageRequest, from_: Month | None = None, to: Month | None = None
) -> Page[WireLine]:
    """What moved on your own accounts and why, oldest first; without months, the last twelve."""
    employee_id = _own_employee()
    with unit_of_work() as session:
        return _statement(session, employee_id, page, from_, to)


@bp.get("/people/<number>/statement")
@guard(signed_in)
@bp.arguments(StatementQuery, location="query", as_kwargs=True)
@bp.response(200, StatementPageOut)
def statement(
    number: str, page: PageRequest, from_: Month | None = None, to: Month | None = None
) -> Page[WireLine]:
    """An employee's statement: for the employee and for HR."""
    with unit_of_work() as session:
        employee = queries.access_budget(session, number, actor=current_actor(), now=clock.now())
        return _statement(session, employee.id, page, from_, to)


@bp.get("/me/leave")
@guard(signed_in)
@bp.response(200, LeaveBookOut)
def my_leave() -> LeaveBook:
    """Your own leave by the year it belongs to, with the day on which it lapses."""
    employee_id = _own_employee()
    with unit_of_work() as session:
        return leave_of(session, employee_id, _today())


@bp.get("/people/<number>/leave")
@guard(signed_in)
@bp.response(200, LeaveBookOut)
def leave(number: str) -> LeaveBook:
    """An employee's leave: for the employee and for HR."""
    with unit_of_work() as session:
        employee = queries.access_budget(session, number, actor=current_actor(), now=clock.now())
        return leave_of(session, employee.id, _today())


@bp.post("/allocation-runs")
@guard(role(Role.HR))
@bp.arguments(StartRunIn)
@creates(bp, RunsStartedOut, status=202, location=lambda started: _location(started["runs"]))
def start_runs(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Start the run of a month, for each scheme in use or for one.

    A run that is not finished yet is answered as it stands: nothing starts twice. The answer is the
    first run, with all of them under `runs`.
    """
    actor, now = current_actor(), clock.now()
    month, look = asked["month"], asked["look"]
    if "scheme" in asked:
        one = StartRun(asked["scheme"], month, look, StartedAs.API)
        runs = [commands.start_run(session, one, actor=actor, now=now)]
    else:
        each = StartRuns(month, look, StartedAs.API)
        runs = commands.start_runs(session, each, actor=actor, now=now)
    views = queries.run_views(session, runs)
    first = {field.name: getattr(views[0], field.name) for field in dataclasses.fields(views[0])}
    return first | {"runs": views}


@bp.get("/allocation-runs")
@guard(role(Role.HR))
@bp.arguments(RunsQuery, location="query", as_kwargs=True)
@bp.response(200, page_of(RunOut))
def runs(page: PageRequest, **asked: Any) -> Page[queries.RunView]:
    """Runs and looks, the newest first."""
    wanted = run_queries.runs_wanted(run_queries.RunsAsked(**asked))
    with unit_of_work() as session:
        found = paginate(session, wanted, page, Run.id, descending=True)
        return Page(queries.run_views(session, found.items), found.next)


@bp.get("/allocation-runs/<int:run_id>")
@guard(role(Role.HR))
@bp.response(200, RunOut)
def run(run_id: int) -> queries.RunView:
    """How far a run is, and what it changed so far."""
    with unit_of_work() as session:
        return queries.run_views(session, [run_queries.run_of(session, run_id)])[0]


@bp.get("/allocation-runs/<int:run_id>/skipped")
@guard(role(Role.HR))
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(SkippedOut))
def skipped(run_id: int, page: PageRequest) -> Page[Any]:
    """Who was left out, why, and what to do about it."""
    with unit_of_work() as session:
        run_queries.run_of(session, run_id)
        wanted = run_queries.skipped_of(run_id)
        return paginate(session, wanted, page, Employee.number, show=run_queries.skipped)


@bp.get("/allocation-runs/<int:run_id>/comparison")
@guard(role(Role.HR))
@bp.response(200, ComparisonOut)
def comparison(run_id: int) -> dict[str, Any]:
    """The run's month beside the month before, and what happened since a look."""
    with unit_of_work() as session:
        run = run_queries.run_of(session, run_id)
        view = queries.run_views(session, [run])[0]
        scheme = schemes.scheme_for(session, run.scheme, run.month)
        found = run_queries.comparison(session, run, view, scheme)
        posted = run_queries.posted_since(session, run) if run.look else None
        return {
            "month": found.month,
            "month_before": found.month_before,
            "lines": [_compared(line) for line in found.lines],
            "facts_changed": run.look and run_queries.facts_changed_since(session, run),
            "posted_by": posted and posted.id,
        }


@bp.get("/allocation-runs/<int:run_id>/differences")
@guard(role(Role.HR))
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(EmployeeDifferenceOut))
def differences(run_id: int, page: PageRequest) -> Page[Any]:
    """What the run did to whom, by number. `limit` counts employees; that you asked is recorded.

    Of a look it is worked out again, and refused once the month has been posted after it.
    """
    with unit_of_work() as session:
        run = run_queries.run_of(session, run_id)
        found = paginate(session, run_queries.looked_at(run_id), page, Employee.number)
        lines = computation.differences_for(session, run, [one.id for one in found.items])
        audit.record(
            session,
            "budgets.differences_downloaded",
            run.source,
            actor=current_actor(),
            now=clock.now(),
            run=run_id,
            file="json",
        )
        items = [
            {
                "number": line.number,
                "name": line.name,
                "for_month": line.for_month,
                "code": line.code,
                **_quantity(line.unit, line.minor),
            }
            for line in lines
        ]
        return Page(items, found.next)


def _compared(line: run_queries.Compared) -> dict[str, Any]:
    values = {name: getattr(line, name) for name in ("changed", "this", "before", "difference")}
    return {
        "code": line.code,
        "employees": line.employees,
        **{
            name: None if minor is None else _quantity(line.unit, minor)
            for name, minor in values.items()
        },
    }


def _quantity(unit: Unit, minor: int) -> dict[str, Any]:
    return {
        "amount": Money(minor) if unit is Unit.EUR else None,
        "minutes": Minutes(minor) if unit is Unit.MIN else None,
    }


def _own_employee() -> int:
    """Raises `NoBudgetOfOwn`."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        raise NoBudgetOfOwn("this account is not an employee's and has no budget of its own")
    return employee_id


def _statement(
    session: Session, employee_id: int, page: PageRequest, from_: Month | None, to: Month | None
) -> Page[WireLine]:
    """Without `to`, through this month, or through `from_` when that is later."""
    this_month = _this_month()
    last = to or max(this_month, from_ or this_month)
    lines = wire_lines(session, employee_id, from_ or last.plus(-11), last)
    return page_of_list(lines, page, key=lambda line: line.key)


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()


def _this_month() -> Month:
    return clock.month_of(clock.now(), Settings.read().zone)


def _location(views: list[queries.RunView]) -> str:
    """The run; with several schemes, the list that they stand in."""
    if len(views) == 1:
        return url_for("budgets.run", run_id=views[0].id)
    return url_for("budgets.runs", month=str(views[0].month))
