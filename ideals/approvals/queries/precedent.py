"""How the last comparable requests ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.approvals.models import Approval
from ideals.approvals.rules import Effect
from ideals.approvals.states import State

ALIKE = "product"
"""The fact that makes requests of a kind comparable, where the kind has it."""
LOOKED_BACK = timedelta(days=730)
MOST_LOOKED_AT = 200
FEWEST_SHOWN = 5
"""Fewer than this would tell of single people."""


@dataclass(frozen=True, slots=True)
class Precedent:
    """Of so many that ended: agreed to, refused, withdrawn or out of time. `days`: half of those
    that were decided took no longer."""

    ended: int
    approved: int
    refused: int
    days: Decimal | None

    @property
    def otherwise(self) -> int:
        return self.ended - self.approved - self.refused


def precedent_of(session: Session, approval: Approval, *, now: datetime) -> Precedent | None:
    """Of the latest like it; `None` when there are too few to tell. One statement."""
    product = approval.facts.get(ALIKE)
    alike = Approval.facts[ALIKE].astext
    took = func.extract("epoch", Approval.ended_at - Approval.asked_at)
    last = (
        select(Approval.state, took.label("seconds"))
        .where(
            Approval.kind == approval.kind,
            alike.is_(None) if product is None else alike == product,
            Approval.asked_at > now - LOOKED_BACK,
            Approval.state != State.OPEN,
            Approval.effect == Effect.BEFORE,
            Approval.id != approval.id,
        )
        .order_by(Approval.asked_at.desc())
        .limit(MOST_LOOKED_AT)
        .subquery()
    )
    decided = last.c.state.in_((State.APPROVED, State.REFUSED))
    median = func.percentile_cont(0.5).within_group(last.c.seconds).filter(decided)
    ended, approved, refused, seconds = session.execute(
        select(
            func.count(),
            func.count().filter(last.c.state == State.APPROVED),
            func.count().filter(last.c.state == State.REFUSED),
            median,
        ).select_from(last)
    ).one()
    if ended < FEWEST_SHOWN:
        return None
    days = None if seconds is None else Decimal(str(seconds)) / 86400
    return Precedent(ended, approved, refused, days)
