"""The codes HR keeps: which one counts, from when, and that batches remember theirs."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.kernel.month import Month
from ideals.payroll import queries
from ideals.payroll.commands.codes import KeepCode, keep_code
from ideals.payroll.errors import CodeRefused, CodeTooLate
from ideals.payroll.queries.codes import kept_codes
from ideals.payroll.queries.reconciliation import prove_batches, reconciliation
from ideals.payroll.rules.codes import Coded, Kept, check_code, code_of
from ideals.payroll.states import LineKind
from tests.payroll.conftest import APRIL, DINA, FEBRUARY, MARCH, NOW, Books

PAY, HOURS = LineKind.PAY, LineKind.HOURS


def kept(kind: LineKind, item: str, first: Month, code: str) -> Kept:
    return Kept(kind, item, first, code, f"Name of {code}")


@pytest.mark.parametrize(
    ("item", "month", "code"),
    [
        ("cash", FEBRUARY, "pay.cash"),  # nothing is in force yet
        ("cash", MARCH, "4000"),  # the code of the kind
        ("advance", APRIL, "4000"),
        ("cash", APRIL, "4010"),  # its own code goes before that of the kind
        ("cash", Month(2026, 5), "4011"),  # and the later one before the earlier
        ("cash", Month(2027, 1), "4011"),
    ],
)
def test_the_code_that_counts(item: str, month: Month, code: str) -> None:
    codes = [
        kept(PAY, "", MARCH, "4000"),
        kept(PAY, "", Month(2026, 6), "4002"),
        kept(PAY, "cash", APRIL, "4010"),
        kept(PAY, "cash", Month(2026, 5), "4011"),
        kept(HOURS, "cash", FEBRUARY, "7000"),
    ]
    found = code_of(PAY, item, month, codes)
    assert (found.code, found.mapped) == (code, code.isdigit())


def test_a_thing_without_a_code_goes_under_one_that_says_what_it_is() -> None:
    usual = Coded("purchase.gym", "Paid from the budget: gym", mapped=False)
    assert code_of(LineKind.PURCHASE, "gym", MARCH, []) == usual


@pytest.mark.parametrize(
    ("code", "name", "field"),
    [
        ("", "Pay", "code"),
        ("=1+1", "Pay", "code"),
        ("40 10", "Pay", "code"),
        ("x" * 41, "Pay", "code"),
        ("4010", "", "name"),
        ("4010", "two\nlines", "name"),
        ("7000", "Pay", "code"),  # hours already
    ],
)
def test_what_is_no_code(code: str, name: str, field: str) -> None:
    others = [kept(HOURS, "leave", MARCH, "7000")]
    with pytest.raises(CodeRefused) as refused:
        check_code(Kept(PAY, "cash", MARCH, code, name), others)
    assert refused.value.data["field"] == field


def test_several_things_under_one_code_are_one_line(session: Session, books: Books) -> None:
    for item in ("cash", "advance"):
        keep_code(session, KeepCode(PAY, item, "4010", "Paid", MARCH), actor=DINA, now=NOW)
    keep_code(
        session,
        KeepCode(LineKind.DEDUCTION, "", "4010", "Kept back", MARCH),
        actor=DINA,
        now=NOW,
    )
    books.a_month_of_everything()
    books.pay("3", 6000, code="cash")
    books.seal(FEBRUARY)
    books.batch()

    lines = [(x.number, x.minor) for x in queries.exported(session, MARCH) if x.code == "4010"]
    assert lines == [("1", 25000), ("3", 500), ("4", -2500)]
    shown = {each.code: each for each in reconciliation(session, MARCH)}["4010"]
    assert (shown.minor, shown.difference_minor, shown.mapped) == (23000, 0, True)
    assert [(part.kind, part.item) for part in shown.parts] == [
        ("deduction", "lease"),
        ("deduction", "settlement"),
        ("pay", "advance"),
        ("pay", "cash"),
    ]
    assert list(prove_batches(session)) == []


def test_a_changed_code_changes_no_batch_that_was_made(session: Session, books: Books) -> None:
    keep_code(session, KeepCode(PAY, "", "4000", "Paid", MARCH), actor=DINA, now=NOW)
    for month in (MARCH, APRIL):
        books.allocate("1", 50000, month=month)
        books.pay("1", 20000, month=month)
    books.seal(FEBRUARY)
    books.batch()
    before = list(queries.exported(session, MARCH))
    with pytest.raises(CodeTooLate) as late:
        keep_code(session, KeepCode(PAY, "cash", "4711", "Cash", MARCH), actor=DINA, now=NOW)
    assert late.value.data == {"earliest": "2026-04"}
    keep_code(session, KeepCode(PAY, "cash", "4711", "Cash", APRIL), actor=DINA, now=NOW)
    books.batch(APRIL)

    assert list(queries.exported(session, MARCH)) == before
    assert [line.code for line in before] == ["4000"]
    assert [line.code for line in queries.exported(session, APRIL)] == ["4711"]
    assert list(prove_batches(session)) == []


def test_keeping_a_code_again_changes_nothing_and_another_replaces_it(session: Session) -> None:
    cmd = KeepCode(PAY, "cash", "4010", " Cash ", MARCH)
    keep_code(session, cmd, actor=DINA, now=NOW)
    keep_code(session, cmd, actor=DINA, now=NOW)
    assert kept_codes(session) == [Kept(PAY, "cash", MARCH, "4010", "Cash")]
    keep_code(session, KeepCode(PAY, "cash", "4012", "Cash", MARCH), actor=DINA, now=NOW)
    assert kept_codes(session) == [Kept(PAY, "cash", MARCH, "4012", "Cash")]
    acts = select(Entry.details["after"]["code"].astext).where(Entry.act == "payroll.code_kept")
    assert session.scalars(acts.order_by(Entry.id)).all() == ["4010", "4012"]
