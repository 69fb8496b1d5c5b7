"""Whether somebody's cases of a kind take effect at once, as the policy has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ideals.approvals.models import Approval, Check, Trust
from ideals.approvals.rules import trust as rules
from ideals.approvals.states import CheckState, Kind


def trusted(session: Session, employee_id: int, kind: Kind) -> bool:
    return lost(session, employee_id, kind) is None


def lost(session: Session, employee_id: int, kind: str) -> Trust | None:
    """What is known of it while trust is lost; `None`: it is there."""
    query = select(Trust).where(
        Trust.employee_id == employee_id, Trust.kind == kind, Trust.restored_at.is_(None)
    )
    return session.scalars(query).one_or_none()


def lost_by(session: Session, employee_id: int) -> Sequence[Trust]:
    """Of every kind, as it is now."""
    query = select(Trust).where(Trust.employee_id == employee_id, Trust.restored_at.is_(None))
    return session.scalars(query.order_by(Trust.kind)).all()


def loss_under(session: Session, check: Check) -> Trust | None:
    """The time without trust that a finding began or fell into; `None`: it had no part in any."""
    if check.decided_at is None:
        return None
    query = select(Trust).where(
        Trust.employee_id == check.employee_id,
        Trust.kind == check.kind,
        Trust.lost_at <= check.decided_at,
        or_(Trust.restored_at.is_(None), Trust.restored_at > check.decided_at),
    )
    return session.scalars(query.order_by(Trust.lost_at.desc()).limit(1)).one_or_none()


def latest_finding(session: Session, employee_id: int, kind: str) -> Check | None:
    """The check that was decided last."""
    query = select(Check).where(
        Check.employee_id == employee_id, Check.kind == kind, Check.decided_at.is_not(None)
    )
    latest = query.order_by(Check.decided_at.desc(), Check.id.desc()).limit(1)
    return session.scalars(latest.execution_options(populate_existing=True)).first()


def something_stands(session: Session, loss: Trust) -> bool:
    """Whether any broken finding that this loss rested on was not overturned."""
    query = select(Check.id).where(
        Check.employee_id == loss.employee_id,
        Check.kind == loss.kind,
        Check.decided_at >= loss.lost_at,
        Check.state.in_(rules.STANDS),
    )
    return session.scalar(query.limit(1)) is not None


def follows_from(session: Session, loss: Trust) -> Sequence[Check]:
    """The undecided checks that there are only because trust was lost, by id."""
    query = select(Check).where(
        Check.employee_id == loss.employee_id,
        Check.kind == loss.kind,
        Check.why == "all_after_broken",
        Check.state.in_((CheckState.DRAWN, CheckState.OPEN)),
    )
    return session.scalars(query.order_by(Check.id)).all()


def losses_of(session: Session, employee_ids: Collection[int]) -> Mapping[int, Sequence[Trust]]:
    """By employee, in order: every time that trust was lost."""
    found: dict[int, list[Trust]] = {}
    query = select(Trust).where(Trust.employee_id == func.any(list(employee_ids)))
    for row in session.scalars(query.order_by(Trust.lost_at, Trust.id)):
        found.setdefault(row.employee_id, []).append(row)
    return found


def counts(losses: Sequence[Trust], approval: Approval, *, at: datetime) -> bool:
    """Whether a case that was asked without trust was rightly so, as was known then: a loss of
    which nothing stands any more has no consequence."""
    before = [
        row for row in losses if row.kind == approval.kind and row.lost_at <= approval.asked_at
    ]
    if not before or not before[-1].undone:
        return True
    restored_at = before[-1].restored_at
    return restored_at is None or restored_at > at
