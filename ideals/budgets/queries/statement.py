"""An employee's statement: what moved, from what balance to what, by which run and why again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby, pairwise, zip_longest

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from ideals.budgets.models import Run
from ideals.budgets.queries import ALLOCATIONS
from ideals.budgets.queries.agreed import (
    Agreed,
    FactDifference,
    Value,
    agreed_differences,
    agreed_of,
)
from ideals.budgets.queries.parts import parts_for
from ideals.budgets.rules.parts import Part, owed_parts
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes, Unit
from ideals.ledger import queries as ledger
from ideals.ledger.models import LedgerMonth
from ideals.ledger.queries import AccountBalance, StatementRow
from ideals.ledger.states import AccountKind
from ideals.people import queries as people
from ideals.people.models import Employment, PayElement
from ideals.schemes import queries as schemes
from ideals.schemes.errors import BudgetNotComputable
from ideals.schemes.facts import facts_for
from ideals.schemes.models import SchemeVersion
from ideals.schemes.rules import Person, Scheme, owed_amounts, owed_hours
from ideals.schemes.rules.scheme import Component, GrantedHours, Moment, named

ACCOUNTS = (
    AccountKind.BUDGET,
    AccountKind.LEAVE,
    AccountKind.SAVINGS,
    AccountKind.DEVELOPMENT,
    AccountKind.OWED,
)
"""In the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class AccountMonth:
    """What one account did in one month, in its smallest unit; rows oldest first.

    `opening` and `closing` are what was posted: value set aside is still there until it is spent.
    """

    kind: AccountKind
    unit: Unit
    opening: int
    closing: int
    rows: list[StatementRow]


@dataclass(frozen=True, slots=True)
class StatementMonth:
    month: Month
    accounts: list[AccountMonth]

    @property
    def rows(self) -> list[StatementRow]:
        return [row for account in self.accounts for row in account.rows]


@dataclass(frozen=True, slots=True)
class Statement:
    """Months in which something moved, the newest first. `earlier`: more lies before `first`."""

    first: Month
    last: Month
    months: list[StatementMonth]
    balances: list[AccountBalance]
    earlier: bool

    @property
    def rows(self) -> list[StatementRow]:
        return [row for month in self.months for row in month.rows]


def statement_of(session: Session, employee_id: int, first: Month, last: Month) -> Statement:
    """Reads the rows of these months and sums those after: what lies before costs nothing."""
    balances = ledger.balances(session, employee_id)
    after = ledger.moved_after(session, employee_id, last)
    rows = ledger.statement(session, employee_id, first, last)
    account_of = {(balance.kind, balance.unit): balance for balance in balances}
    closing = {
        key: balance.posted_minor - after.get(balance.account_id, (0, 0))[0]
        for key, balance in account_of.items()
    }
    by_month = {month: list(found) for month, found in groupby(rows, key=lambda row: row.month)}
    months = []
    for month in sorted(by_month, reverse=True):
        accounts = []
        for key, of_account in _by_account(by_month[month]).items():
            opening = closing[key] - sum(row.amount_minor for row in of_account)
            accounts.append(AccountMonth(*key, opening, closing[key], of_account))
            closing[key] = opening
        months.append(StatementMonth(month, accounts))
    earlier = ledger.anything_before(session, employee_id, first)
    return Statement(first, last, months, balances, earlier)


def _by_account(
    rows: Iterable[StatementRow],
) -> dict[tuple[AccountKind, Unit], list[StatementRow]]:
    found: dict[tuple[AccountKind, Unit], list[StatementRow]] = {}
    for row in rows:
        found.setdefault((row.kind, row.unit), []).append(row)
    return dict(sorted(found.items(), key=lambda item: (ACCOUNTS.index(item[0][0]), item[0][1])))


@dataclass(frozen=True, slots=True)
class WireLine:
    """A row of the statement for the wire. `key` sorts as the statement does, and is unique."""

    key: str
    id: str
    month: Month
    for_month: Month
    account: str
    unit: str
    amount: Money | None
    minutes: Minutes | None
    held: Money | None
    held_minutes: Minutes | None
    reason: str
    code: str | None
    source: str
    reverses: str | None
    happened_at: datetime


def wire_lines(session: Session, employee_id: int, first: Month, last: Month) -> list[WireLine]:
    """Every row booked in these months, oldest first."""
    return [_wire_line(row) for row in ledger.statement(session, employee_id, first, last)]


