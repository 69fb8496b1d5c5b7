"""The batch of a sealed month: its lines, its totals, its bytes."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month
from ideals.payroll import queries
from ideals.payroll.commands.batches import MakeBatch, make_batch
from ideals.payroll.errors import MonthNotSealed
from ideals.payroll.queries.reconciliation import prove_batches, reconciliation
from ideals.payroll.rules.written import csv_of
from tests.payroll.conftest import APRIL, DINA, FEBRUARY, MARCH, NOW, Books


def lines_of(session: Session, month=MARCH) -> list[tuple[str, str, str, str, int]]:
    return [
        (line.number, line.code, line.unit.value, line.tax, line.minor)
        for line in queries.exported(session, month)
    ]


def test_a_month_of_everything_has_one_line_for_each_employee_and_code(
    session: Session, books: Books
) -> None:
    books.a_month_of_everything()
    books.seal(FEBRUARY)
    books.batch()

    assert lines_of(session) == [
        ("1", "pay.advance", "EUR", "taxed", 5000),
        ("1", "pay.cash", "EUR", "taxed", 20000),
        ("1", "purchase.union", "EUR", "exempt", 1250),
        ("2", "hours.leave", "MIN", "none", 480),
        ("2", "hours.sell", "MIN", "none", -120),
        ("2", "purchase.leave", "EUR", "exempt", 16000),
        ("3", "deduction.lease", "EUR", "taxed", -5500),
        ("3", "pay.left_over", "EUR", "taxed", 100),
        ("3", "purchase.lease", "EUR", "exempt", 17500),
        ("4", "deduction.settlement", "EUR", "taxed", -2500),
        ("4", "pay.settlement", "EUR", "taxed", 50000),
    ]


def test_totals_by_code_are_what_the_ledger_has(session: Session, books: Books) -> None:
    books.a_month_of_everything()
    books.seal(FEBRUARY)
    books.batch()

    shown = reconciliation(session, MARCH)
    assert [each.code for each in shown if each.difference_minor] == []
    by_code = {each.code: each for each in shown}
    assert by_code["pay.cash"].minor == by_code["pay.cash"].ledger_minor == 20000
    cash = by_code["pay.cash"].parts[0]
    assert (cash.people, cash.count, cash.reversed_minor) == (2, 3, -7000)
    paid = sum(e.minor for e in shown if e.code.startswith(("pay", "deduction")))
    assert paid == account_total(session, "pay_out")
    bought = sum(e.minor for e in shown if e.code.startswith("purchase"))
    assert bought == account_total(session, "purchase")
    assert list(prove_batches(session)) == []


def account_total(session: Session, kind: str, month: Month = MARCH) -> int:
    """What came to the employer's account in a month, less what left it."""
    return session.scalar(
        text(
            "SELECT coalesce(sum(CASE WHEN a.id = t.to_account THEN amount_minor"
            "                         ELSE -amount_minor END), 0)::bigint"
            "  FROM ledger_transfer t"
            "  JOIN ledger_account a ON a.id IN (t.from_account, t.to_account)"
            " WHERE a.employee_id IS NULL AND a.kind = :kind AND t.month = :month"
        ),
        {"kind": kind, "month": month.number},
    )


def test_the_proof_finds_a_line_that_is_wrong_missing_or_too_much(
    session: Session, books: Books
) -> None:
    books.a_month_of_everything()
    books.seal(FEBRUARY)
    books.batch()
    for table in ("payroll_line", "payroll_item", "payroll_batch"):
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    session.execute(text("UPDATE payroll_line SET minor = minor + 1 WHERE code = 'pay.cash'"))
    session.execute(text("DELETE FROM payroll_line WHERE code = 'hours.sell'"))
    session.execute(
        text(
            "INSERT INTO payroll_line (month, line, employee_id, code, unit, tax, minor)"
            " VALUES (202603, 99, :one, 'made.up', 'EUR', 'taxed', 5)"
        ),
        {"one": books.employee("5")},
    )
    found = {(d.what.split(", ", 1)[1], d.expected, d.found) for d in prove_batches(session)}
    one, two, five = (f"employee {books.employee(n)}" for n in ("1", "2", "5"))
    assert {
        (f"{one}, pay.cash EUR taxed", "20000", "20001"),
        (f"{two}, hours.sell MIN none", "-120", "0"),
        (f"{five}, made.up EUR taxed", "0", "5"),
        ("code pay.cash EUR taxed", "20000", "20001"),
        ("code hours.sell MIN none", "-120", "0"),
        ("code made.up EUR taxed", "0", "5"),
    } == found


