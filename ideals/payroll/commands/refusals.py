"""Lines that payroll sent back: each becomes a task for HR, who takes it back or keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals import commands as approvals
from ideals.approvals.models import Approval
from ideals.approvals.states import Decision, Kind, State
from ideals.kernel.actor import Actor
from ideals.kernel.ids import fact_transfer_id, new_id
from ideals.kernel.month import Month
from ideals.kernel.said import say as _
from ideals.kernel.tabular import FileUnusable, open_table
from ideals.ledger import commands as ledger
from ideals.ledger.errors import MonthSealed
from ideals.ledger.queries import open_month
from ideals.notices.commands import Tell, tell
from ideals.payroll import queries
from ideals.payroll.commands.batches import BATCH_LOCKS
from ideals.payroll.errors import NothingToReverse, RefusalDecided
from ideals.payroll.models import Line, Refusal
from ideals.payroll.queries.claims import Claimed
from ideals.payroll.queries.lines import claimed_by, is_charge, order_of, rows_to_take_back
from ideals.payroll.queries.refusals import (
    Named,
    ids_in,
    lines_named,
    lock_refusal,
    refusals_of_lines,
)
from ideals.payroll.rules.files import Fault, RefusedRow, read_refusals, says_amount
from ideals.payroll.states import RefusalState
from ideals.shop import commands as shop
from ideals.shop import queries as shop_queries
from ideals.shop.commands.commitments import ReverseCharge, reverse_charge
from ideals.shop.states import OrderState

SUBJECT = "payroll_refusal"
"""The word before the colon of an approval's subject and a reversal's source."""
REVERSED = "payroll.reversed"
"""The notice that something was taken back."""
_REFUSALS = 2

# Taking the file ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TakeRefusals:
    """`source`: a path, or a seekable binary stream, about the batch of `month`."""

    month: Month
    source: Path | BinaryIO
    file_name: str


@dataclass(frozen=True, slots=True)
class RefusalReport:
    """What became of a file: tasks that are `new`, lines that were sent back before (`known`), and
    rows that fit no line."""

    month: Month
    file_name: str
    rows: int
    new: int
    known: int
    faults: tuple[Fault, ...]


def take_refusals(
    session: Session, cmd: TakeRefusals, *, actor: Actor, now: datetime
) -> RefusalReport:
    """Make a task of each line that a row names. The same file again changes nothing.

    Raises `BatchUnknown`, and `FileUnusable` for a file that cannot be read at all.
    """
    batch = queries.access_batch(session, cmd.month, actor=actor)
    faults: list[Fault] = []
    with open_table(cmd.source) as table:
        rows = read_refusals(table, faults)
    count = len(rows) + len(faults)
    if not count:
        raise FileUnusable("The file has the names of columns but no rows below them")
    session.execute(select(func.pg_advisory_xact_lock(BATCH_LOCKS, _REFUSALS)))
    found = list(_matched(session, batch.month, rows, faults))
    before = refusals_of_lines(session, batch.month, {line.line for _row, line in found})
    new = 0
    for row, line in found:
        known = before.setdefault(line.line, [])
        if _is_new(row, known):
            known.append(_refuse(session, cmd, row, line, actor=actor, now=now))
            new += 1
    if new:
        audit.record(
            session,
            "payroll.refusals_taken",
            f"month:{cmd.month}",
            actor=actor,
            now=now,
            file=cmd.file_name,
            rows=count,
            new=new,
        )
    faults.sort(key=lambda fault: fault.row)
    return RefusalReport(batch.month, cmd.file_name, count, new, len(found) - new, tuple(faults))


def _matched(
    session: Session, month: Month, rows: Sequence[RefusedRow], faults: list[Fault]
) -> Iterator[tuple[RefusedRow, Named]]:
    """Each row with the lines it means; a row that means none joins `faults`."""
    by_name: dict[tuple[str, str], list[Named]] = {}
    for line in lines_named(session, month, {(row.number, row.code) for row in rows}):
        by_name.setdefault((line.number, line.code), []).append(line)
    for row in rows:
        named = by_name.get((row.number, row.code), [])
        fitting = [line for line in named if says_amount(row, line.unit, line.minor)]
        yield from ((row, line) for line in fitting)
        if not fitting:
            why = (
                _("The line of this number and code has another amount; look at the batch")
                if named
                else _("The batch of %(month)s has no line of this number and code", month=month)
            )
            faults.append(Fault(row.place, row.number, why))


def _is_new(row: RefusedRow, before: Iterable[Refusal]) -> bool:
    """Not while the line waits, not once it is taken back, not for a reason that was answered."""
    return all(
        refusal.state == RefusalState.KEPT and refusal.reason != row.reason for refusal in before
    )


def _refuse(
    session: Session,
    cmd: TakeRefusals,
    row: RefusedRow,
    line: Named,
    *,
    actor: Actor,
    now: datetime,
) -> Refusal:
    refusal = Refusal(
        id=new_id(),
        month=cmd.month,
        line=line.line,
        reason=row.reason,
        state=RefusalState.OPEN,
        file_name=cmd.file_name,
        reported_by=actor.name,
        reported_at=now,
    )
    session.add(refusal)
    task = approvals.Ask(
        id=refusal.id,
        kind=Kind.TODO,
        subject=refusal.source,
        employee_id=line.employee_id,
        facts={"about": "payroll"},
        what=_WHAT,
    )
    approvals.ask(session, task, actor=actor, now=now)
    return refusal


_WHAT = {
    "en": "Payroll sent a line back",
    "nl": "De salarisadministratie stuurde een regel terug",
}


# Deciding -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DecideRefusal:
    """`reverse`: take back what the line stands for; otherwise it stays, for this reason."""

    refusal_id: UUID
    reverse: bool
    reason: str = ""


def decide_refusal(session: Session, cmd: DecideRefusal, *, actor: Actor, now: datetime) -> None:
    """HR's word, on the task that it is. Raises what `approvals.decide` does, and what `decided`
    does."""
    decision = Decision.APPROVE if cmd.reverse else Decision.REFUSE
    task = approvals.Decide(cmd.refusal_id, decision, cmd.reason)
    approvals.decide(session, task, actor=actor, now=now)


def lock_before_decision(session: Session, subject: str) -> None:
    """A reversal is booked in the open month: nobody seals it meanwhile."""
    del subject
    lock_open_month(session)


def lock_open_month(session: Session) -> Month:
    while True:
        month = open_month(session)
        try:
            ledger.lock_month(session, month)
        except MonthSealed:
            continue  # sealed while we waited: the next one takes it
        return month


def decided(session: Session, approval: Approval, *, actor: Actor, now: datetime) -> None:
    """Registered with the approvals. Approved, the line is taken back; refused, it stays.

    Raises `NothingToReverse`, `RefusalDecided`, and what reversing may raise.
    """
    (refusal_id,) = ids_in([approval.subject]).values()
    refusal = lock_refusal(session, refusal_id)
    if refusal.state != RefusalState.OPEN:
        raise RefusalDecided("HR decided about this line before", state=refusal.state)
    if approval.state == State.APPROVED:
        _take_back(session, refusal, actor=actor, now=now)
        refusal.state = RefusalState.REVERSED
    else:
        refusal.state = RefusalState.KEPT
    refusal.note = approval.reason
    refusal.decided_by, refusal.decided_at = actor.name, now


def _take_back(session: Session, refusal: Refusal, *, actor: Actor, now: datetime) -> None:
    """Orders and charges as what they are, which know what belongs to them; all else row by row."""
    line = queries.line_of(session, refusal.month, refusal.line)
    claimed = [one for one in claimed_by(session, line) if one.id is not None]
    orders = {id_ for one in claimed if (id_ := order_of(one.origin)) is not None}
    charges = {one.origin for one in claimed if is_charge(one.origin)}
    others = [one for one in claimed if order_of(one.origin) is None and one.origin not in charges]
    ended = sum(_order_back(session, id_, refusal, actor=actor, now=now) for id_ in sorted(orders))
    month = lock_open_month(session)
    moved = _charges_back(session, sorted(charges), month, refusal, actor=actor, now=now)
    if others:
        moved += _rows_back(session, line, others, month, refusal, actor=actor, now=now)
    if moved:
        _tell(session, line, refusal, actor=actor, now=now)
    if not ended and not moved:
        raise NothingToReverse(
            "Nothing of this line can be taken back here: it has no transfers, or they were taken "
            "back before. Keep it, and say why"
        )


def _order_back(
    session: Session, order_id: UUID, refusal: Refusal, *, actor: Actor, now: datetime
) -> int:
    """How many orders ended: none when it had ended before. The shop tells who ordered it."""
    if shop_queries.order_of(session, order_id).state != OrderState.POSTED:
        return 0
    cmd = shop.ReverseOrder(order_id, refusal.reason, refusal.source)
    shop.reverse_order(session, cmd, actor=actor, now=now)
    return 1


def _charges_back(
    session: Session,
    charged: Sequence[str],
    month: Month,
    refusal: Refusal,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """How many charges went back: with each what was kept back from pay for it."""
    return sum(
        reverse_charge(session, ReverseCharge(source, month, refusal.source), actor=actor, now=now)
        for source in charged
    )


def _rows_back(
    session: Session,
    line: Line,
    others: Sequence[Claimed],
    month: Month,
    refusal: Refusal,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    standing = rows_to_take_back(session, line, others)
    for id_ in standing:
        new = fact_transfer_id(month, refusal.source, id_)
        cmd = ledger.ReverseTransfer(new, id_, month, refusal.source)
        ledger.reverse_transfer(session, cmd, actor=actor, now=now)
    return len(standing)


def _tell(session: Session, line: Line, refusal: Refusal, *, actor: Actor, now: datetime) -> None:
    cmd = Tell(
        kind=REVERSED,
        subject=refusal.source,
        key=f"{refusal.source}:{REVERSED}",
        employee_ids=[line.employee_id],
        data={"month": str(line.month), "reason": refusal.reason},
    )
    tell(session, cmd, actor=actor, now=now)
