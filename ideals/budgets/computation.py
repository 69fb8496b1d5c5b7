"""What a chunk comes to: should minus has, for each of its employees.

A file of its own because it is neither shown (queries) nor written (commands), and because it is
the hot path: everything here works on sets of employees and plain tuples.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.orm import Session

from ideals.budgets import queries, rules
from ideals.budgets.errors import LookOvertaken
from ideals.budgets.models import Run
from ideals.budgets.queries import runs as run_queries
from ideals.budgets.queries.parts import parts_for
from ideals.budgets.queries.runs import EmployeeDifference
from ideals.budgets.rules import Entry
from ideals.budgets.rules.parts import Part, owed_parts
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import queries as ledger
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
    `debtors`: who stands in debt. `accounts`: by unit, who has one already. `last_month_run`: the
    scheme's latest so far.
    """

    last_month_run: Month
    changes: dict[int, dict[Entry, int]] = field(default_factory=dict)
    skipped: dict[int, tuple[str, str]] = field(default_factory=dict)
    change_ids: dict[int, list[int]] = field(default_factory=dict)
    debtors: set[int] = field(default_factory=set)
    accounts: dict[Unit, dict[int, int]] = field(default_factory=lambda: {u: {} for u in Unit})


def compute(session: Session, run: Run, employee_ids: list[int]) -> Work:
    """Should minus has, for every employee of a chunk: own month for all, earlier for the marked.

    An employee whose facts are incomplete or whose formula fails is skipped, and only that one.
    """
    ran = sorted(queries.months_run(session, run.scheme) | {run.month})
    work = Work(last_month_run=ran[-1])
    marks = queries.unsettled(
        session, run.scheme, employee_ids, run.month, through=run.changes_through
    )
    work.change_ids = {employee: changes for employee, (_, changes) in marks.items()}
    months = [month for month in ran if month <= run.month]
    for group, members in _grouped(run, months, employee_ids, marks).items():
        _compute_group(session, run, months[group.start :], members, work, marked=group.marked)
    return work


def differences_for(
    session: Session, run: Run, employee_ids: list[int]
) -> list[EmployeeDifference]:
    """What a run did to each of these employees, in their order; nothing for whom it changed not.

    A look keeps no amounts of people: what it found is worked out again, by what was known then.
    Raises `LookOvertaken` when that is no longer what the look showed.
    """
    if not run.look:
        return run_queries.posted_differences(session, run, employee_ids)
    if posted := run_queries.posted_since(session, run):
        raise LookOvertaken(
            f"{posted.source} was started after this look; see what that run did, or look again",
            run=str(posted.id),
        )
    changes = compute(session, run, employee_ids).changes
    names = run_queries.names_of(session, changes)
    return [
        EmployeeDifference(
            *names[employee], Month.from_number(entry.for_month), entry.code, entry.unit, minor
        )
        for employee in employee_ids
        if employee in changes
        for entry, minor in sorted(changes[employee].items())
    ]


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
    entries_of = _has(session, run, members, plan, grants, work)
    parts_of = _parts(session, run, members, plan)
    monthly = [(month, scheme, _entries(scheme, month)) for month, scheme in plan]
    for person in people:
        should: dict[Entry, int] = {}
        try:
            for month, scheme, entry_of in monthly:
                for code, minor in owed_amounts(scheme, person, month):
                    should[entry_of[code]] = minor
                if parts := parts_of.get(person.employee_id):
                    for code, minor in owed_parts(scheme, person, month, parts).items():
                        should[Entry(month.number, code, Unit.EUR)] = minor
            for month, scheme in grants:
                for code, for_month, minor in owed_hours(scheme, person, month):
                    should[Entry(for_month.number, code, Unit.MIN)] = minor
        except IdealsError as error:
            work.skipped[person.employee_id] = (error.code, error.message)
            continue
        changes = rules.differences(should, entries_of.get(person.employee_id, {}))
        if changes:
            work.changes[person.employee_id] = changes


def _parts(
    session: Session, run: Run, members: list[int], plan: list[tuple[Month, Scheme]]
) -> dict[int, list[Part]]:
    """Personal parts of the months, as the run knows them."""
    if not plan:
        return {}
    months = [month for month, _ in plan]
    return parts_for(session, members, min(months), max(months), known_at=run.known_at)


def _entries(scheme: Scheme, month: Month) -> dict[str, Entry]:
    """Made once for all employees of a group."""
    return {each.code: Entry(month.number, each.code, Unit.EUR) for each in scheme.components}


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
    work: Work,
) -> dict[int, dict[Entry, int]]:
    """What has been allocated by this scheme's runs for exactly the entries that are computed.

    The accounts and debts seen on the way are noted in `work`.
    """
    granted = {grant.for_month(month) for month, scheme in grants for grant in scheme.hours}
    has: dict[int, dict[Entry, int]] = {}
    for unit, wanted in ((Unit.EUR, {month for month, _ in plan}), (Unit.MIN, granted)):
        if not wanted:
            continue
        kinds = (ACCOUNT_OF[unit], AccountKind.OWED)
        owner: dict[int, int] = {}
        for employee, kind, account, minor in ledger.accounts_with_balance(
            session, members, kinds, unit
        ):
            owner[account] = employee
            if kind is not AccountKind.OWED:
                work.accounts[unit][employee] = account
            elif minor < 0:
                work.debtors.add(employee)
        rows = ledger.allocated(session, list(owner), wanted, source_prefix=f"run:{run.scheme}:")
        for (account, code, month), minor in rows.items():
            entries = has.setdefault(owner[account], {})
            entry = Entry(month.number, code or "", unit)
            entries[entry] = entries.get(entry, 0) + minor
    return has
