"""A month that is being closed: acts of people go elsewhere, rows of the close still come."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from ideals.kernel.quantity import Unit
from ideals.ledger import commands, queries
from ideals.ledger.commands import BeginClosing, SealMonth
from ideals.ledger.errors import MonthNotOpened, MonthSealed
from ideals.ledger.states import AccountKind, MonthState
from tests.ledger.conftest import APRIL, DINA, MARCH, MAY, NOW, Books


def begin(session: Session) -> bool:
    return commands.begin_closing(session, BeginClosing(MARCH), actor=DINA, now=NOW)


def test_a_month_begins_to_close_once_and_still_takes_rows(session: Session, books: Books) -> None:
    assert begin(session)
    assert not begin(session)
    assert queries.month_state(session, MARCH) is MonthState.CLOSING
    books.allocate(session, 48_990)
    assert books.balance(session, books.budget) == (48_990, 0)
    commands.seal_month(session, SealMonth(MARCH), actor=DINA, now=NOW)
    assert queries.prove(session) == []


def test_only_a_month_that_is_there_and_not_sealed_can_close(
    session: Session, books: Books
) -> None:
    with pytest.raises(MonthNotOpened):
        commands.begin_closing(session, BeginClosing(MAY.plus(12)), actor=DINA, now=NOW)
    commands.seal_month(session, SealMonth(MARCH), actor=DINA, now=NOW)
    with pytest.raises(MonthSealed):
        begin(session)


def test_what_later_months_moved_is_told_account_by_account(session: Session, books: Books) -> None:
    accounts = [books.budget, books.leave]
    books.allocate(session, 50_000)
    assert queries.moved_later(session, accounts, MARCH) == {}
    books.allocate(session, 40_000, month=APRIL)
    books.post(session, books.new(books.budget, books.purchase, 15_000, month=MAY))
    books.hold(session, 20_000, month=MAY)
    assert queries.moved_later(session, accounts, MARCH) == {books.budget: 25_000}
    assert queries.moved_later(session, accounts, APRIL) == {books.budget: -15_000}
    assert queries.moved_later(session, accounts, MAY) == {}


def test_the_accounts_of_people_are_locked_with_what_is_in_them(
    session: Session, books: Books
) -> None:
    books.allocate(session, 50_000)
    books.hold(session, 20_000)
    kinds = (AccountKind.BUDGET, AccountKind.OWED, AccountKind.SAVINGS)
    found = commands.lock_accounts_of(session, [books.anna], kinds)
    budget = found[books.anna, AccountKind.BUDGET, Unit.EUR]
    assert (budget.id, budget.balance.posted_minor, budget.balance.held_minor) == (
        books.budget,
        50_000,
        20_000,
    )
    assert {kind for _, kind, _ in found} <= set(kinds)
    assert commands.lock_accounts_of(session, [books.anna + 999], kinds) == {}
