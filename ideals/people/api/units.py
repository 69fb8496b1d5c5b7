"""`/api/v1`: units and who owns them, and the days on which somebody works."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.people import queries
from ideals.people.commands.units import GiveOwner, KeepWeek, give_owner, keep_week
from ideals.people.models import Unit
from ideals.people.queries import organisation
from ideals.people.queries.organisation import UnitLine
from ideals.people.rules.weeks import WEEKDAYS
from ideals.people.schemas import OwnerIn, UnitOut, UnitsIn, WeekIn, WeekOut
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint
from ideals.web.cursors import Page, PageRequest, page_of, paginate
from ideals.web.guards import guard, role, signed_in
from ideals.web.preconditions import etag, seen_version

bp = Blueprint("units", __name__, url_prefix="/api/v1", description="Units, and working weeks")


@bp.get("/units")
@guard(role(Role.HR))
@bp.arguments(UnitsIn, location="query", as_kwargs=True)
@bp.response(200, page_of(UnitOut))
def units(page: PageRequest, without_owner: bool, search: str = "") -> Page[Any]:
    """Every unit with its owner, by path."""
    with unit_of_work() as session:
        found = organisation.unit_lines(
            actor=current_actor(), today=_today(), search=search, without_owner=without_owner
        )
        return paginate(session, found, page, Unit.path)


@bp.get("/units/<path:unit>/owner")
@guard(role(Role.HR))
@bp.response(200, UnitOut)
def owner(unit: str) -> Any:
    """Who owns it, and who answers for it; its ETag is what a change has to name."""
    with unit_of_work() as session:
        return _told(session, unit)


@bp.put("/units/<path:unit>/owner")
@guard(role(Role.HR))
@bp.arguments(OwnerIn)
@bp.response(200, UnitOut)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def own(asked: dict[str, Any], unit: str) -> Any:
    """Give it an owner, or take the owner away."""
    cmd = GiveOwner(unit, asked["owner"], seen_version())
    with unit_of_work() as session:
        give_owner(session, cmd, actor=current_actor(), now=clock.now())
        session.flush()  # reason: it is told as it is now
        return _told(session, unit)


def _told(session: Session, unit: str) -> tuple[UnitLine, int, dict[str, str]]:
    line = organisation.unit_line(session, unit, actor=current_actor(), today=_today())
    return line, 200, etag(line.version)


@bp.get("/me/work-week")
@guard(signed_in)
@bp.response(200, WeekOut)
def my_week() -> dict[str, Any]:
    """The days on which you work; Monday to Friday until you say otherwise."""
    with unit_of_work() as session:
        employee_id = queries.own_employee(session, actor=current_actor()).id
        return _days(queries.week_of(session, [employee_id])[employee_id])


@bp.put("/me/work-week")
@guard(signed_in)
@bp.arguments(WeekIn)
@bp.response(200, WeekOut)
def keep_my_week(asked: dict[str, Any]) -> dict[str, Any]:
    """Say on which days you work: what you have to decide is due on one of them."""
    with unit_of_work() as session:
        cmd = KeepWeek([WEEKDAYS.index(day) for day in asked["days"]])
        return _days(keep_week(session, cmd, actor=current_actor(), now=clock.now()))


@bp.get("/people/<number>/work-week")
@guard(signed_in)
@bp.response(200, WeekOut)
def week(number: str) -> dict[str, Any]:
    """Of somebody you may see: your own, your reports', everybody's for HR."""
    with unit_of_work() as session:
        found = queries.access_employee(session, number, actor=current_actor(), on=_today())
        return _days(queries.week_of(session, [found.id])[found.id])


@bp.put("/people/<number>/work-week")
@guard(signed_in)
@bp.arguments(WeekIn)
@bp.response(200, WeekOut)
def keep(asked: dict[str, Any], number: str) -> dict[str, Any]:
    """For oneself, and for HR."""
    with unit_of_work() as session:
        cmd = KeepWeek([WEEKDAYS.index(day) for day in asked["days"]], number)
        return _days(keep_week(session, cmd, actor=current_actor(), now=clock.now()))


def _days(week: frozenset[int]) -> dict[str, Any]:
    return {"days": [WEEKDAYS[day] for day in sorted(week)]}


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()
