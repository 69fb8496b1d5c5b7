"""What HR is told of a close."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ideals.kernel.actor import Actor, Role
from ideals.kernel.month import Month
from ideals.notices import commands as notices

CLOSED = "month.closed"


def tell_closed(
    session: Session, month: Month, skipped: int, *, actor: Actor, now: datetime
) -> None:
    """That a month is sealed, and how many employees its close had to leave as they were."""
    cmd = notices.Tell(
        kind=CLOSED,
        subject=f"month:{month}",
        key=f"month:{month}:closed",
        role=Role.HR,
        data={"month": str(month), "skipped": skipped},
    )
    notices.tell(session, cmd, actor=actor, now=now)
