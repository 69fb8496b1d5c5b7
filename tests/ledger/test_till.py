"""The short way to post: what one act of an employee needs, locked and read in one statement."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from ideals.kernel.ids import new_transfer_id
from ideals.kernel.quantity import Unit
from ideals.ledger import commands, queries
from ideals.ledger.errors import (
    InsufficientBalance,
    MonthNotOpened,
    MonthSealed,
    TransferDiffers,
    TransferRefused,
)
from ideals.ledger.rules import Balance
from ideals.ledger.states import AccountKind, MonthState
from tests.counting import counted_all
from tests.ledger.conftest import DINA, JUNE, MARCH, NOW, Books, employees

BUDGET, LEAVE, PURCHASE = AccountKind.BUDGET, AccountKind.LEAVE, AccountKind.PURCHASE
SAVINGS, PAY_OUT = AccountKind.SAVINGS, AccountKind.PAY_OUT


def till_of(session: Session, books: Books) -> commands.Till:
    return commands.lock_till(session, books.anna, MARCH, (BUDGET, LEAVE), (PURCHASE, LEAVE))


def test_a_till_knows_the_month_both_sides_and_the_balances(session: Session, books: Books) -> None:
    books.allocate(session, 5000)
    books.hold(session, 1000)
    with counted_all() as seen:
        till = till_of(session, books)
    assert seen.statements == 1, str(seen)
    assert till.state is MonthState.OPEN
    assert till.own == {
        BUDGET: (books.budget, Balance(5000, 1000)),
        LEAVE: (books.leave, Balance(0, 0)),
    }
    assert till.employer == {PURCHASE: books.purchase, LEAVE: books.employer_leave}
    assert till.available(BUDGET) == 4000


def test_missing_accounts_are_opened(session: Session, books: Books) -> None:
    newcomer = employees(session, 1, prefix="N")[0]
    till = commands.lock_till(session, newcomer, MARCH, (BUDGET, SAVINGS), (PAY_OUT,))
    assert till.own.keys() == {BUDGET, SAVINGS}
    assert till.available(SAVINGS) == 0
    assert till.employer.keys() == {PAY_OUT}
    again = commands.lock_till(session, newcomer, MARCH, (BUDGET, SAVINGS), (PAY_OUT,))
    assert again == till


def test_what_is_posted_from_a_till_is_one_statement_and_proves(
    session: Session, books: Books
) -> None:
    books.allocate(session, 5000)
    till = till_of(session, books)
    euros = books.new(books.budget, books.purchase, 3000, code="leave")
    minutes = books.new(books.employer_leave, books.leave, 90, unit=Unit.MIN, code="leave")
    with counted_all() as seen:
        commands.post_new(session, till, [euros, minutes], actor=DINA, now=NOW)
    assert seen.statements == 1, str(seen)
    assert books.balance(session, books.budget) == (2000, 0)
    assert books.balance(session, books.leave) == (90, 0)
    assert queries.prove(session) == []


def test_a_hold_from_a_till_is_posted_like_any_other(session: Session, books: Books) -> None:
    books.allocate(session, 5000)
    held = books.new(books.budget, books.purchase, 3000)
    till = till_of(session, books)
    commands.post_new(session, till, [held], held=True, actor=DINA, now=NOW)
    assert books.balance(session, books.budget) == (5000, 3000)
    cmd = commands.PostHold(new_transfer_id(MARCH), held.id, MARCH)
    commands.post_hold(session, cmd, actor=DINA, now=NOW)
    assert books.balance(session, books.budget) == (2000, 0)
    assert queries.prove(session) == []


def test_more_than_there_is_is_refused_before_the_database_has_to(
    session: Session, books: Books
) -> None:
    books.allocate(session, 5000)
    till = till_of(session, books)
    for transfers in ([5001], [3000, 2001]):
        rows = [books.new(books.budget, books.purchase, minor) for minor in transfers]
        with counted_all() as seen, pytest.raises(InsufficientBalance):
            commands.post_new(session, till, rows, actor=DINA, now=NOW)
        assert seen.statements == 0


def test_nothing_is_no_transfer(session: Session, books: Books) -> None:
    till = till_of(session, books)
    with pytest.raises(TransferRefused):
        row = books.new(books.employer, books.budget, 0)
        commands.post_new(session, till, [row], actor=DINA, now=NOW)


def test_an_id_that_is_there_already_is_refused(session: Session, books: Books) -> None:
    books.allocate(session, 5000)
    new = books.new(books.budget, books.purchase, 100)
    books.post(session, new)
    till = till_of(session, books)
    with pytest.raises(TransferDiffers):
        commands.post_new(session, till, [new], actor=DINA, now=NOW)


def test_a_sealed_month_has_no_till_and_one_that_is_not_opened_neither(
    session: Session, books: Books
) -> None:
    commands.seal_month(session, commands.SealMonth(MARCH), actor=DINA, now=NOW)
    with pytest.raises(MonthSealed):
        till_of(session, books)
    with pytest.raises(MonthNotOpened):
        commands.lock_till(session, books.anna, JUNE.plus(1), (BUDGET,), (PURCHASE,))