def test_the_proof_finds_what_the_ledger_holds_and_no_batch_does(
    session: Session, books: Books
) -> None:
    """As if a row had been written past the seal by somebody who may switch triggers off."""
    books.allocate("1", 50000)
    books.pay("1", 20000)
    books.seal(FEBRUARY)
    books.batch()
    session.execute(text("ALTER TABLE ledger_transfer_202603 DISABLE TRIGGER ALL"))
    session.execute(
        text(
            "INSERT INTO ledger_transfer_202603 (id, month, for_month, from_account, to_account,"
            " unit, amount_minor, reason, source, actor, happened_at) VALUES"
            " (:id, 202603, 202603, :purchase, :pay_out, 'EUR', 700, 'order', 'x', 'x', now())"
        ),
        {
            "id": new_transfer_id(MARCH),
            "purchase": books.employers("purchase"),
            "pay_out": books.employers("pay_out"),
        },
    )
    found = {(d.what, d.expected, d.found) for d in prove_batches(session)}
    assert found == {
        ("payroll 2026-03, pay of order", "700", "0"),
        ("payroll 2026-03, purchase of order", "-700", "0"),
    }


def test_a_batch_is_made_once_and_only_of_a_sealed_month(session: Session, books: Books) -> None:
    books.allocate("1", 50000)
    books.pay("1", 20000)
    books.seal(FEBRUARY)
    with pytest.raises(MonthNotSealed):
        make_batch(session, MakeBatch(MARCH), actor=DINA, now=NOW)
    first = books.batch()
    later = NOW + timedelta(days=30)
    again = make_batch(session, MakeBatch(MARCH), actor=DINA, now=later)
    assert again is first
    assert (again.made_at, again.line_count) == (NOW, 1)
    with pytest.raises(MonthNotSealed):
        make_batch(session, MakeBatch(Month(2031, 1)), actor=DINA, now=NOW)


def test_the_digest_is_that_of_the_exported_file(session: Session, books: Books) -> None:
    books.a_month_of_everything()
    books.seal(FEBRUARY)
    batch = books.batch()
    content = b"".join(csv_of(queries.exported(session, MARCH)))
    assert sha256(content).hexdigest() == batch.digest
    rows = list(csv.reader(io.StringIO(content.decode())))
    assert rows[0] == [
        "month", "number", "code", "name", "amount", "minutes", "hours", "tax", "reference",
    ]  # fmt: skip
    assert rows[1:3] == [
        ["2026-03", "1", "pay.advance", "Paid out: advance", "50.00", "", "", "taxed",
         "2026-03-000001"],
        ["2026-03", "1", "pay.cash", "Paid out: cash", "200.00", "", "", "taxed",
         "2026-03-000002"],
    ]  # fmt: skip
    assert rows[5] == [
        "2026-03", "2", "hours.sell", "Leave, hours: sell", "", "-120", "-2.00", "none",
        "2026-03-000005",
    ]  # fmt: skip


def test_what_is_taken_back_later_is_below_zero_in_the_month_it_is_booked_in(
    session: Session, books: Books
) -> None:
    books.allocate("1", 50000)
    paid = books.pay("1", 20000)
    books.seal(FEBRUARY)
    books.batch()
    books.reverse(paid, month=APRIL)
    books.pay("1", 5000, month=APRIL)
    books.batch(APRIL)

    assert lines_of(session, APRIL) == [("1", "pay.cash", "EUR", "taxed", -15000)]
    part = reconciliation(session, APRIL)[0].parts[0]
    assert (part.count, part.reversed_minor, part.earlier_minor) == (2, -20000, -20000)


def test_a_batch_is_never_changed(session: Session, books: Books) -> None:
    books.allocate("1", 50000)
    books.pay("1", 20000)
    books.seal(FEBRUARY)
    books.batch()
    for statement in (
        "UPDATE payroll_line SET minor = 0",
        "DELETE FROM payroll_line",
        "TRUNCATE payroll_item",
        "UPDATE payroll_batch SET digest = ''",
        "DELETE FROM payroll_item",
    ):
        with pytest.raises(DBAPIError, match="only ever added"), session.begin_nested():
            session.execute(text(statement))
