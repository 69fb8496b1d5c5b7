"""What the database itself refuses, whoever asks and however."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from ideals.kernel.ids import new_transfer_id
from ideals.ledger import commands
from tests.ledger.conftest import APRIL, DINA, MARCH, MAY, NOW

INSERT = (
    "INSERT INTO {table} (id, month, for_month, from_account, to_account, unit, amount_minor,"
    " reason, source, actor, happened_at, phase, hold_id, hold_month)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'order:1', 'psql', now(), %s, %s, %s)"
)


def row(books, **changed):
    """Parameters of a good purchase of 1.00 by Anna, with some of them changed."""
    values = {
        "id": new_transfer_id(MARCH),
        "month": 202603,
        "for_month": 202603,
        "from_account": books.budget,
        "to_account": books.purchase,
        "unit": "EUR",
        "amount": 100,
        "reason": "order",
        "phase": "single",
        "hold_id": None,
        "hold_month": None,
    }
    return list((values | changed).values())


@pytest.mark.parametrize("table", ["ledger_transfer", "ledger_transfer_202603"])
def test_an_insert_moves_the_balance_also_straight_into_a_partition(session, books, sql, table):
    books.allocate(session, 500)
    sql.execute(INSERT.format(table=table), row(books))
    assert books.balance(session, books.budget) == (400, 0)


@pytest.mark.parametrize("table", ["ledger_transfer", "ledger_transfer_202603"])
def test_a_copy_moves_the_balance_too(session, books, sql, table):
    line = f"{new_transfer_id(MARCH)}\t202603\t202603\t{books.employer}\t{books.budget}\tEUR\t77\t"
    columns = "id, month, for_month, from_account, to_account, unit, amount_minor, reason, source"
    statement = f"COPY {table} ({columns}, actor, happened_at) FROM STDIN"
    with sql.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(f"{line}allocation\trun:1\tpsql\t2026-03-01\n")
    assert books.balance(session, books.budget) == (77, 0)


@pytest.mark.parametrize("table", ["ledger_transfer", "ledger_transfer_202603"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {table} SET amount_minor = 1",
        "UPDATE {table} SET month = 202604",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "TRUNCATE {table} CASCADE",
    ],
)
def test_rows_are_only_ever_added(session, books, refused, table, change):
    books.allocate(session, 500)
    error = refused(change.format(table=table))
    assert isinstance(error, errors.RestrictViolation)
    assert "only ever added" in str(error)


@pytest.mark.parametrize("table", ["ledger_hold_resolution", "ledger_reversal", "ledger_month"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_goes_with_transfers_stays_too(session, books, refused, table, change):
    books.allocate(session, 500)
    voided = books.hold(session, 100)
    commands.void_hold(
        session, commands.VoidHold(new_transfer_id(MARCH), voided, MARCH), actor=DINA, now=NOW
    )
    commands.reverse_transfer(
        session,
        commands.ReverseTransfer(new_transfer_id(MARCH), books.spend(session, 1), MARCH, "fix:1"),
        actor=DINA,
        now=NOW,
    )
    assert isinstance(refused(change.format(table)), errors.RestrictViolation)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_account SET posted_minor = posted_minor + 1 WHERE id = %s",
        "UPDATE ledger_account SET held_minor = held_minor + 1 WHERE id = %s",
        "UPDATE ledger_account SET kind = 'savings' WHERE id = %s",
        "UPDATE ledger_account SET employee_id = NULL WHERE id = %s",
        "DELETE FROM ledger_account WHERE id = %s",
        "TRUNCATE ledger_account CASCADE",
    ],
)
def test_balances_and_accounts_change_only_by_transfers(session, books, refused, change):
    books.allocate(session, 500)
    error = refused(change, *([books.budget] if "%s" in change else []))
    assert isinstance(error, errors.RestrictViolation)


def test_an_account_starts_empty(books, refused):
    statement = (
        "INSERT INTO ledger_account (employee_id, kind, unit, posted_minor, held_minor)"
        " VALUES (%s, 'savings', 'EUR', %s, %s)"
    )
    assert isinstance(refused(statement, books.anna, 1, 0), errors.RestrictViolation)
    assert isinstance(refused(statement, books.anna, 0, 1), errors.RestrictViolation)
    assert isinstance(refused(statement, books.anna, None, None), errors.CheckViolation)


@pytest.mark.parametrize(
    ("kind", "unit"), [("budget", "MIN"), ("leave", "EUR"), ("purchase", "EUR"), ("wallet", "EUR")]
)
def test_an_employee_has_only_accounts_of_known_kinds_and_units(books, refused, kind, unit):
    error = refused(
        "INSERT INTO ledger_account (employee_id, kind, unit, posted_minor, held_minor)"
        " VALUES (%s, %s, %s, 0, 0)",
        books.anna,
        kind,
        unit,
    )
    assert isinstance(error, errors.CheckViolation)


def test_one_owner_has_one_account_of_a_kind_and_unit(books, refused):
    statement = "INSERT INTO ledger_account (kind, unit) VALUES ('budget', 'EUR')"
    assert isinstance(refused(statement), errors.UniqueViolation)


def test_nobody_makes_resolutions_by_hand(books, refused):
    for table in ("ledger_hold_resolution", "ledger_reversal"):
        error = refused(f"INSERT INTO {table} VALUES (%s, 202603, %s, 202603)", uuid4(), uuid4())
        assert isinstance(error, errors.RestrictViolation)


@pytest.mark.parametrize("amount", [0, -1, 10**14 + 1, 2**63 - 1])
def test_an_amount_is_positive_and_bounded(books, refused, amount):
    error = refused(INSERT.format(table="ledger_transfer"), *row(books, amount=amount))
    assert error.diag.constraint_name == "ledger_transfer_amount_bounded"


def test_a_sum_of_bounded_amounts_is_refused_before_it_wraps(books, sql, refused):
    """As many of the largest amounts as would pass 2^63 together."""
    error = refused(
        "INSERT INTO ledger_transfer (id, month, for_month, from_account, to_account, unit,"
        " amount_minor, reason, source, actor, happened_at)"
        " SELECT ('202603' || lpad(to_hex(i), 26, '0'))::uuid, 202603, 202603, %s, %s, 'EUR',"
        " 100000000000000, 'allocation', 'run:1', 'psql', now() FROM generate_series(1, 92234) i",
        books.employer,
        books.budget,
    )
    assert isinstance(error, errors.NumericValueOutOfRange)


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"unit": "MIN"}, "ledger_transfer_accounts_of_unit"),
        ({"month": 202604}, "ledger_transfer_id_shows_month"),
        ({"for_month": 202604}, "ledger_transfer_not_ahead"),
        ({"for_month": 202600}, "ledger_transfer_for_month_is_month"),
        ({"reason": "gift"}, "ledger_transfer_reason_known"),
        ({"phase": "post"}, "ledger_transfer_names_hold"),
        ({"phase": "later"}, "ledger_transfer_phase_known"),
        ({"hold_id": uuid4(), "hold_month": 202603}, "ledger_transfer_names_hold"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused_by_its_name(books, refused, changed, constraint):
    error = refused(INSERT.format(table="ledger_transfer"), *row(books, **changed))
    assert error.diag.constraint_name == constraint


def test_value_never_moves_between_euros_and_minutes(session, books, refused):
    books.allocate(session, 500)
    for changed in (
        {"to_account": books.leave},
        {"from_account": books.employer_leave},
        {"from_account": books.employer_leave, "to_account": books.leave},
        {"to_account": books.leave, "unit": "MIN"},
    ):
        for table in ("ledger_transfer", "ledger_transfer_202603"):
            error = refused(INSERT.format(table=table), *row(books, **changed))
            assert error.diag.constraint_name == "ledger_transfer_accounts_of_unit"
            assert isinstance(error, errors.ForeignKeyViolation)


def test_value_never_moves_to_an_account_that_is_not_there(books, refused):
    error = refused(INSERT.format(table="ledger_transfer"), *row(books, to_account=10**12))
    assert error.diag.constraint_name == "ledger_transfer_accounts_of_unit"


def test_value_never_moves_from_an_account_to_itself(books, refused):
    error = refused(INSERT.format(table="ledger_transfer"), *row(books, to_account=books.budget))
    assert error.diag.constraint_name == "ledger_transfer_accounts_differ"


def test_a_budget_is_never_overdrawn_holds_included(session, books, refused):
    books.allocate(session, 2000)
    books.hold(session, 500)
    error = refused(INSERT.format(table="ledger_transfer"), *row(books, amount=1501))
    assert error.diag.constraint_name == "ledger_account_never_overdrawn"
    books.spend(session, 1500)
    assert books.balance(session, books.budget) == (500, 500)


def test_what_is_owed_never_passes_zero(session, books, refused):
    books.post(session, books.new(books.owed, books.employer, 300))
    error = refused(
        INSERT.format(table="ledger_transfer"),
        *row(books, from_account=books.employer, to_account=books.owed, amount=301),
    )
    assert error.diag.constraint_name == "ledger_account_never_overdrawn"
    assert books.balance(session, books.owed) == (-300, 0)


def test_a_month_without_a_partition_takes_nothing(books, refused):
    later = row(books, id=new_transfer_id(MAY.plus(12)), month=202705)
    assert "no partition" in str(refused(INSERT.format(table="ledger_transfer"), *later))


def test_a_sealed_month_takes_no_row_by_any_door(session, books, refused):
    books.allocate(session, 500)
    commands.seal_month(session, commands.SealMonth(MARCH), actor=DINA, now=NOW)
    for table in ("ledger_transfer", "ledger_transfer_202603"):
        error = refused(INSERT.format(table=table), *row(books))
        assert error.diag.constraint_name == "ledger_month_sealed"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_month SET state = 'open', digest = NULL WHERE month = 202603",
        "UPDATE ledger_month SET digest = 'nicer' WHERE month = 202603",
        "UPDATE ledger_month SET row_count = 0 WHERE month = 202603",
    ],
)
def test_a_seal_is_never_broken(session, books, refused, change):
    books.allocate(session, 500)
    commands.seal_month(session, commands.SealMonth(MARCH), actor=DINA, now=NOW)
    assert refused(change).diag.constraint_name == "ledger_month_sealed"


def test_sealing_in_plain_sql_makes_the_same_seal(session, books, sql):
    books.allocate(session, 500)
    sql.execute(
        "UPDATE ledger_month SET state = 'sealed', sealed_at = now(), digest = 'mine',"
        " row_count = 99 WHERE month = 202603"
    )
    count, digest = sql.execute(
        "SELECT row_count, digest FROM ledger_month WHERE month = 202603"
    ).fetchone()
    assert count == 1
    assert digest == sql.execute("SELECT digest FROM ledger_digest(202603, '')").fetchone()[0]


def test_a_month_starts_open(books, refused):
    error = refused("INSERT INTO ledger_month (month, state) VALUES (203001, 'sealed')")
    assert isinstance(error, errors.RestrictViolation)


@pytest.mark.parametrize(
    ("phase", "amount", "says"),
    [
        ("post", 501, "for less"),
        ("void", 499, "whole amount"),
    ],
)
def test_a_resolution_that_does_not_fit_its_hold_is_refused(
    session, books, refused, phase, amount, says
):
    books.allocate(session, 2000)
    held = books.hold(session, 500)
    resolution = row(books, phase=phase, amount=amount, hold_id=held, hold_month=202603)
    assert says in str(refused(INSERT.format(table="ledger_transfer"), *resolution))


def test_only_a_hold_can_be_resolved(session, books, refused):
    single = books.allocate(session, 2000)
    insert = INSERT.format(table="ledger_transfer")
    for hold_id, says in ((single, "no hold"), (new_transfer_id(MARCH), "no such hold")):
        resolution = row(books, phase="void", hold_id=hold_id, hold_month=202603)
        assert says in str(refused(insert, *resolution))
    held = books.hold(session, 500)
    elsewhere = row(books, phase="post", hold_id=held, hold_month=202603, to_account=books.employer)
    assert "other accounts" in str(refused(insert, *elsewhere))


@pytest.mark.parametrize("first", ["post", "void"])
@pytest.mark.parametrize("second", ["post", "void"])
def test_a_hold_is_resolved_once_whatever_comes_second(session, books, sql, refused, first, second):
    books.allocate(session, 2000)
    held = books.hold(session, 500)
    insert = INSERT.format(table="ledger_transfer")
    sql.execute(insert, row(books, phase=first, amount=500, hold_id=held, hold_month=202603))
    again = row(
        books,
        id=new_transfer_id(APRIL),
        month=202604,
        phase=second,
        amount=500,
        hold_id=held,
        hold_month=202603,
    )
    assert refused(insert, *again).diag.constraint_name == "ledger_hold_resolved_once"


def test_a_hold_and_its_post_may_come_in_one_statement(session, books, sql):
    books.allocate(session, 2000)
    held, post = new_transfer_id(MARCH), new_transfer_id(MARCH)
    values = "(%s, %s, %s, %s, %s, %s, %s, %s, 'order:1', 'psql', now(), %s, %s, %s)"
    statement = INSERT.format(table="ledger_transfer") + ", " + values
    pending = row(books, id=held, phase="pending", amount=500)
    posted = row(books, id=post, phase="post", amount=300, hold_id=held, hold_month=202603)
    sql.execute(statement, pending + posted)
    assert books.balance(session, books.budget) == (1700, 0)


def test_transfers_are_not_posted_from_an_old_snapshot(own_books, own_database):
    """Repeatable read could miss that a month was sealed while it waited."""
    with psycopg.connect(own_database) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(errors.FeatureNotSupported, match="read committed"):
            connection.execute(
                INSERT.format(table="ledger_transfer"),
                row(own_books, from_account=own_books.employer, to_account=own_books.budget),
            )