def _wire_line(row: StatementRow) -> WireLine:
    euros = row.unit is Unit.EUR
    # A transfer between two accounts of one employee is two rows of one id.
    key = f"{row.month} {row.recorded_at.isoformat()} {row.id} {row.kind} {row.unit}"
    return WireLine(
        key,
        str(row.id),
        row.month,
        row.for_month,
        row.kind,
        row.unit,
        Money(row.amount_minor) if euros else None,
        None if euros else Minutes(row.amount_minor),
        Money(row.held_minor) if euros else None,
        None if euros else Minutes(row.held_minor),
        row.reason,
        row.code,
        row.source,
        None if row.reverses_id is None else str(row.reverses_id),
        row.happened_at,
    )


def first_ledger_month(session: Session) -> Month | None:
    """The earliest month the ledger has a place for."""
    return session.scalar(select(func.min(LedgerMonth.month)))


# The schemes by which parts have their names


class Book:
    """Every version of some schemes, so that a part can be named as it was called in its month."""

    def __init__(self, versions: Iterable[SchemeVersion]) -> None:
        self._versions: dict[str, list[SchemeVersion]] = {}
        for version in sorted(versions, key=lambda each: each.version):
            self._versions.setdefault(version.scheme, []).append(version)

    def at(self, scheme: str, month: Month) -> Scheme | None:
        """The version in force; for a month before the first one, none."""
        for version in reversed(self._versions.get(scheme, [])):
            if version.version <= month:
                return schemes.compiled(version.id, version.document)
        return None

    def place(self, scheme: str, code: str, month: Month) -> int:
        """Where a part stands in the scheme of its month; the unknown last."""
        found = self.at(scheme, month)
        if found is None:
            return 0
        codes = [component.code for component in found.components]
        codes += [grant.code for grant in found.hours]
        return codes.index(code) if code in codes else len(codes)

    def part_name(self, scheme: str, code: str, month: Month, language: str) -> str | None:
        """As called in that month; else as the latest version that has it calls it."""
        in_force = self.at(scheme, month)
        latest = [v.version for v in reversed(self._versions.get(scheme, []))]
        for found in (in_force, *(self.at(scheme, version) for version in latest)):
            if found is not None:
                parts: tuple[Component | GrantedHours, ...] = (*found.components, *found.hours)
                for part in parts:
                    if part.code == code:
                        return named(part.names, language, code)
        return None


def book(session: Session, codes: Collection[str]) -> Book:
    """One statement, however many schemes and versions."""
    if not codes:
        return Book(())
    return Book(session.scalars(select(SchemeVersion).where(SchemeVersion.scheme.in_(codes))))


# Runs, as causes


@dataclass(frozen=True, slots=True)
class RunCause:
    """A run that posted. `known_before`: what the run of this scheme before it went by.

    `recheck_from`: a newly published version made it look at everybody's months from there on.
    """

    source: str
    scheme: str
    month: Month
    round: int
    started_as: str
    started_by: str
    happened_at: datetime
    known_at: datetime | None
    known_before: datetime | None
    recheck_from: Month | None


def run_causes(session: Session, sources: Iterable[str]) -> dict[str, RunCause]:
    """Of the sources that name a run, `run:SCHEME:MONTH:ROUND`; one statement."""
    keys = [key for key in map(_run_key, sources) if key is not None]
    if not keys:
        return {}
    before = func.lag(Run.known_at).over(partition_by=Run.scheme, order_by=(Run.known_at, Run.id))
    posting = (
        select(Run.id, before.label("known_before"))
        .where(*ALLOCATIONS, Run.known_at.is_not(None))
        .subquery()
    )
    rows = session.execute(
        select(Run, posting.c.known_before)
        .join(posting, posting.c.id == Run.id)
        .where(tuple_(Run.scheme, Run.month, Run.round).in_(keys))
    )
    return {
        run.source: RunCause(
            run.source,
            run.scheme,
            run.month,
            run.round or 0,
            run.started_as,
            run.started_by,
            run.finished_at or run.created_at,
            run.known_at,
            known_before,
            run.recheck_from,
        )
        for run, known_before in rows
    }


def _run_key(source: str) -> tuple[str, Month, int] | None:
    match source.split(":"):
        case ["run", scheme, month, number] if number.isdecimal():
            return scheme, Month.parse(month), int(number)
    return None


def scheme_of_source(source: str) -> str | None:
    key = _run_key(source)
    return None if key is None else key[0]


# Why a month was corrected: what was known before against what was known then


