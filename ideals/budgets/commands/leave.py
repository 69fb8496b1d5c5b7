"""Leave taken, reminders, and leave that lapses: each brings the ledger to what it should be.

As an allocation, all of this is reconciliation: what should have been posted minus what has been.
So it may run twice, late, or beside itself, and a correction needs no other way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypedDict

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.budgets import rules
from ideals.budgets.models import LeaveKept, LeaveLook, LeaveReminder
from ideals.budgets.queries import leave as queries
from ideals.budgets.queries.leave import Untaken
from ideals.budgets.rules import Entry, Purse
from ideals.budgets.rules import leave as leave_rules
from ideals.budgets.rules.leave import EXTRA, STATUTORY, LeaveBook, Year
from ideals.kernel.actor import Actor
from ideals.kernel.ids import fact_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.commands import NewTransfer, PostTransfers
from ideals.ledger.rules import Balance
from ideals.ledger.states import AccountKind, Reason
from ideals.notices.commands import Tell, tell
from ideals.people import queries as people

LEAVE_DAY = "budgets.leave_day"
"""Name of the outbox messages, and of the task, for a part of the people of a day's look."""
PEOPLE_AT_ONCE = 500
REMINDER = "leave_lapses"
"""The kind of the notice."""


@dataclass(frozen=True, slots=True)
class PostLeaveTaken:
    employee_ids: Collection[int]


@dataclass(frozen=True, slots=True)
class LookAtLeave:
    """Everybody's leave, once a day."""

    today: date


@dataclass(frozen=True, slots=True)
class RemindOfLeave:
    employee_ids: Collection[int]
    today: date


@dataclass(frozen=True, slots=True)
class LapseLeave:
    employee_ids: Collection[int]
    today: date


# Leave taken


def post_leave_taken(session: Session, cmd: PostLeaveTaken, *, actor: Actor, now: datetime) -> int:
    """Take off what was taken, by month, and answer how many transfers that took.

    Booked in the month it was taken in, or, once that is sealed, in the next open one. What there
    is nothing left for becomes a debt in minutes. What the leave system takes back comes back.
    """
    changed = queries.not_posted(session, cmd.employee_ids)
    if not changed:
        return 0
    months = {each.month for of_employee in changed.values() for each in of_employee}
    booked = {month: ledger_queries.booking_month(session, month) for month in months}
    for month in sorted(set(booked.values())):
        ledger.lock_month(session, month)
    purses = _Purses(session, changed)
    transfers: list[NewTransfer] = []
    # Read again: now nobody else posts for these people.
    for employee, untaken in queries.not_posted(session, changed).items():
        known = [each for each in untaken if each.month in booked]
        transfers += _of_taken(employee, known, booked, purses.of(employee), purses)
    posted = PostTransfers(tuple(transfers))
    return ledger.copy_new_transfers(session, posted, actor=actor, now=now)


class _Purses:
    """The leave accounts of some employees, and those of what they owe, locked in their order.

    The month is locked before.
    """

    def __init__(self, session: Session, employee_ids: Collection[int]) -> None:
        self._session = session
        self.employer = ledger.employer_account(session, AccountKind.LEAVE, Unit.MIN)
        self.leave = ledger.open_accounts(session, employee_ids, AccountKind.LEAVE, Unit.MIN)
        self._owed = ledger_queries.accounts_of(session, employee_ids, AccountKind.OWED, Unit.MIN)
        self._balances = ledger.lock_accounts(session, [*self.leave.values(), *self._owed.values()])

    def of(self, employee: int) -> Purse:
        balance = self._balances[self.leave[employee]]
        debt = self._balances.get(self._owed.get(employee, 0), Balance(0, 0))
        return Purse(balance.available_minor, -debt.posted_minor)

    def owed(self, employee: int) -> int:
        """The account of the debt. One that is opened only now has the highest id of all, so that
        whoever waits for it waits for nothing that we need."""
        if employee not in self._owed:
            self._owed |= ledger.open_accounts(
                self._session, [employee], AccountKind.OWED, Unit.MIN
            )
        return self._owed[employee]


