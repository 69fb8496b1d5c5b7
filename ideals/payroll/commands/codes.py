"""The codes HR keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ideals import audit
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.payroll.commands.batches import lock_codes
from ideals.payroll.errors import CodeTooLate
from ideals.payroll.models import Batch, Code
from ideals.payroll.queries.codes import kept_codes
from ideals.payroll.rules.codes import Kept, check_code
from ideals.payroll.states import LineKind


@dataclass(frozen=True, slots=True)
class KeepCode:
    """From `first_month` on this goes under `code`. An empty `item` is all of the kind."""

    kind: LineKind
    item: str
    code: str
    name: str
    first_month: Month


def keep_code(session: Session, cmd: KeepCode, *, actor: Actor, now: datetime) -> Kept:
    """The same again changes nothing; another code from the same month replaces it.

    Raises `CodeRefused`, and `CodeTooLate` when the batch of that month or a later one was made.
    """
    new = Kept(cmd.kind, cmd.item, cmd.first_month, cmd.code.strip(), cmd.name.strip())
    lock_codes(session, shared=False)
    last = session.scalar(select(func.max(Batch.month)))
    if last is not None and last >= new.first_month:
        raise CodeTooLate(
            f"The batch of {last} was made; a code can change from {last.plus(1)} on",
            earliest=str(last.plus(1)),
        )
    kept = kept_codes(session)
    if new in kept:
        return new
    before = [
        each
        for each in kept
        if (each.kind, each.item) == (new.kind, new.item) and each.first_month <= new.first_month
    ]
    check_code(new, [each for each in kept if (each.kind, each.item) != (new.kind, new.item)])
    session.execute(
        update(Code)
        .where(
            Code.kind == new.kind,
            Code.item == new.item,
            Code.first_month == new.first_month,
            Code.superseded_at.is_(None),
        )
        .values(superseded_at=now)
    )
    session.add(
        Code(
            kind=new.kind,
            item=new.item,
            first_month=new.first_month,
            code=new.code,
            name=new.name,
            actor=actor.name,
            recorded_at=now,
        )
    )
    audit.record(
        session,
        "payroll.code_kept",
        f"payroll_code:{new.kind}:{new.item}",
        actor=actor,
        now=now,
        before=_told(max(before, key=lambda each: each.first_month)) if before else None,
        after=_told(new),
    )
    return new


def _told(kept: Kept) -> dict[str, str]:
    return {"code": kept.code, "name": kept.name, "first_month": str(kept.first_month)}
