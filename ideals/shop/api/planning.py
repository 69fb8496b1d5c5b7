"""`/api/v1`: what a choice would mean, and a plan of months to come. Nothing here orders."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.month import Month
from ideals.shop.api import own_employee, today, zone
from ideals.shop.api.choices import ChoicePageOut
from ideals.shop.commands.planning import KeepPlan, keep_plan
from ideals.shop.models import Choice
from ideals.shop.queries.considering import Asked, Considered, consider
from ideals.shop.queries.planning import Ground, Wanted, ground, to_keep
from ideals.shop.rules.planner import Plan
from ideals.shop.schemas import (
    MeaningOut,
    MeaningQuery,
    PlanIn,
    PlanOut,
)
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint
from ideals.web.cursors import Page
from ideals.web.guards import guard, signed_in

bp = Blueprint("planning", __name__, url_prefix="/api/v1", description="What choices mean, plans")


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with the months whose budget is there already: they are ordered by hand."""

    plan: Plan
    here: list[Month]


@bp.get("/products/<code>/meaning")
@guard(signed_in)
@bp.arguments(MeaningQuery, location="query", as_kwargs=True)
@bp.response(200, MeaningOut)
def meaning(code: str, sell: bool, **asked: Any) -> Considered:
    """What so much of a product would cost and mean: gross, net, hours, the rest of the year, and
    warnings. Without a quantity, the usual one. `refusal` says why it cannot be ordered so."""
    employee_id = own_employee()
    with unit_of_work() as session:
        return consider(session, employee_id, code, Asked(**asked, selling=sell), day=today())


@bp.get("/me/plan")
@guard(signed_in)
@bp.response(200, PlanOut)
def plan_as_it_stands() -> PlanView:
    """Your months to come, with what orders by itself already in a fixed quantity."""
    employee_id = own_employee()
    with unit_of_work() as session:
        found = ground(session, employee_id, day=today())
        return _view(found, found.standing)


@bp.post("/me/plan")
@guard(signed_in)
@bp.arguments(PlanIn)
@bp.response(200, PlanOut)
def plan(asked: dict[str, Any]) -> PlanView:
    """Work a plan out. It creates nothing, so it needs no key and may be sent as often as you like.

    A cell that cannot be is answered with `refused` and counts for nothing."""
    employee_id = own_employee()
    with unit_of_work() as session:
        found = ground(session, employee_id, day=today())
        return _view(found, _wanted(asked))


@bp.put("/me/plan")
@guard(signed_in)
@bp.arguments(PlanIn)
@bp.response(200, ChoicePageOut)
def keep(asked: dict[str, Any]) -> Page[Choice]:
    """Keep a plan: for the months to come its cells become standing choices, in place of those of a
    fixed quantity that you have. Answers the ones that were made."""
    employee_id, now = own_employee(), clock.now()
    with unit_of_work() as session:
        found = ground(session, employee_id, day=today())
        codes = [row.code for row in found.rows]
        cmd = KeepPlan(employee_id, codes, to_keep(found, _wanted(asked)))
        return Page(keep_plan(session, cmd, actor=current_actor(), now=now, zone=zone()), None)


def _wanted(asked: dict[str, Any]) -> Wanted:
    wanted: dict[tuple[str, Month], Decimal] = {}
    for cell in asked["cells"]:
        key = (cell["product"], cell["month"])
        wanted[key] = wanted.get(key, Decimal(0)) + cell["quantity"]
    return wanted


def _view(found: Ground, wanted: Wanted) -> PlanView:
    return PlanView(found.plan(wanted), sorted(found.here))