def _of_taken(
    employee: int,
    untaken: Sequence[Untaken],
    booked: Mapping[Month, Month],
    purse: Purse,
    purses: _Purses,
) -> Iterator[NewTransfer]:
    """As an allocation does with a correction: back from the account, and the rest is owed."""
    changes = {Entry(each.month.number, "", Unit.MIN): -each.minutes for each in untaken}
    posted = {each.month: each.posted for each in untaken}
    for entry, minutes, is_owed in rules.bookings(changes, purse):
        month = Month.from_number(entry.for_month)
        account = purses.owed(employee) if is_owed else purses.leave[employee]
        fact = ("leave_taken", employee, month, posted[month], is_owed)
        yield NewTransfer(
            id=fact_transfer_id(booked[month], *fact),
            month=booked[month],
            for_month=month,
            **_way(account, purses.employer, minutes),
            unit=Unit.MIN,
            reason=Reason.LEAVE_TAKEN,
            source=f"leave:{month}",
        )
    if back := rules.set_off(changes, purse):
        month = max(booked[each] for each in posted)
        yield NewTransfer(
            id=fact_transfer_id(month, "leave_set_off", employee, *posted.items()),
            month=month,
            for_month=month,
            **_way(purses.leave[employee], purses.owed(employee), -back),
            unit=Unit.MIN,
            reason=Reason.SET_OFF,
            source=f"leave:{month}",
        )


class _Way(TypedDict):
    from_account: int
    to_account: int
    amount_minor: int


def _way(account: int, other: int, minutes: int) -> _Way:
    """Above zero, minutes come to `account` from `other`; below zero they go there."""
    if minutes > 0:
        return {"from_account": other, "to_account": account, "amount_minor": minutes}
    return {"from_account": account, "to_account": other, "amount_minor": -minutes}


# The look of a day


def look_at_leave(session: Session, cmd: LookAtLeave, *, actor: Actor, now: datetime) -> bool:
    """Let everybody's leave be looked at, in parts; whether this was the first to ask for the day.

    Without a leave system that tells what was taken there is nothing to look at.
    """
    del actor  # the clock
    if not people.leave_is_fed(session):
        return False
    first = insert(LeaveLook).values(day=cmd.today, begun_at=now).on_conflict_do_nothing()
    if session.scalar(first.returning(LeaveLook.day)) is None:
        return False
    ids = queries.people_of_leave(session)
    for at in range(0, len(ids), PEOPLE_AT_ONCE):
        part = ids[at : at + PEOPLE_AT_ONCE]
        outbox.announce(session, LEAVE_DAY, day=cmd.today.isoformat(), first=part[0], last=part[-1])
    return True


# Reminders


def remind_of_leave(session: Session, cmd: RemindOfLeave, *, actor: Actor, now: datetime) -> int:
    """Tell who is employed what lapses soon, once at each distance; how many were told.

    That it was told is noted in the same transaction: only who was reminded loses leave.
    """
    if not people.leave_is_fed(session):
        return 0
    employed = people.employed_on(session, cmd.employee_ids, cmd.today)
    due = [
        _Due(employee, lapse.on, months, lapse.minutes)
        for employee, book in queries.leave_books(session, employed, cmd.today).items()
        for lapse in book.lapses
        if (months := leave_rules.reminder_due(lapse.on, cmd.today)) is not None
    ]
    new = _noted(session, due, cmd.today, now)
    alike: dict[tuple[date, int, int], list[int]] = {}
    for each in new:
        alike.setdefault((each.on, each.months, each.minutes), []).append(each.employee_id)
    for (on, months, minutes), employees in alike.items():
        notice = Tell(
            kind=REMINDER,
            subject=f"leave:{on}",
            key=f"{REMINDER}:{on}:{months}",
            employee_ids=employees,
            data={"on": on.isoformat(), "minutes": minutes},
        )
        tell(session, notice, actor=actor, now=now)
    return len(new)


class _Due(NamedTuple):
    """A reminder of what lapses on a day, so many months before it."""

    employee_id: int
    on: date
    months: int
    minutes: int


def _noted(session: Session, due: Collection[_Due], today: date, now: datetime) -> list[_Due]:
    """Those of these that nobody noted before."""
    if not due:
        return []
    rows = [
        {
            "employee_id": each.employee_id,
            "expires_on": each.on,
            "months_before": each.months,
            "minutes": each.minutes,
            "reminded_on": today,
            "recorded_at": now,
        }
        for each in due
    ]
    noted = insert(LeaveReminder).on_conflict_do_nothing()
    keys = noted.returning(
        LeaveReminder.employee_id, LeaveReminder.expires_on, LeaveReminder.months_before
    )
    there = {tuple(row) for row in session.execute(keys, rows)}
    return [each for each in due if (each.employee_id, each.on, each.months) in there]


