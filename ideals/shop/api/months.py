"""`/api/v1/months`: how a month stands, and closing it; and that somebody has died."""

from __future__ import annotations

from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from ideals.budgets.states import StartedAs
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.people import queries as people
from ideals.shop.api import today, zone
from ideals.shop.commands import closing as commands
from ideals.shop.commands.closing import CloseMonth, NoteDeath
from ideals.shop.queries import closing as queries
from ideals.shop.queries.closing import MonthView
from ideals.shop.schemas import CloseIn, MonthOut
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.guards import guard, role

bp = Blueprint("months", __name__, url_prefix="/api/v1", description="Months and their close")


@bp.get("/months/<month>")
@guard(role(Role.HR, Role.PAYROLL))
@bp.response(200, MonthOut)
def month(month: str) -> MonthView:
    """Open, closing or sealed; what stands in the way of closing it, and how far that is."""
    with unit_of_work() as session:
        return queries.month_view(session, Month.parse(month), today())


@bp.post("/months/<month>/close")
@guard(role(Role.HR))
@bp.arguments(CloseIn)
@creates(bp, MonthOut, status=202, location=lambda made: _address(made.month))
def close(session: Session, asked: dict[str, Any], month: str) -> MonthView:
    """Close it: from now on orders go to later months. Again: what became of it.

    `early`: why, when the last day to order has not passed yet.
    """
    actor, now = current_actor(), clock.now()
    cmd = CloseMonth(Month.parse(month), StartedAs.API, asked["early"])
    commands.close_month(session, cmd, actor=actor, now=now, zone=zone())
    return queries.month_view(session, cmd.month, today())


def _address(month: Month) -> str:
    return url_for("months.month", month=str(month))


@bp.put("/people/<number>/death")
@guard(role(Role.HR))
@bp.response(204)
def died(number: str) -> None:
    """Note, before the month of their last day is closed, that somebody has died."""
    _note(number, died=True)


@bp.delete("/people/<number>/death")
@guard(role(Role.HR))
@bp.response(204)
def not_died(number: str) -> None:
    """Take it back."""
    _note(number, died=False)


def _note(number: str, *, died: bool) -> None:
    with unit_of_work() as session:
        employee = people.employee_by_number(session, number)
        cmd = NoteDeath(employee.id, died)
        commands.note_death(session, cmd, actor=current_actor(), now=clock.now())
