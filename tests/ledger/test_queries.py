from __future__ import annotations

import pytest

from ideals.kernel.ids import new_transfer_id
from ideals.kernel.quantity import Unit
from ideals.ledger import commands, queries
from ideals.ledger.errors import MonthNotOpened
from ideals.ledger.models import LedgerMonth
from ideals.ledger.states import EMPLOYEE_KINDS, UNITS, AccountKind, MonthState, Reason
from tests.ledger.conftest import APRIL, DINA, JUNE, MARCH, MAY, NOW, employees


def seal(session, month):
    commands.seal_month(session, commands.SealMonth(month), actor=DINA, now=NOW)


def test_what_belongs_to_a_sealed_month_is_booked_in_the_earliest_open_one(session, books):
    assert queries.open_month(session) == MARCH
    assert queries.booking_month(session, MAY) == MAY
    seal(session, MARCH)
    seal(session, APRIL)
    assert queries.open_month(session) == MAY
    assert queries.booking_month(session, MARCH) == MAY
    assert queries.booking_month(session, JUNE) == JUNE


def test_a_closing_month_still_takes_rows(session, books, sql):
    sql.execute("UPDATE ledger_month SET state = 'closing' WHERE month = 202603")
    assert queries.month_state(session, MARCH) is MonthState.CLOSING
    assert queries.booking_month(session, MARCH) == MARCH
    books.allocate(session, 500)
    seal(session, MARCH)
    assert session.get(LedgerMonth, MARCH).row_count == 1


def test_a_month_that_is_not_there_is_said_to_be_so(session, books):
    assert queries.month_state(session, JUNE.plus(1)) is None
    with pytest.raises(MonthNotOpened):
        queries.booking_month(session, JUNE.plus(1))


def test_balances_name_each_account_in_its_unit(session, books):
    books.allocate(session, 1000)
    books.hold(session, 300)
    books.post(session, books.new(books.owed, books.employer, 70))
    got = {(one.kind, one.unit): one for one in queries.balances(session, books.anna)}
    assert got.keys() == {
        (AccountKind.BUDGET, Unit.EUR),
        (AccountKind.LEAVE, Unit.MIN),
        (AccountKind.OWED, Unit.EUR),
    }
    budget = got[AccountKind.BUDGET, Unit.EUR]
    assert (budget.posted_minor, budget.held_minor, budget.available_minor) == (1000, 300, 700)
    assert got[AccountKind.OWED, Unit.EUR].posted_minor == -70


def test_the_lists_of_kinds_and_units_are_those_of_the_database(session, books, sql):
    """Opens every account that the enums promise, and is refused none."""
    for kind in AccountKind:
        for unit in UNITS[kind]:
            if kind is not AccountKind.OWED:
                commands.employer_account(session, kind, unit)
            if kind in EMPLOYEE_KINDS:
                commands.open_accounts(session, [books.anna], kind, unit)


def test_every_reason_is_one_of_the_database(session, books):
    for reason in Reason:
        books.post(session, books.new(books.employer, books.budget, 1, reason=reason))
    assert books.balance(session, books.budget) == (len(Reason), 0)


def test_allocated_is_by_code_and_month_with_corrections_wherever_booked(session, books):
    february = MARCH.plus(-1)
    books.allocate(session, 800, code="holiday_allowance")
    books.allocate(session, 833, code="thirteenth_month")
    books.allocate(session, 50, code="holiday_allowance", for_month=february)
    down = {"reason": Reason.ALLOCATION, "code": "holiday_allowance", "source": "run:9"}
    books.post(
        session,
        books.new(books.budget, books.employer, 120, month=APRIL, for_month=MARCH, **down),
    )
    books.spend(session, 500)
    books.allocate(session, 7, reason=Reason.GRANT, code="course")

    assert queries.allocated(session, [books.budget], [MARCH]) == {
        (books.budget, "holiday_allowance", MARCH): 680,
        (books.budget, "thirteenth_month", MARCH): 833,
    }
    both = queries.allocated(session, [books.budget], [february, MARCH])
    assert both[books.budget, "holiday_allowance", february] == 50
    granted = queries.allocated(session, [books.budget], [MARCH], reasons=[Reason.GRANT])
    assert granted == {(books.budget, "course", MARCH): 7}
    assert queries.allocated(session, [], [MARCH]) == {}


