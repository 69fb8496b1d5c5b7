"""An employee's leave by year of origin, from the ledger and the rows of the leave system."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from ideals.budgets.models import LeaveKept, LeaveLook, LeaveReminder
from ideals.budgets.queries.statement import Book, book, first_ledger_month, scheme_of_source
from ideals.budgets.rules.leave import (
    Days,
    LeaveBook,
    LeaveEntry,
    LeaveFacts,
    book_of,
    counts_since,
)
from ideals.db import array, driver
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import queries as ledger
from ideals.ledger.queries import Difference, Moved
from ideals.ledger.states import AccountKind, Reason
from ideals.people import queries as people
from ideals.people.commands import LEAVE_CHANGED
from ideals.people.models import Employee
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
        statutory = row.reason is Reason.ALLOCATION and schemes.is_statutory(row)
        entries[row.employee_id].append(_entry(row, statutory=statutory))
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


class Untaken(NamedTuple):
    """Leave taken in a month that the ledger does not show as the leave system tells it.

    `minutes` are still to be taken off, or, below zero, to be given back. `posted`: how many
    transfers of that month there are.
    """

    month: Month
    minutes: int
    posted: int


def not_posted(session: Session, employee_ids: Collection[int]) -> dict[int, list[Untaken]]:
    """By employee, for whom there is something; the earliest month first. One statement.

    Months that the ledger has no place for yet wait until it does.
    """
    found: dict[int, list[Untaken]] = {}
    for employee, month, should, has, posted in driver(session).execute(
        _NOT_POSTED, {"ids": array(employee_ids)}, prepare=False
    ):
        one = Untaken(Month.from_number(month), should - has, posted)
        found.setdefault(employee, []).append(one)
    return found


_DIFFERENCES = """
WITH begins AS (
    SELECT min(month) / 100 * 100 + 1 AS month, max(month) AS last FROM ledger_month
), moved AS ({moved}
), brought AS (
    SELECT employee_id, min(for_month) AS month
      FROM (SELECT employee_id, for_month FROM moved WHERE reason = 'opening'
             GROUP BY 1, 2 HAVING sum(minutes) <> 0) opened
     GROUP BY 1
), should AS (
    SELECT l.employee_id, l.month, sum(l.minutes)::bigint AS minutes
      FROM (SELECT employee_id, minutes,
                   (extract(year FROM day) * 100 + extract(month FROM day))::integer AS month
              FROM people_leave
             WHERE superseded_at IS NULL AND kind = 'taken' AND minutes > 0 AND {whose}) l
      LEFT JOIN brought b USING (employee_id)
     CROSS JOIN begins
     WHERE l.month BETWEEN coalesce(b.month, begins.month) AND begins.last
     GROUP BY 1, 2
), has AS (
    SELECT employee_id, for_month AS month, -sum(minutes)::bigint AS minutes, count(*) AS posted
      FROM moved WHERE reason = 'leave_taken' GROUP BY 1, 2
)
SELECT employee_id, month, coalesce(should.minutes, 0), coalesce(has.minutes, 0),
       coalesce(has.posted, 0)
  FROM should FULL JOIN has USING (employee_id, month)
 WHERE coalesce(should.minutes, 0) <> coalesce(has.minutes, 0)
 ORDER BY employee_id, month
"""
"""Leave taken as `rules.leave` says what counts, against what was posted. `moved` are rows of
employees' accounts in minutes, in or, below zero, out."""
_LOOKED_FOR = "reason IN ('leave_taken', 'opening') AND phase IN ('single', 'post')"
# Account by account down the indexes, as for what was allocated.
_NOT_POSTED = _DIFFERENCES.format(
    whose="employee_id = ANY(%(ids)s::bigint[])",
    moved=f"""
    SELECT a.employee_id, t.reason, t.for_month, t.minutes
      FROM ledger_account a
     CROSS JOIN LATERAL (
        SELECT reason, for_month, amount_minor AS minutes FROM ledger_transfer
         WHERE to_account = a.id AND {_LOOKED_FOR}
        UNION ALL
        SELECT reason, for_month, -amount_minor FROM ledger_transfer
         WHERE from_account = a.id AND {_LOOKED_FOR}
        OFFSET 0
     ) t
     WHERE a.employee_id = ANY(%(ids)s::bigint[]) AND a.kind IN ('leave', 'owed')
       AND a.unit = 'MIN'""",  # noqa: S608 - of the texts above alone
)


