"""`/api/v1`: who stands in for whom, and HR's mandates."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from ideals.approvals.commands.delegations import (
    Delegate,
    EndDelegation,
    delegate,
    end_delegation,
)
from ideals.approvals.commands.mandates import (
    ChangeMandate,
    GiveMandate,
    TakeMandate,
    change_mandate,
    give_mandate,
    take_mandate,
)
from ideals.approvals.models import Delegation
from ideals.approvals.queries import delegations as queries
from ideals.approvals.queries.delegations import DelegationLine, MandateLine
from ideals.approvals.schemas import (
    DelegationIn,
    DelegationOut,
    DelegationsIn,
    MandateIn,
    MandateOut,
    MandatesIn,
    NewMandateIn,
)
from ideals.approvals.states import DelegationState
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.ids import new_id
from ideals.people.models import Unit
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageRequest, page_of, paginate
from ideals.web.guards import guard, role, signed_in
from ideals.web.preconditions import etag, seen_version

bp = Blueprint(
    "delegations", __name__, url_prefix="/api/v1", description="Standing in, and mandates"
)


@bp.get("/delegations")
@guard(signed_in)
@bp.arguments(DelegationsIn, location="query", as_kwargs=True)
@bp.response(200, page_of(DelegationOut))
def delegations(
    page: PageRequest, search: str = "", state: DelegationState | None = None
) -> Page[DelegationLine]:
    """Where you stand in or somebody stands in for you; everybody's for HR. Made last first."""
    today = _today()
    with unit_of_work() as session:
        found = queries.every_delegation(
            actor=current_actor(), today=today, search=search, state=state
        )
        keys = (Delegation.made_at, Delegation.id)
        return paginate(
            session, found, page, *keys, descending=True, show=lambda row: _shown(row, today)
        )


def _shown(row: Any, today: date) -> DelegationLine:
    return queries.shown(row, today)


@bp.get("/delegations/<uuid:delegation_id>")
@guard(signed_in)
@bp.response(200, DelegationOut)
def delegation(delegation_id: UUID) -> DelegationLine:
    """One of them: for both whom it concerns, and HR."""
    with unit_of_work() as session:
        return queries.access_delegation(
            session, delegation_id, actor=current_actor(), today=_today()
        )


@bp.post("/delegations")
@guard(signed_in)
@bp.arguments(DelegationIn)
@creates(
    bp,
    DelegationOut,
    location=lambda made: url_for("delegations.delegation", delegation_id=made.id),
)
def start(session: Session, asked: dict[str, Any]) -> DelegationLine:
    """Let somebody decide in your place, from a day through a day. HR can do it for others."""
    cmd = Delegate(new_id(), for_number=asked.pop("employee"), **asked)
    made = delegate(session, cmd, actor=current_actor(), now=clock.now())
    return queries.access_delegation(session, made.id, actor=current_actor(), today=_today())


@bp.delete("/delegations/<uuid:delegation_id>")
@guard(signed_in)
@bp.response(200, DelegationOut)
@bp.alt_response(409, "CONFLICT")
def end(delegation_id: UUID) -> DelegationLine:
    """End it now: either side may, and HR. It is kept, with who ended it; again changes nothing."""
    actor = current_actor()
    with unit_of_work() as session:
        end_delegation(session, EndDelegation(delegation_id), actor=actor, now=clock.now())
        session.flush()  # reason: it is told as it is now
        return queries.access_delegation(session, delegation_id, actor=actor, today=_today())


# Mandates


@bp.get("/mandates")
@guard(signed_in)
@bp.arguments(MandatesIn, location="query", as_kwargs=True)
@bp.response(200, page_of(MandateOut))
def mandates(page: PageRequest, year: int | None, search: str = "") -> Page[MandateLine]:
    """Of a year, by unit: what you hold; everybody's for HR."""
    today = _today()
    year = year or today.year
    with unit_of_work() as session:
        rows = queries.mandates(actor=current_actor(), year=year, today=today, search=search)
        found = paginate(session, rows, page, Unit.path)
        return Page(queries.mandate_lines(session, found.items, year), found.next)


@bp.post("/mandates")
@guard(role(Role.HR))
@bp.arguments(NewMandateIn)
@creates(
    bp,
    MandateOut,
    location=lambda made: url_for("delegations.mandate", unit=made.unit, year=made.year),
)
def give(session: Session, asked: dict[str, Any]) -> MandateLine:
    """Give a unit a mandate of a year. One that is there is changed with PUT."""
    give_mandate(session, GiveMandate(**asked), actor=current_actor(), now=clock.now())
    return _mandate(session, asked["unit"], asked["year"])


@bp.get("/mandates/<int:year>/<path:unit>")
@guard(signed_in)
@bp.response(200, MandateOut)
def mandate(unit: str, year: int) -> Any:
    """One of them; its ETag is what a change has to name."""
    with unit_of_work() as session:
        return _told(_mandate(session, unit, year))


@bp.put("/mandates/<int:year>/<path:unit>")
@guard(role(Role.HR))
@bp.arguments(MandateIn)
@bp.response(200, MandateOut)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def change(asked: dict[str, Any], unit: str, year: int) -> Any:
    """Another amount or holder. What was decided about it stays decided."""
    cmd = ChangeMandate(unit, year, seen=seen_version(), **asked)
    with unit_of_work() as session:
        change_mandate(session, cmd, actor=current_actor(), now=clock.now())
        return _told(_mandate(session, unit, year))


@bp.delete("/mandates/<int:year>/<path:unit>")
@guard(role(Role.HR))
@bp.response(204)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def take(unit: str, year: int) -> None:
    """Take it away: the nearest unit above that has one decides from now on."""
    cmd = TakeMandate(unit, year, seen_version())
    with unit_of_work() as session:
        take_mandate(session, cmd, actor=current_actor(), now=clock.now())


def _mandate(session: Session, unit: str, year: int) -> MandateLine:
    return queries.access_mandate(session, unit, year, actor=current_actor(), today=_today())


def _told(line: MandateLine) -> tuple[MandateLine, int, dict[str, str]]:
    return line, 200, etag(line.version)


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()