@dataclass(frozen=True, slots=True)
class WhyCorrected:
    """Why a run booked something for an earlier month.

    `differences` are of the facts of that month. `known_on`: when they were learned. With
    `version`, a scheme version published later. `first_time`: nobody knew of the employee before.
    """

    differences: list[FactDifference] = field(default_factory=list)
    known_on: datetime | None = None
    version: Month | None = None
    first_time: bool = False


def why_corrected(
    session: Session, employee_id: int, asked: Collection[tuple[str, Month]]
) -> dict[tuple[str, Month], WhyCorrected]:
    """For each (run, month): the facts of that month which the run before did not know yet.

    Five statements, however many are asked.
    """
    if not asked:
        return {}
    causes = run_causes(session, {source for source, _ in asked})
    rows = people.history(session, employee_id)
    months = {month for _, month in asked}
    pay = session.scalars(
        select(PayElement).where(
            PayElement.employee_id == employee_id,
            PayElement.month.between(min(months).plus(-12), max(months)),
        )
    ).all()
    agreed = agreed_of(session, employee_id)
    return {
        (source, month): _why(causes[source], month, rows, pay, agreed)
        for source, month in asked
        if source in causes
    }


def _why(
    cause: RunCause,
    month: Month,
    rows: Sequence[Employment],
    pay: Sequence[PayElement],
    agreed: Agreed,
) -> WhyCorrected:
    if cause.known_at is None or cause.known_before is None:
        return WhyCorrected()
    since, until = cause.known_before, cause.known_at
    differences = fact_differences(rows, month, since, until)
    differences += _pay_differences(pay, month, since, until)
    differences += agreed_differences(agreed, month, since, until)
    recorded = [row.recorded_at for row in rows] + [row.recorded_at for row in pay]
    recorded += agreed.moments
    learned = [at for at in recorded if since < at <= until]
    rechecked = cause.recheck_from is not None and cause.recheck_from <= month
    return WhyCorrected(
        differences,
        max(learned, default=None),
        cause.recheck_from if rechecked and not differences else None,
        bool(rows) and min(row.recorded_at for row in rows) > since,
    )


_FACTS = (
    "scheme", "full_time_salary", "part_time_factor", "weekly_hours", "scale", "hired_on",
    "leaves_on", "birth_date", "sick_from", "unpaid_from", "unpaid_until",
)  # fmt: skip


def fact_differences(
    rows: Sequence[Employment], month: Month, since: datetime, until: datetime
) -> list[FactDifference]:
    """What reads otherwise in this month by what was known at `until` than by `since`."""
    before, after = _in_month(rows, month, since), _in_month(rows, month, until)
    names = [*_FACTS, *sorted({f"allowance.{c}" for r in rows for c in r.allowances})]
    found = []
    for name in names:
        old, new = _values(before, name, month), _values(after, name, month)
        if old and old != new:
            found.append(FactDifference(name, old, new))
    return found


def _in_month(rows: Sequence[Employment], month: Month, at: datetime) -> list[Employment]:
    """The rows in force on some day of the month, as known at a moment, by the day they begin."""
    known = sorted(
        (
            row
            for row in rows
            if row.recorded_at <= at
            and (row.superseded_at is None or row.superseded_at > at)
            and row.valid_from <= month.last
        ),
        key=lambda row: row.valid_from,
    )
    return [
        row
        for row, later in zip_longest(known, known[1:])
        if later is None or later.valid_from > month.first
    ]


def _values(rows: list[Employment], name: str, month: Month) -> tuple[tuple[date, Value], ...]:
    """Each value with the day it begins within the month, the unchanged told once."""
    found: list[tuple[date, Value]] = []
    for row in rows:
        value = _value(row, name)
        if not found or found[-1][1] != value:
            found.append((max(row.valid_from, month.first), value))
    return tuple(found)


def _value(row: Employment, name: str) -> Value:
    if name.startswith("allowance."):
        return Money(row.allowances.get(name.partition(".")[2], 0))
    if name == "full_time_salary":
        return Money(row.full_time_salary_minor)
    value: Value = getattr(row, name)
    return value.normalize() if isinstance(value, Decimal) else value


def _pay_differences(
    pay: Sequence[PayElement], month: Month, since: datetime, until: datetime
) -> list[FactDifference]:
    def known(at: datetime) -> dict[tuple[Month, str], int]:
        return {
            (row.month, row.code): row.amount_minor
            for row in pay
            if row.month <= month
            and row.recorded_at <= at
            and (row.superseded_at is None or row.superseded_at > at)
        }

    before, after = known(since), known(until)
    return [
        FactDifference(
            f"pay.{code}",
            ((of.first, Money(before.get((of, code), 0))),),
            ((of.first, Money(after.get((of, code), 0))),),
        )
        for of, code in sorted(before.keys() | after.keys())
        if before.get((of, code), 0) != after.get((of, code), 0)
    ]