def people_of_leave(session: Session, first: int = 0, last: int = 2**63 - 1) -> list[int]:
    """Who has leave, or has taken some, with ids from the first through the last."""
    return list(session.scalars(text(_PEOPLE_OF_LEAVE), {"first": first, "last": last}))


_PEOPLE_OF_LEAVE = """
SELECT id FROM people_employee e
 WHERE id BETWEEN :first AND :last
   AND (EXISTS (SELECT FROM ledger_account a
                 WHERE a.employee_id = e.id AND a.kind = 'leave' AND a.unit = 'MIN')
     OR EXISTS (SELECT FROM people_leave l
                 WHERE l.employee_id = e.id AND l.superseded_at IS NULL))
 ORDER BY id
"""


def reminders_of(session: Session, employee_ids: Collection[int]) -> dict[int, list[LeaveReminder]]:
    found: dict[int, list[LeaveReminder]] = {}
    asked = LeaveReminder.employee_id == func.any(list(employee_ids))
    for reminder in session.scalars(select(LeaveReminder).where(asked)):
        found.setdefault(reminder.employee_id, []).append(reminder)
    return found


def kept() -> Select[*tuple[Any, ...]]:
    """Leave that expired and stays, for a list by name: number, name, expires_on, minutes, and
    when the employee was reminded last, `None` when never."""
    reminded = (
        select(func.max(LeaveReminder.reminded_on))
        .where(
            LeaveReminder.employee_id == LeaveKept.employee_id,
            LeaveReminder.expires_on == LeaveKept.expires_on,
        )
        .scalar_subquery()
    )
    return select(
        Employee.number,
        Employee.name,
        Employee.sort_name,
        Employee.id,
        LeaveKept.expires_on,
        LeaveKept.minutes,
        reminded.label("reminded_on"),
    ).join(Employee, Employee.id == LeaveKept.employee_id)


KEPT_ORDER = (Employee.sort_name, Employee.id, LeaveKept.expires_on)


def last_look(session: Session) -> date | None:
    """The day on which everybody's leave was looked at last."""
    return session.scalar(select(func.max(LeaveLook.day)))


def _days(rows: Iterable[LeaveRow], kind: LeaveKind) -> tuple[Days, ...]:
    return tuple(Days(row.day, row.minutes) for row in rows if row.kind is kind)


def _entry(row: Moved, *, statutory: bool) -> LeaveEntry:
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
        statutory,
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


# The proof


def prove_leave(session: Session) -> Iterable[Difference]:
    """What the leave system says was taken, by employee and month, is what the ledger took off.

    Of rows that wait to be posted nothing is asked.
    """
    waiting = set(session.scalars(text(_WAITS), {"waits": LEAVE_CHANGED}))
    for employee, month, expected, found, _ in session.execute(text(_PROVE)).all():
        if employee not in waiting:
            what = f"leave taken by employee {employee} in {Month.from_number(month)}, in minutes"
            yield Difference(what, str(expected), str(found))


_PROVE = _DIFFERENCES.format(
    whose="true",
    moved=f"""
    SELECT a.employee_id, t.reason, t.for_month, t.amount_minor AS minutes
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.to_account
     WHERE {_LOOKED_FOR} AND t.unit = 'MIN' AND a.employee_id IS NOT NULL
    UNION ALL
    SELECT a.employee_id, t.reason, t.for_month, -t.amount_minor
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.from_account
     WHERE {_LOOKED_FOR} AND t.unit = 'MIN' AND a.employee_id IS NOT NULL""",  # noqa: S608
)
_WAITS = """
SELECT DISTINCT l.employee_id
  FROM outbox_message m
  JOIN people_leave l ON l.id BETWEEN (m.payload ->> 'first_id')::bigint
                                  AND (m.payload ->> 'last_id')::bigint
 WHERE m.name = :waits AND m.done_at IS NULL
"""