def test_allocated_keeps_to_the_sources_asked_for(session, books):
    books.allocate(session, 800, source="run:nwb:2026-03:1")
    books.allocate(session, 30, source="run:meridian:2026-03:1")
    got = queries.allocated(session, [books.budget], [MARCH], source_prefix="run:nwb:")
    assert list(got.values()) == [800]


def test_allocated_reads_no_partition_before_the_earliest_month(session, books, sql):
    plan = sql.execute(
        "EXPLAIN " + queries._ALLOCATED,
        {
            "first": MAY.number,
            "months": [MAY.number],
            "accounts": [books.budget],
            "reasons": ["allocation"],
            "source": None,
        },
        prepare=False,
    ).fetchall()
    read = str(plan)
    assert "ledger_transfer_202605" in read
    assert "ledger_transfer_202603" not in read and "ledger_transfer_202604" not in read


def test_a_reversed_allocation_counts_as_not_allocated(session, books):
    made = books.allocate(session, 800)
    cmd = commands.ReverseTransfer(new_transfer_id(APRIL), made, APRIL, "fix:1")
    commands.reverse_transfer(session, cmd, actor=DINA, now=NOW)
    assert list(queries.allocated(session, [books.budget], [MARCH]).values()) == [0]


def test_a_statement_tells_all_that_happened_to_an_employee(session, books):
    books.allocate(session, 1000)
    held = books.hold(session, 400)
    resolve = commands.PostHold(new_transfer_id(APRIL), held, APRIL, 250)
    commands.post_hold(session, resolve, actor=DINA, now=NOW)
    commands.void_hold(
        session,
        commands.VoidHold(new_transfer_id(MAY), books.hold(session, 100, month=MAY), MAY),
        actor=DINA,
        now=NOW,
    )
    rows = queries.statement(session, books.anna, MARCH, JUNE)
    by_month = {}
    for row in rows:
        by_month.setdefault(row.month, []).append((row.amount_minor, row.held_minor))
    assert sorted(by_month[MARCH]) == [(0, 400), (1000, 0)]
    assert by_month[APRIL] == [(-250, -400)]
    assert sorted(by_month[MAY]) == [(0, -100), (0, 100)]
    assert (sum(r.amount_minor for r in rows), sum(r.held_minor for r in rows)) == (750, 0)
    assert [row.month for row in queries.statement(session, books.anna, APRIL, APRIL)] == [APRIL]


def test_a_transfer_between_ones_own_accounts_shows_both_sides(session, books):
    books.post(session, books.new(books.owed, books.employer, 300))
    books.allocate(session, 1000)
    set_off = books.new(books.budget, books.owed, 300, reason=Reason.SET_OFF)
    books.post(session, set_off)
    rows = [r for r in queries.statement(session, books.anna, MARCH, MARCH) if r.id == set_off.id]
    assert sorted((row.kind, row.amount_minor) for row in rows) == [
        (AccountKind.BUDGET, -300),
        (AccountKind.OWED, 300),
    ]


def test_a_statement_goes_by_the_indexes_of_both_sides(session, books, sql):
    """However many others have rows in these months, nobody else's are read."""
    others = employees(session, 300)
    accounts = commands.open_accounts(session, others, AccountKind.BUDGET, Unit.EUR)
    books.post(
        session, *[books.new(books.employer, one, 1) for one in accounts.values() for _ in range(4)]
    )
    sql.execute("ANALYZE ledger_transfer_202603")
    statement = str(queries._STATEMENT)
    hers = f"'{{{books.budget}, {books.leave}, {books.owed}}}'"
    for name, value in {"accounts": hers, "first": "202603", "last": "202603"}.items():
        statement = statement.replace(f":{name}", value)
    plan = "\n".join(line for (line,) in sql.execute("EXPLAIN " + statement).fetchall())
    assert "ledger_transfer_202603_from_account_idx" in plan
    assert "ledger_transfer_202603_to_account_idx" in plan
    assert "Seq Scan on ledger_transfer_202603" not in plan
