"""What a chunk comes to: should minus has, for each of its employees.

A file of its own because it is neither shown (queries) nor written (commands), and because it is
the hot path: everything here works on sets of employees and plain tuples.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import any_, select
from sqlalchemy.orm import Session

from ideals.budgets import queries, rules
from ideals.budgets.models import Run
from ideals.budgets.rules import Entry
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import queries as ledger
from ideals.ledger.models import Account
from ideals.ledger.states import AccountKind
from ideals.schemes import queries as schemes
from ideals.schemes.facts import facts_for
from ideals.schemes.rules.owed import owed_amounts, owed_hours
from ideals.schemes.rules.scheme import Moment, Scheme

ACCOUNT_OF = {Unit.EUR: AccountKind.BUDGET, Unit.MIN: AccountKind.LEAVE}
"""Which account of the employee an allocation of a unit comes to."""


@dataclass(slots=True)
class Work:
    """What a chunk came to. `changes`: only employees with a difference.

    `skipped`: (code, reason) by employee. `change_ids`: the marks that brought earlier months in.
    `debtors`: those of `changes` who stand in debt. `last_month_run`: the scheme's latest so far.
    """

    last_month_run: Month
    changes: dict[int, dict[Entry, int]] = field(default_factory=dict)
    skipped: dict[int, tuple[str, str]] = field(default_factory=dict)
    change_ids: dict[int, list[int]] = field(default_factory=dict)
    debtors: set[int] = field(default_factory=set)


def compute(session: Session, run: Run, employee_ids: list[int]) -> Work:
    """Should minus has, for every employee of a chunk: own month for all, earlier for the marked.

    An employee whose facts are incomplete or whose formula fails is skipped, and only that one.
    """
    ran = sorted(queries.months_run(session, run.scheme) | {run.month})
    work = Work(last_month_run=ran[-1])
    marks = queries.unsettled(session, run.scheme, employee_ids, run.month)
    work.change_ids = {employee: changes for employee, (_, changes) in marks.items()}
    months = [month for month in ran if month <= run.month]
    for group, members in _grouped(run, months, employee_ids, marks).items():
        _compute_group(session, run, months[group.start :], members, work, marked=group.marked)
    if work.changes:
        work.debtors = _debtors(session, list(work.changes))
    return work


class _Group(NamedTuple):
    """Employees computed together: from which of the months on, and whether their facts changed."""

    start: int
    marked: bool


def _grouped(
    run: Run,
    months: list[Month],
    employee_ids: list[int],
    marks: Mapping[int, tuple[Month, list[int]]],
) -> dict[_Group, list[int]]:
    """The unmarked look at their own month only, the marked from the month that changed."""
    everybody = run.recheck_from or run.month
    groups: dict[_Group, list[int]] = {}
    for employee in employee_ids:
        mark = marks.get(employee)
        since = everybody if mark is None else min(mark[0], everybody)
        group = _Group(bisect_left(months, since), mark is not None)
        groups.setdefault(group, []).append(employee)
    return groups


def _compute_group(
    session: Session,
    run: Run,
    months: list[Month],
    members: list[int],
    work: Work,
    *,
    marked: bool,
) -> None:
    versions = [(month, schemes.scheme_for(session, run.scheme, month)) for month in months]
    plan = [(month, scheme) for month, scheme in versions if scheme is not None]
    grants = [(month, scheme) for month, scheme in plan if _grants_due(scheme, month, marked)]
    people = facts_for(session, members, plan, known_at=run.known_at)
    entries_of = _has(session, run, members, plan, grants)
    entries = {
        (month, component.code): Entry(month.number, component.code, Unit.EUR)
        for month, scheme in plan
        for component in scheme.components
    }
    for person in people:
        should: dict[Entry, int] = {}
        try:
            for month, scheme in plan:
                for code, minor in owed_amounts(scheme, person, month):
                    should[entries[month, code]] = minor
            for month, scheme in grants:
                for code, for_month, minor in owed_hours(scheme, person, month):
                    should[Entry(for_month.number, code, Unit.MIN)] = minor
        except IdealsError as error:
            work.skipped[person.employee_id] = (error.code, error.message)
            continue
        changes = rules.differences(should, entries_of.get(person.employee_id, {}))
        if changes:
            work.changes[person.employee_id] = changes


def _grants_due(scheme: Scheme, month: Month, marked: bool) -> bool:
    """A yearly grant is looked at in January, when its version begins, and for who changed."""
    return any(
        marked or grant.moment is Moment.MONTHLY or month.month == 1 or scheme.version == month
        for grant in scheme.hours
    )


def _has(
    session: Session,
    run: Run,
    members: list[int],
    plan: list[tuple[Month, Scheme]],
    grants: list[tuple[Month, Scheme]],
) -> dict[int, dict[Entry, int]]:
    """What has been allocated by this scheme's runs for exactly the entries that are computed."""
    granted = {grant.for_month(month) for month, scheme in grants for grant in scheme.hours}
    has: dict[int, dict[Entry, int]] = {}
    for unit, wanted in ((Unit.EUR, {month for month, _ in plan}), (Unit.MIN, granted)):
        if not wanted:
            continue
        owner = {
            account: employee
            for kind in (ACCOUNT_OF[unit], AccountKind.OWED)
            for employee, account in ledger.accounts_of(session, members, kind, unit).items()
        }
        rows = ledger.allocated(session, list(owner), wanted, source_prefix=f"run:{run.scheme}:")
        for (account, code, month), minor in rows.items():
            entries = has.setdefault(owner[account], {})
            entry = Entry(month.number, code or "", unit)
            entries[entry] = entries.get(entry, 0) + minor
    return has


def _debtors(session: Session, employee_ids: list[int]) -> set[int]:
    return set(
        session.scalars(
            select(Account.employee_id).where(
                Account.employee_id == any_(queries.among(employee_ids)),
                Account.kind == AccountKind.OWED,
                Account.posted_minor < 0,
            )
        )
    )
