"""Whether somebody's cases of a kind take effect at once, as the policy has it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ideals.approvals.states import Kind


def trusted(session: Session, employee_id: int, kind: Kind) -> bool:
    del session, employee_id, kind
    return True
