"""The codes HR keeps, and the things that need one."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.payroll.models import Code
from ideals.payroll.rules.codes import Kept
from ideals.payroll.states import LineKind


def kept_codes(session: Session) -> list[Kept]:
    rows = session.scalars(
        select(Code)
        .where(Code.superseded_at.is_(None))
        .order_by(Code.kind, Code.item, Code.first_month)
    )
    return [Kept(LineKind(row.kind), row.item, row.first_month, row.code, row.name) for row in rows]
