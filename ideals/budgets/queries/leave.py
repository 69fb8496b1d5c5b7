"""An employee's leave by year of origin, from the ledger and the rows of the leave system."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from sqlalchemy.orm import Session

from ideals.budgets.queries.statement import Book, book, first_ledger_month, scheme_of_source
from ideals.budgets.rules.leave import (
    Days,
    LeaveBook,
    LeaveEntry,
    LeaveFacts,
    book_of,
    counts_since,
)
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import queries as ledger
from ideals.ledger.queries import Moved
from ideals.ledger.states import AccountKind, Reason
from ideals.people import queries as people
from ideals.people.queries import LeaveRow
from ideals.people.states import LeaveKind
from ideals.schemes.rules.scheme import LeaveRules

ACCOUNTS = (AccountKind.LEAVE, AccountKind.OWED)
REASONS = tuple(set(Reason) - {Reason.LEAVE_TAKEN, Reason.SET_OFF})
"""What changes lots. What was taken is said by the leave system, day by day; and what is set off
moves between the two accounts of one employee."""
EVER = (date.min, date.max)


def leave_of(session: Session, employee_id: int, on: date) -> LeaveBook:
    """An employee's leave by year of origin, as it is known now. `on`: today, to tell what is past
    from what is to come."""
    return leave_books(session, [employee_id], on)[employee_id]


def leave_books(session: Session, employee_ids: Collection[int], on: date) -> dict[int, LeaveBook]:
    """The books of all of them, in as many statements as one takes."""
    fed = people.leave_is_fed(session)
    facts = leave_facts(session, employee_ids)
    return {employee: book_of(each, on, fed=fed) for employee, each in facts.items()}


def leave_facts(session: Session, employee_ids: Collection[int]) -> dict[int, LeaveFacts]:
    """What the books of these employees are worked out from; five statements."""
    moved = ledger.moved(session, employee_ids, ACCOUNTS, Unit.MIN, reasons=REASONS)
    schemes = _Schemes(session, employee_ids, moved)
    begin = first_ledger_month(session)
    entries: dict[int, list[LeaveEntry]] = {employee: [] for employee in employee_ids}
    for row in moved:
        entries[row.employee_id].append(_entry(row, schemes))
    rows: dict[int, list[LeaveRow]] = {employee: [] for employee in employee_ids}
    for leave in people.leave_between(session, employee_ids, *EVER):
        rows[leave.employee_id].append(leave)
    return {
        employee: LeaveFacts(
            since=counts_since(of_employee, begin),
            entries=tuple(of_employee),
            taken=_days(rows[employee], LeaveKind.TAKEN),
            planned=_days(rows[employee], LeaveKind.PLANNED),
            rules=schemes.rules_of(employee, {entry.for_month.year for entry in of_employee}),
        )
        for employee, of_employee in entries.items()
    }


def _days(rows: Iterable[LeaveRow], kind: LeaveKind) -> tuple[Days, ...]:
    return tuple(Days(row.day, row.minutes) for row in rows if row.kind is kind)


def _entry(row: Moved, schemes: _Schemes) -> LeaveEntry:
    return LeaveEntry(
        row.id,
        row.for_month,
        # By the clock of the world: which hours of the night it was, decides nothing here.
        row.happened_at.date(),
        row.account,
        row.reason,
        row.code,
        row.source,
        row.minor,
        row.reverses_id,
        row.reason is Reason.ALLOCATION and schemes.is_statutory(row),
    )


class _Schemes:
    """What the schemes of some employees say about leave, month by month."""

    def __init__(
        self, session: Session, employee_ids: Collection[int], moved: Iterable[Moved]
    ) -> None:
        years = {row.for_month.year for row in moved}
        self._of: dict[int, list[tuple[date, str]]] = {}
        if years:
            span = (date(min(years), 1, 1), date(max(years), 12, 31))
            for row in people.employments_between(session, employee_ids, *span):
                self._of.setdefault(row.employee_id, []).append((row.valid_from, row.scheme))
        codes = {scheme for rows in self._of.values() for _, scheme in rows}
        codes |= {code for row in moved if (code := scheme_of_source(row.source))}
        self._book: Book = book(session, codes)
        self._statutory: dict[tuple[str, str | None, Month], bool] = {}

    def is_statutory(self, row: Moved) -> bool:
        """Whether the scheme whose run granted it says so in that month."""
        scheme = scheme_of_source(row.source) or ""
        key = (scheme, row.code, row.for_month)
        if key not in self._statutory:
            found = self._book.at(scheme, row.for_month)
            grants = found.hours if found is not None else ()
            self._statutory[key] = any(g.statutory for g in grants if g.code == row.code)
        return self._statutory[key]

    def rules_of(self, employee_id: int, years: Collection[int]) -> Mapping[int, LeaveRules]:
        """By year: of the scheme that somebody had at the end of it, as it was in December."""
        rules = {}
        for year in years:
            schemes = [
                scheme
                for valid_from, scheme in self._of.get(employee_id, ())
                if valid_from.year <= year
            ]
            found = self._book.at(schemes[-1], Month(year, 12)) if schemes else None
            if found is not None:
                rules[year] = found.leave
        return rules
