"""What an allocation run does: whom it looks at, what it posts for a chunk, what it settles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from ideals.budgets import computation, queries, rules
from ideals.budgets.errors import BeforeFirstMonth, MonthTooFarAhead, NoSchemeInForce
from ideals.budgets.models import Run, SettledChange
from ideals.budgets.rules import Worked
from ideals.kernel.ids import fact_tag, run_transfer_pattern
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.kernel.registry import Registry
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.states import AccountKind
from ideals.people import commands as people
from ideals.people.models import FactChange
from ideals.schemes import queries as schemes

MONTHS_AHEAD = 12
"""A run further ahead than that is a slip of the keyboard."""
Follow = Callable[[Session, Run, datetime], None]
AFTER_ALLOCATION: Registry[Follow] = Registry("start what follows an allocation")
"""Called for each run that posted, in the transaction that ends it."""


def check_may_start(session: Session, scheme_code: str, month: Month, now: datetime) -> None:
    """Raises `NoSchemeInForce`, `BeforeFirstMonth` or `MonthTooFarAhead`."""
    scheme = schemes.scheme_for(session, scheme_code, month)
    if scheme is None:
        raise NoSchemeInForce(
            f"scheme {scheme_code!r} has no version in force in {month}",
            scheme=scheme_code,
            month=str(month),
        )
    if month < scheme.first_month:
        raise BeforeFirstMonth(
            f"scheme {scheme_code!r} begins in {scheme.first_month}: {month} is not owed",
            month=str(month),
            first_month=str(scheme.first_month),
        )
    latest = Month.of(now.date()).plus(MONTHS_AHEAD)
    if month > latest:
        raise MonthTooFarAhead(
            f"{month} is too far ahead; the latest month that can be allocated is {latest}",
            month=str(month),
            latest=str(latest),
        )


def plan(session: Session, run: Run) -> list[int]:
    """Note what the run knows, and answer whom it looks at."""
    # Nobody is in the middle of an import: what this run knows is all there is.
    people.lock_facts(session, shared=False)
    run.changes_through = queries.last_change(session)
    run.recheck_from = queries.republished_from(session, run)
    for unit, kind in computation.ACCOUNT_OF.items():
        ledger.employer_account(session, kind, unit)
    return queries.population(session, run)


def work(session: Session, run: Run, employee_ids: list[int], now: datetime) -> Worked:
    """Compute what should be, and post the difference with what is; a look posts nothing."""
    if not run.look:
        run.booked_in = _lock_booking_month(session, run)
    found = computation.compute(session, run, employee_ids)
    transfers = 0
    if not run.look:
        transfers = _post(session, run, found, now=now)
        _settle_changes(session, run, found)
    return Worked(found.skipped, transfers, len(found.changes), _summary(run, found))


def mark_skipped(session: Session, run: Run, employee_ids: Collection[int], now: datetime) -> None:
    """So that the next run looks at this month again."""
    if run.look:
        return
    marked = queries.unsettled(session, run.scheme, employee_ids, run.month)
    session.add_all(
        FactChange(employee_id=employee, first_month=run.month, recorded_at=now)
        for employee in employee_ids
        if employee not in marked
    )


def finish(session: Session, run: Run, now: datetime) -> None:
    if run.look:
        return
    run.settled_through = queries.settled_by_now(session, run)
    for _, follow in AFTER_ALLOCATION.items():
        follow(session, run, now)


def _lock_booking_month(session: Session, run: Run) -> Month:
    """The month may have been sealed since the run began: then the next one takes the rows."""
    month = ledger_queries.booking_month(session, run.month)
    ledger.lock_month(session, month)
    return month


def _post(session: Session, run: Run, work: computation.Work, *, now: datetime) -> int:
    """Book every difference; the number of transfers.

    The accounts are locked in id order before their balances are read, and the trigger of the
    ledger takes the same locks in the same order: what is read here is still true when it posts.
    """
    if not work.changes:
        return 0
    lines: list[str] = []
    for unit, kind in computation.ACCOUNT_OF.items():
        people_of_unit = [
            employee
            for employee, changes in work.changes.items()
            if any(entry.unit is unit for entry in changes)
        ]
        if people_of_unit:
            lines += _lines_of_unit(session, run, work, unit, kind, people_of_unit, now)
    return ledger.copy_transfers(session, run.booked_in, ["".join(lines)])


def _lines_of_unit(
    session: Session,
    run: Run,
    work: computation.Work,
    unit: Unit,
    kind: AccountKind,
    employees: list[int],
    now: datetime,
) -> list[str]:
    accounts = work.accounts[unit]
    if missing := [employee for employee in employees if employee not in accounts]:
        accounts |= ledger.open_accounts(session, missing, kind, unit)
    debtors = [
        employee
        for employee in employees
        if employee in work.debtors or min(work.changes[employee].values()) < 0
    ]
    owed = ledger.open_accounts(session, debtors, AccountKind.OWED, unit) if debtors else {}
    balances = ledger.lock_accounts(
        session, [accounts[employee] for employee in debtors] + list(owed.values())
    )
    line = _LineMaker(
        run, unit, ledger.employer_account(session, kind, unit), now.isoformat()
    ).lines
    nothing = rules.Purse(0, 0)
    lines: list[str] = []
    for employee in employees:
        changes = {e: m for e, m in work.changes[employee].items() if e.unit is unit}
        purse = nothing
        if employee in owed:
            balance, debt = balances[accounts[employee]], balances[owed[employee]]
            purse = rules.Purse(balance.posted_minor - balance.held_minor, -debt.posted_minor)
        lines += line(employee, accounts[employee], owed.get(employee, 0), changes, purse)
    return lines


class _LineMaker:
    """Formats one employee's transfers for COPY; the ids are a function of the fact alone."""

    def __init__(self, run: Run, unit: Unit, employer: int, happened_at: str) -> None:
        self.run_id = run.id
        self.own_month = run.month
        self.booked_in = run.booked_in
        self.unit = unit.value
        self.employer = employer
        self.end = f"{run.source}\tsystem\t{happened_at}\n"
        self._patterns: dict[tuple[int, str, bool, str], str] = {}

    def lines(
        self,
        employee: int,
        account: int,
        owed: int,
        changes: dict[rules.Entry, int],
        purse: rules.Purse,
    ) -> list[str]:
        made = [
            self._line(
                employee,
                (entry.for_month, entry.code, is_owed, "allocation"),
                owed if is_owed else account,
                self.employer,
                minor,
            )
            for entry, minor, is_owed in rules.bookings(changes, purse)
        ]
        back = rules.set_off(changes, purse) if purse.debt else 0
        if back:
            what = (self.own_month.number, "", False, "set_off")
            made.append(self._line(employee, what, account, owed, -back))
        return made

    def _line(
        self, employee: int, what: tuple[int, str, bool, str], account: int, other: int, minor: int
    ) -> str:
        """`minor` above zero comes to `account` from `other`; below zero it goes there."""
        pattern = self._patterns.get(what) or self._pattern(what)
        if minor > 0:
            return pattern % (employee, other, account, minor)
        return pattern % (employee, account, other, -minor)

    def _pattern(self, what: tuple[int, str, bool, str]) -> str:
        """A line without employee, accounts and amount: there are few, and a million lines."""
        for_month, code, _, reason = what
        transfer = run_transfer_pattern(
            self.booked_in, self.run_id, Month.from_number(for_month), fact_tag(*what[1:])
        )
        made = self._patterns[what] = (
            f"{transfer}\t{self.booked_in.number}\t{for_month}\t%d\t%d\t{self.unit}\t%d\t"
            f"{reason}\t{code or chr(92) + 'N'}\t{self.end}"
        )
        return made


def _settle_changes(session: Session, run: Run, work: computation.Work) -> None:
    """Changes are settled once every month that they touch has been looked at."""
    if run.month < work.last_month_run:
        return
    rows = [
        {"change_id": change, "scheme": run.scheme, "run_id": run.id}
        for employee, changes in work.change_ids.items()
        if employee not in work.skipped
        for change in changes
    ]
    if rows:
        session.execute(upsert(SettledChange).on_conflict_do_nothing(), rows)


def _summary(run: Run, work: computation.Work) -> list[list[object]]:
    """Per component, and own or earlier month: [code, unit, earlier, employees, minor]."""
    people_of: Counter[rules.Entry] = Counter()
    minor_of: Counter[rules.Entry] = Counter()
    for changes in work.changes.values():
        people_of.update(changes.keys())
        for entry, minor in changes.items():
            minor_of[entry] += minor
    sums: dict[tuple[str, str, bool], list[int]] = {}
    for entry, people_found in people_of.items():
        key = (entry.code, entry.unit.value, entry.for_month != run.month.number)
        so_far = sums.setdefault(key, [0, 0])
        so_far[0] += people_found
        so_far[1] += minor_of[entry]
    return [[*key, *sums[key]] for key in sorted(sums)]