# Lapsing


def lapse_leave(session: Session, cmd: LapseLeave, *, actor: Actor, now: datetime) -> int:
    """Take off what expired and may lapse, give back what should not have lapsed, and note what
    expired and stays. Answers how many transfers that took.

    Leave lapses only where what was taken is known, and only as much as the employee was reminded
    of in time. Leave of before that day which is learned later is the difference that comes back.
    """
    if not people.leave_is_fed(session):
        return 0
    transfers: list[NewTransfer] = []
    lapsing = _lapsing(session, cmd.employee_ids, cmd.today)
    changed = [employee for employee, each in lapsing.items() if each.differences]
    if changed:
        month = ledger_queries.booking_month(session, Month.of(cmd.today))
        ledger.lock_month(session, month)
        purses = _Purses(session, changed)
        lapsing |= _lapsing(session, changed, cmd.today)  # now nobody else posts for them
        for employee in changed:
            transfers += _of_lapse(employee, lapsing[employee], month, purses)
        posted = PostTransfers(tuple(transfers))
        ledger.copy_new_transfers(session, posted, actor=actor, now=now)
    _note_kept(session, {e: each.book for e, each in lapsing.items()}, cmd.today)
    return len(transfers)


@dataclass(frozen=True, slots=True)
class _Lapsing:
    """`book` is as it should be, with what lapses taken off; `has`: what the ledger says lapsed."""

    book: LeaveBook
    has: Mapping[Year, int]
    posted: int

    @property
    def differences(self) -> dict[Year, int]:
        """Minutes that should have lapsed and have not; below zero, the other way."""
        found: dict[Year, int] = {year: -minutes for year, minutes in self.has.items()}
        for lot in self.book.lots:
            year = Year(lot.year, lot.statutory)
            found[year] = found.get(year, 0) + lot.lapsed
        return {year: minutes for year, minutes in sorted(found.items()) if minutes}


def _lapsing(session: Session, employee_ids: Collection[int], today: date) -> dict[int, _Lapsing]:
    reminders = queries.reminders_of(session, employee_ids)
    found = {}
    for employee, facts in queries.leave_facts(session, employee_ids).items():
        may = leave_rules.may_lapse(facts, reminders.get(employee, ()), today)
        found[employee] = _Lapsing(
            leave_rules.book_of(facts, today, fed=True, lapsed=may),
            leave_rules.posted_lapses(facts.entries),
            sum(entry.reason is Reason.LAPSED for entry in facts.entries),
        )
    return found


def _of_lapse(
    employee: int, lapsing: _Lapsing, month: Month, purses: _Purses
) -> Iterator[NewTransfer]:
    room = purses.of(employee).available
    for year, minutes in lapsing.differences.items():
        # What is set aside for a sale is not there to lapse: the next look sees what became of it.
        moved = -min(minutes, room)
        room += moved
        if not moved:
            continue
        code = STATUTORY if year.statutory else EXTRA
        yield NewTransfer(
            id=fact_transfer_id(month, "lapsed", employee, year.year, code, lapsing.posted),
            month=month,
            for_month=Month(year.year, 12),
            **_way(purses.leave[employee], purses.employer, moved),
            unit=Unit.MIN,
            reason=Reason.LAPSED,
            code=code,
            source=f"lapse:{year.year}",
        )


def _note_kept(session: Session, books: Mapping[int, LeaveBook], today: date) -> None:
    session.execute(delete(LeaveKept).where(LeaveKept.employee_id == func.any(list(books))))
    kept: dict[tuple[int, date], int] = {}
    for employee, book in books.items():
        for lot in book.kept:
            key = (employee, lot.expires_on)
            kept[key] = kept.get(key, 0) + lot.left
    if kept:
        session.execute(
            insert(LeaveKept),
            [
                {"employee_id": e, "expires_on": on, "minutes": minutes, "noted_on": today}
                for (e, on), minutes in kept.items()
            ],
        )
