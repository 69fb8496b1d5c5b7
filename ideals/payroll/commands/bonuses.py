"""Performance bonuses from the file HR sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from ideals import audit
from ideals.kernel.actor import Actor
from ideals.kernel.errors import Conflict
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.said import Said
from ideals.kernel.said import say as _
from ideals.kernel.tabular import FileUnusable, open_table
from ideals.ledger.commands import lock_month
from ideals.ledger.errors import MonthSealed
from ideals.payroll.commands.batches import BATCH_LOCKS
from ideals.payroll.models import Bonus
from ideals.payroll.queries.bonuses import bonuses_in_force, month_salaries
from ideals.payroll.rules.bonus import largest_bonus
from ideals.payroll.rules.files import BonusRow, Fault, read_bonuses
from ideals.people.queries import known_number_ids

_BONUSES = 1
_Key = tuple[int, Month]


@dataclass(frozen=True, slots=True)
class UploadBonuses:
    """`source`: a path, or a seekable binary stream."""

    source: Path | BinaryIO
    file_name: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class BonusReport:
    """What a file did, or would do. With a wrong row nothing is taken."""

    file_name: str
    applied: bool
    rows: int
    new: int
    changed: int
    unchanged: int
    faults: tuple[Fault, ...]


def upload_bonuses(
    session: Session, cmd: UploadBonuses, *, actor: Actor, now: datetime
) -> BonusReport:
    """Take the bonuses of open months. A second file replaces what it names; 0 takes it away.

    Raises `FileUnusable` for a file that cannot be read at all.
    """
    faults: list[Fault] = []
    with open_table(cmd.source) as table:
        rows = read_bonuses(table, faults)
    count = len(rows) + len(faults)
    if not count:
        raise FileUnusable("The file has the names of columns but no rows below them")
    rows = _of_open_months(session, rows, faults)
    session.execute(select(func.pg_advisory_xact_lock(BATCH_LOCKS, _BONUSES)))
    wanted = _checked(session, rows, faults)
    report = _compared(session, cmd, count, wanted, faults)
    if report.applied:
        _apply(session, wanted, actor, now)
        audit.record(
            session,
            "payroll.bonuses_uploaded",
            f"file:{cmd.file_name}",
            actor=actor,
            now=now,
            rows=report.rows,
            new=report.new,
            changed=report.changed,
        )
    return report


def _of_open_months(
    session: Session, rows: Iterable[BonusRow], faults: list[Fault]
) -> list[BonusRow]:
    """Rows of months that cannot be sealed until the commit; of the others there are faults."""
    by_month: dict[Month, list[BonusRow]] = {}
    for row in rows:
        by_month.setdefault(row.month, []).append(row)
    good: list[BonusRow] = []
    for month, its_rows in sorted(by_month.items()):
        try:
            lock_month(session, month)
        except Conflict as refused:
            why = (
                _("%(month)s is sealed and went to payroll; use the open month", month=month)
                if isinstance(refused, MonthSealed)
                else _("%(month)s is not open yet; send it when it is near", month=month)
            )
            faults += [Fault(row.place, row.number, why) for row in its_rows]
        else:
            good += its_rows
    return good


def _checked(
    session: Session, rows: Iterable[BonusRow], faults: list[Fault]
) -> dict[_Key, BonusRow]:
    """What is right, by employee and month; what is not joins `faults`."""
    rows = list(rows)
    employees = known_number_ids(session, {row.number for row in rows})
    wanted: dict[_Key, BonusRow] = {}
    for row in rows:
        employee = employees.get(row.number)
        if employee is None:
            why = _("There is no employee with this number; send the people file first")
            faults.append(Fault(row.place, row.number, why))
        elif (first := wanted.setdefault((employee, row.month), row)) is not row:
            why = _("Row %(row)s names the same employee and month; add them up", row=first.place)
            faults.append(Fault(row.place, row.number, why))
    for month in sorted({month for _employee, month in wanted}):
        employed = [employee for employee, its in wanted if its == month]
        salaries = month_salaries(session, employed, month)
        for employee in employed:
            row = wanted[employee, month]
            if (wrong := _wrong_amount(row, salaries.get(employee))) is not None:
                faults.append(Fault(row.place, row.number, wrong))
                del wanted[employee, month]
    return wanted


def _wrong_amount(row: BonusRow, month_salary: int | None) -> Said | None:
    if month_salary is None:
        return _("Nobody with this number was employed in %(month)s", month=row.month)
    most = largest_bonus(month_salary)
    if row.amount_minor <= most:
        return None
    return _(
        "%(amount)s is more than 20%% of twelve monthly salaries, %(most)s",
        amount=Money(row.amount_minor),
        most=Money(most),
    )


def _compared(
    session: Session,
    cmd: UploadBonuses,
    count: int,
    wanted: Mapping[_Key, BonusRow],
    faults: list[Fault],
) -> BonusReport:
    known = _known(session, wanted)
    new = sum(key not in known and row.amount_minor > 0 for key, row in wanted.items())
    changed = sum(
        key in known and known[key].amount_minor != row.amount_minor for key, row in wanted.items()
    )
    faults.sort(key=lambda fault: fault.row)
    return BonusReport(
        file_name=cmd.file_name,
        applied=not faults and not cmd.dry_run,
        rows=count,
        new=new,
        changed=changed,
        unchanged=len(wanted) - new - changed,
        faults=tuple(faults),
    )


def _known(session: Session, wanted: Mapping[_Key, BonusRow]) -> dict[_Key, Bonus]:
    months = {month for _employee, month in wanted}
    return bonuses_in_force(session, {employee for employee, _month in wanted}, months)


def _apply(session: Session, wanted: Mapping[_Key, BonusRow], actor: Actor, now: datetime) -> None:
    known = _known(session, wanted)
    gone = [
        known[key].id
        for key, row in wanted.items()
        if key in known and known[key].amount_minor != row.amount_minor
    ]
    session.execute(update(Bonus).where(Bonus.id == func.any(gone)).values(superseded_at=now))
    new = [
        {
            "employee_id": employee,
            "month": month,
            "amount_minor": row.amount_minor,
            "actor": actor.name,
            "recorded_at": now,
        }
        for (employee, month), row in wanted.items()
        if row.amount_minor
        and ((employee, month) not in known or known[employee, month].id in gone)
    ]
    if new:
        session.execute(insert(Bonus), new)
