"""docs/leave.md against the program: the two years of Anna, day by day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.budgets import queries
from ideals.budgets.commands import leave as commands
from ideals.budgets.commands.leave import LapseLeave, PostLeaveTaken, RemindOfLeave
from ideals.budgets.queries import leave as leave_queries
from ideals.budgets.rules.leave import EXTRA, STATUTORY, LeaveBook, Year, expires_on
from ideals.config import ROOT
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger.commands import NewTransfer, Opening, PostOpenings, PostTransfers, post_openings
from ideals.ledger.queries import prove
from ideals.ledger.states import AccountKind, Reason
from ideals.notices.models import Notice
from ideals.schemes.rules.scheme import LeaveRules
from tests.budgets.conftest import NOW, SIMPLE, allocate, leave, people, publish, row

PAGE = (ROOT / "docs" / "leave.md").read_text("utf-8")
PARTS = re.split(r"^##+ (.+)$", PAGE, flags=re.MULTILINE)
SECTIONS = dict(zip(PARTS[1::2], PARTS[2::2], strict=True))


def block(section: str, kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.+?)^```", SECTIONS[section], re.MULTILINE | re.DOTALL)
    assert found, section
    return found[1]


def table(section: str) -> list[list[str]]:
    """The cells of the one table of a section, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def shown(book: LeaveBook) -> list[list[str]]:
    return [
        [
            str(lot.year),
            STATUTORY if lot.statutory else EXTRA,
            lot.source.value,
            *(str(minutes // 60) for minutes in
              (lot.minutes_in, lot.taken, lot.sold, lot.lapsed, lot.left)),
            str(lot.expires_on),
        ]
        for lot in book.lots
    ]  # fmt: skip


def order(session: Session, employee: int, day: date, minutes: int, code: str) -> None:
    """Hours bought, or, below zero, sold."""
    month = Month.of(day)
    account = ledger.open_accounts(session, [employee], AccountKind.LEAVE, Unit.MIN)[employee]
    employer = ledger.employer_account(session, AccountKind.LEAVE, Unit.MIN)
    ends = (employer, account) if minutes > 0 else (account, employer)
    new = NewTransfer(
        id=new_transfer_id(month),
        month=month,
        for_month=month,
        from_account=ends[0],
        to_account=ends[1],
        unit=Unit.MIN,
        amount_minor=abs(minutes),
        reason=Reason.ORDER,
        source=f"order:{code}",
        code=code,
    )
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    ledger.post_transfers(session, PostTransfers((new,)), actor=SYSTEM, now=at)


def test_the_two_years_of_anna(session: Session) -> None:
    publish(session, SIMPLE + block("Worked: two years of Anna", "yaml"))
    people(session, row("1"))
    ledger.open_months(
        session, ledger.OpenMonths(Month(2025, 1), Month(2026, 9)), actor=SYSTEM, now=NOW
    )
    opening = PostOpenings(Month(2025, 1), (Opening(2, "1", "leave", Decimal(30)),))
    post_openings(session, opening, actor=SYSTEM, now=NOW)
    allocate(session, "2025-01")
    allocate(session, "2026-01")
    anna = queries.employee_of(session, "1").id
    order(session, anna, date(2026, 2, 2), 480, "leave")
    order(session, anna, date(2026, 3, 16), -240, "sell_leave")

    def told(section: str) -> None:
        """By a leave file that stands on the page."""
        leave(session, *block(section, "csv").split()[1:])
        cmd = PostLeaveTaken([anna])
        commands.post_leave_taken(session, cmd, actor=SYSTEM, now=NOW)

    def looked_at(day: date) -> LeaveBook:
        """The reminders and lapses of a day, and the book after them."""
        remind = RemindOfLeave([anna], day)
        commands.remind_of_leave(session, remind, actor=SYSTEM, now=NOW)
        commands.lapse_leave(session, LapseLeave([anna], day), actor=SYSTEM, now=NOW)
        balance = queries.leave_balance(session, anna).minor
        book = leave_queries.leave_of(session, anna, day)
        assert balance == book.left, "the account holds what the lots hold"
        return book

    told("Worked: two years of Anna")
    april = looked_at(date(2026, 4, 1))
    assert shown(april) == table("On 1 April 2026")
    assert (april.left, april.planned_minutes) == (226 * 60, 40 * 60)
    assert session.scalars(select(Notice.data)).all() == [{"on": "2026-07-01", "minutes": 480}]
    looked_at(date(2026, 6, 1))
    assert len(session.scalars(select(Notice.id)).all()) == 2

    july = looked_at(date(2026, 7, 1))
    assert shown(july)[:2] == table("On 1 July 2026")
    assert july.left == 218 * 60

    told("On 10 July 2026")
    later = looked_at(date(2026, 7, 10))
    assert shown(later)[:2] == table("On 10 July 2026")
    assert later.left == 218 * 60
    assert prove(session) == []


def test_when_leave_of_2026_lapses() -> None:
    found = {
        kind: datetime.strptime(day, "%d %B %Y").replace(tzinfo=UTC).date()
        for kind, _, day in table("By the year it belongs to")[-2:]
    }
    assert found == {
        kind: expires_on(Year(2026, kind == STATUTORY), LeaveRules()) for kind in (STATUTORY, EXTRA)
    }