# What is to come if nothing changes


@dataclass(frozen=True, slots=True)
class ExpectedPart:
    code: str
    names: Mapping[str, str]
    amount: Money


@dataclass(frozen=True, slots=True)
class ExpectedMonth:
    """What the schemes would allocate. `failures`: why something could not be worked out."""

    month: Month
    parts: list[ExpectedPart]
    granted: list[tuple[str, Mapping[str, str], int]]
    failures: list[str]

    @property
    def total(self) -> Money:
        return Money(sum(part.amount.minor for part in self.parts))

    @property
    def minutes(self) -> int:
        return sum(minutes for _, _, minutes in self.granted)


@dataclass(frozen=True, slots=True)
class Expected:
    """`changes`: facts known already that begin within these months. `pay`: codes of pay elements
    that the formulas read and that nobody can know yet."""

    months: list[ExpectedMonth]
    changes: list[FactDifference]
    leaves_on: date | None
    versions: list[Scheme]
    pay: list[str]

    @property
    def total(self) -> Money:
        return Money(sum(month.total.minor for month in self.months))


def expected(session: Session, employee_id: int, first: Month, last: Month) -> Expected:
    """What would be allocated for each of these months by what is known now.

    Books nothing. A fixed number of statements for each scheme the employee has in these months.
    """
    rows = people.employments_between(session, [employee_id], first.first, last.last)
    codes = sorted({row.scheme for row in rows})
    versions = book(session, codes)
    parts = parts_for(session, [employee_id], first, last).get(employee_id, [])
    months = {month: ExpectedMonth(month, [], [], []) for month in first.until(last)}
    used: dict[tuple[str, Month], Scheme] = {}
    for code in codes:
        plan = [(month, found) for month in months if (found := versions.at(code, month))]
        if not plan:
            continue
        person = facts_for(session, [employee_id], plan)[0]
        for month, scheme in plan:
            used[scheme.code, scheme.version] = scheme
            _expect(months[month], scheme, person, parts)
    read = {name for scheme in used.values() for name in scheme.needs if name.startswith("pay.")}
    leaves = rows[-1].leaves_on if rows else None
    return Expected(
        list(months.values()),
        _planned(session, employee_id, first, last),
        leaves if leaves is not None and leaves <= last.last else None,
        list(used.values()),
        sorted({name.split(".")[1] for name in read}),
    )


def _expect(month: ExpectedMonth, scheme: Scheme, person: Person, parts: Iterable[Part]) -> None:
    """Add what one scheme gives; what it cannot work out is told instead."""
    try:
        for code, cents in owed_amounts(scheme, person, month.month):
            if cents:
                names = next(c.names for c in scheme.components if c.code == code)
                month.parts.append(ExpectedPart(code, names, Money(cents)))
        for code, cents in owed_parts(scheme, person, month.month, parts).items():
            month.parts.append(ExpectedPart(code, {}, Money(cents)))
        for grant, owed in zip(
            scheme.hours,
            owed_hours(scheme, person, month.month),
            strict=True,
        ):
            due = grant.moment is Moment.MONTHLY or owed.for_month == month.month
            if due and owed.minutes:
                month.granted.append((grant.code, grant.names, owed.minutes))
    except BudgetNotComputable as error:
        month.failures.append(error.message)


def _planned(session: Session, employee_id: int, first: Month, last: Month) -> list[FactDifference]:
    """Facts known already that begin within these months, each against what was before it."""
    rows = [
        row
        for row in people.history(session, employee_id)
        if row.superseded_at is None and row.valid_from <= last.last
    ]
    found = []
    for before, after in pairwise(rows):
        if after.valid_from < first.first:
            continue
        codes = sorted({*before.allowances, *after.allowances})
        for name in (*_FACTS, *(f"allowance.{code}" for code in codes)):
            old, new = _value(before, name), _value(after, name)
            if old != new:
                found.append(
                    FactDifference(name, ((before.valid_from, old),), ((after.valid_from, new),))
                )
    return found


# Where an employee stands


def scheme_in(session: Session, employee_id: int, month: Month) -> Scheme | None:
    """The scheme of the last day employed in a month; `None` when there is none."""
    rows = people.employments_between(session, [employee_id], month.first, month.last)
    here = [row for row in rows if row.leaves_on is None or row.leaves_on >= month.first]
    return schemes.scheme_for(session, here[-1].scheme, month) if here else None
