"""Many at once, each in a transaction and a session of their own, let go together."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import UUID

import pytest

from ideals.db import driver, unit_of_work
from ideals.kernel.errors import Conflict
from ideals.kernel.ids import new_id, new_transfer_id
from ideals.kernel.quantity import Unit
from ideals.ledger import commands, queries
from ideals.ledger.errors import HoldRefused, InsufficientBalance, MonthSealed, ReversalRefused
from ideals.ledger.states import AccountKind, MonthState
from tests.ledger.conftest import (  # noqa: F401 - a fixture that is used by itself
    APRIL,
    DINA,
    JUNE,
    MARCH,
    NOW,
    Books,
    employees,
    keep_books,
    only_the_ledgers_own_proofs,
)


@pytest.fixture
def books(own_database: str) -> Books:
    with unit_of_work() as session:
        return keep_books(session)


def together(acts: list[Callable[[object], object]]) -> list[object]:
    """Run each act in a unit of work of its own, all let go at once; answers, or refusals."""
    barrier = threading.Barrier(len(acts))

    def one(act: Callable[[object], object]) -> object:
        try:
            with unit_of_work() as session:
                driver(session)
                barrier.wait(20)
                return act(session)
        except Conflict as refusal:
            return type(refusal)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def proves() -> bool:
    with unit_of_work() as session:
        return queries.prove(session) == []


def balance(books: Books, account: int | None = None) -> tuple[int, int]:
    with unit_of_work() as session:
        return books.balance(session, account or books.budget)


def give(books: Books, amount_minor: int) -> UUID:
    with unit_of_work() as session:
        return books.allocate(session, amount_minor)


def test_of_64_who_hold_the_whole_budget_one_gets_it(books):
    give(books, 50000)
    answers = Counter(
        str(answer is InsufficientBalance)
        for answer in together([lambda session: books.hold(session, 50000)] * 64)
    )
    assert answers == {"False": 1, "True": 63}
    assert balance(books) == (50000, 50000)
    assert proves()


def test_of_20_withdrawals_the_10_that_can_be_paid_are(books):
    give(books, 10 * 700 + 699)
    answers = together([lambda session: books.spend(session, 700)] * 20)
    assert answers.count(InsufficientBalance) == 10
    assert balance(books) == (699, 0)
    assert proves()


def test_500_single_cents_all_arrive(books):
    def ten(session):
        cents = [
            books.new(books.employer, books.budget, 1, source=f"order:{new_id()}")
            for _ in range(10)
        ]
        books.post(session, *cents)

    together([ten] * 50)
    assert balance(books) == (500, 0)
    assert proves()


def test_400_transfers_both_ways_among_8_accounts_keep_the_total_and_nobody_meets_a_deadlock(
    books,
):
    with unit_of_work() as session:
        people = employees(session, 8)
        opened = commands.open_accounts(session, people, AccountKind.BUDGET, Unit.EUR)
        accounts = list(opened.values())
        for account in accounts:
            books.post(session, books.new(books.employer, account, 100))

    def pairs(seed):
        chance = random.Random(seed)
        return [chance.sample(accounts, 2) for _ in range(20)]

    def several(seed):
        def act(session):
            """Two transfers that cross in one command: locks in the order of ids, not of rows."""
            moves = [books.new(giver, taker, 1) for giver, taker in pairs(seed)]
            commands.post_transfers(
                session, commands.PostTransfers(tuple(moves)), actor=DINA, now=NOW
            )

        return act

    answers = together([several(seed) for seed in range(20)])
    assert answers == [None] * 20
    with unit_of_work() as session:
        left = commands.lock_accounts(session, accounts)
    assert sum(one.posted_minor for one in left.values()) == 800
    assert proves()


def test_one_transfer_sent_by_16_at_once_is_one(books):
    new = books.new(books.employer, books.budget, 500)
    cmd = commands.PostTransfers((new,))
    answers = together(
        [lambda session: commands.post_transfers(session, cmd, actor=DINA, now=NOW)] * 16
    )
    assert sorted(map(len, answers)) == [0] * 15 + [1]
    assert balance(books) == (500, 0)


def test_one_transfer_between_the_employers_accounts_sent_by_16_at_once_is_one(books):
    """No account is locked here: the id alone decides."""
    cmd = commands.PostTransfers((books.new(books.employer, books.purchase, 500),))
    answers = together(
        [lambda session: commands.post_transfers(session, cmd, actor=DINA, now=NOW)] * 16
    )
    assert sorted(map(len, answers)) == [0] * 15 + [1]


def test_a_hold_posted_and_voided_at_once_ends_one_way(books):
    give(books, 50000)
    with unit_of_work() as session:
        held = books.hold(session, 300)

    def post(session):
        cmd = commands.PostHold(new_transfer_id(MARCH), held, MARCH)
        commands.post_hold(session, cmd, actor=DINA, now=NOW)
        return "posted"

    def void(session):
        cmd = commands.VoidHold(new_transfer_id(APRIL), held, APRIL)
        commands.void_hold(session, cmd, actor=DINA, now=NOW)
        return "voided"

    answers = together([post, void] * 8)
    won = [answer for answer in answers if answer is not HoldRefused]
    assert won in (["posted"], ["voided"])
    assert balance(books) == ((49700, 0) if won == ["posted"] else (50000, 0))
    assert proves()


def test_a_transfer_reversed_by_8_at_once_is_reversed_once(books):
    give(books, 1000)
    with unit_of_work() as session:
        spent = books.spend(session, 400)

    def back(session):
        cmd = commands.ReverseTransfer(new_transfer_id(MARCH), spent, MARCH, "fix:1")
        commands.reverse_transfer(session, cmd, actor=DINA, now=NOW)

    answers = together([back] * 8)
    assert answers.count(None) == 1 and answers.count(ReversalRefused) == 7
    assert balance(books) == (1000, 0)


def test_a_seal_holds_whatever_is_posted_beside_it_in_50_rounds(books):
    """A row is either in the sealed digest or refused: none comes after, none is left out."""
    first = JUNE.plus(1)
    with unit_of_work() as session:
        cmd = commands.OpenMonths(first, first.plus(49))
        commands.open_months(session, cmd, actor=DINA, now=NOW)
        for month in MARCH.until(JUNE):
            commands.seal_month(session, commands.SealMonth(month), actor=DINA, now=NOW)

    late = 0
    for month in first.until(first.plus(49)):
        raw = (
            f"{{}}\t{month.number}\t{month.number}\t{books.employer}\t{books.budget}\tEUR\t1\t"
            f"allocation\t\\N\trun:{{}}\tsystem\t{NOW.isoformat()}\n"
        )

        def post(session, month=month):
            books.allocate(session, 1, month=month, source="run:post")

        def copy(session, month=month, raw=raw):
            line = raw.format(new_transfer_id(month), "copy")
            commands.copy_transfers(session, month, [line])

        def seal(session, month=month):
            commands.seal_month(session, commands.SealMonth(month), actor=DINA, now=NOW)

        answers = together([post, copy, seal])
        assert set(answers) <= {None, MonthSealed} and answers[2] is None
        late += answers.count(MonthSealed)
        with unit_of_work() as session:
            sealed, there = driver(session).execute(
                "SELECT (SELECT row_count FROM ledger_month WHERE month = %(month)s),"
                " (SELECT count(*) FROM ledger_transfer WHERE month = %(month)s)",
                {"month": month.number},
            ).fetchone()  # fmt: skip
        assert sealed == there == 2 - answers.count(MonthSealed)
    assert balance(books) == (100 - late, 0)
    assert proves()


def test_months_opened_by_6_at_once_are_there_once_while_transfers_are_posted(books):
    first, last = JUNE.plus(1), JUNE.plus(6)

    def open_(session):
        cmd = commands.OpenMonths(first, last)
        return commands.open_months(session, cmd, actor=DINA, now=NOW)

    def post(session):
        for _ in range(20):
            books.post(session, books.new(books.employer, books.budget, 1))
        return []

    answers = together([open_] * 6 + [post] * 6)
    assert sorted(month for opened in answers for month in opened) == list(first.until(last))
    assert balance(books) == (120, 0)
    assert proves()


def test_accounts_opened_by_16_at_once_are_one_each(books):
    with unit_of_work() as session:
        people = employees(session, 50)
    answers = together(
        [lambda session: commands.open_accounts(session, people, AccountKind.SAVINGS, Unit.EUR)]
        * 16
    )
    assert len(answers[0]) == 50
    assert all(answer == answers[0] for answer in answers)


def test_the_employers_account_opened_by_16_at_once_is_one(books):
    answers = together(
        [lambda session: commands.employer_account(session, AccountKind.PAY_OUT, Unit.EUR)] * 16
    )
    assert len(set(answers)) == 1


def test_openings_sent_by_4_at_once_are_posted_once(books):
    cmd = commands.PostOpenings(MARCH, (commands.Opening(2, "A1", "budget", Decimal(10)),))
    answers = together(
        [lambda session: commands.post_openings(session, cmd, actor=DINA, now=NOW).new] * 4
    )
    assert sorted(answers) == [0, 0, 0, 1]
    assert balance(books) == (1000, 0)


def test_two_seals_of_one_month_at_once_are_one_seal(books):
    give(books, 5)
    cmd = commands.SealMonth(MARCH)
    answers = together([lambda session: commands.seal_month(session, cmd, actor=DINA, now=NOW)] * 4)
    assert len(set(answers)) == 1
    with unit_of_work() as session:
        assert queries.month_state(session, MARCH) is MonthState.SEALED
