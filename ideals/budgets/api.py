"""`/api/v1`: budgets, and the runs that bring them about."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.budgets import commands, queries
from ideals.budgets.commands import StartRun, StartRuns
from ideals.budgets.errors import NoBudgetOfOwn
from ideals.budgets.models import Run, Skip
from ideals.budgets.schemas import (
    BudgetOut,
    MonthQuery,
    RunOut,
    RunsQuery,
    RunsStartedOut,
    SkippedOut,
    StartRunIn,
)
from ideals.budgets.states import StartedAs
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.people.models import Employee
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, paginate
from ideals.web.guards import guard, role, signed_in

bp = Blueprint("budgets", __name__, url_prefix="/api/v1", description="Budgets and runs")


@bp.get("/me/budget")
@guard(signed_in)
@bp.arguments(MonthQuery, location="query", as_kwargs=True)
@bp.response(200, BudgetOut)
def my_budget(month: Month | None = None) -> queries.Budget:
    """Your own budget of a month; without `month`, of this one."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        raise NoBudgetOfOwn("this account is not an employee's and has no budget of its own")
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
def runs(page: PageRequest, month: Month | None = None) -> Page[queries.RunView]:
    """Runs and looks, the newest first."""
    wanted = select(Run) if month is None else select(Run).where(Run.month == month)
    with unit_of_work() as session:
        found = paginate(session, wanted, page, Run.id, descending=True)
        return Page(queries.run_views(session, found.items), found.next)


@bp.get("/allocation-runs/<int:run_id>")
@guard(role(Role.HR))
@bp.response(200, RunOut)
def run(run_id: int) -> queries.RunView:
    """How far a run is, and what it changed so far."""
    with unit_of_work() as session:
        return queries.run_view(session, run_id)


@bp.get("/allocation-runs/<int:run_id>/skipped")
@guard(role(Role.HR))
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(SkippedOut))
def skipped(run_id: int, page: PageRequest) -> Page[Any]:
    """Who was left out, why, and what to do about it."""
    wanted = (
        select(Employee.number, Employee.name, Skip.code, Skip.reason)
        .join(Skip, Skip.employee_id == Employee.id)
        .where(Skip.run_id == run_id)
    )
    with unit_of_work() as session:
        queries.run_view(session, run_id)
        return paginate(session, wanted, page, Employee.number)


def _this_month() -> Month:
    return clock.month_of(clock.now(), Settings.read().zone)


def _location(views: list[queries.RunView]) -> str:
    """The run; with several schemes, the list that they stand in."""
    if len(views) == 1:
        return url_for("budgets.run", run_id=views[0].id)
    return url_for("budgets.runs", month=str(views[0].month))
