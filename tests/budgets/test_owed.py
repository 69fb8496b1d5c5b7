"""What a correction cannot take back, and hours that are granted."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.budgets import queries
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger.models import Transfer
from ideals.ledger.queries import prove
from ideals.ledger.states import AccountKind, Reason
from tests.budgets.conftest import NOW, SIMPLE, Clock, allocate, people, publish, row

MARCH = Month(2026, 3)


def spend(session: Session, number: str, cents: int, month: Month = MARCH) -> None:
    employee = queries.employee_of(session, number).id
    account = ledger.open_accounts(session, [employee], AccountKind.BUDGET, Unit.EUR)[employee]
    bought = ledger.NewTransfer(
        id=new_transfer_id(month),
        month=month,
        for_month=month,
        from_account=account,
        to_account=ledger.employer_account(session, AccountKind.PURCHASE, Unit.EUR),
        unit=Unit.EUR,
        amount_minor=cents,
        reason=Reason.ORDER,
        source="order:test",
    )
    ledger.post_transfers(session, ledger.PostTransfers((bought,)), actor=SYSTEM, now=NOW)


def budget(session: Session, month: str) -> queries.Budget:
    return queries.budget_of(session, queries.employee_of(session, "1").id, Month.parse(month))


def test_a_pay_cut_after_the_money_was_spent_ends_in_owed_and_is_set_off(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), now=now())
    allocate(session, "2026-03", now=now())
    spend(session, "1", 48_000)  # 9.90 of 489.90 is left

    people(session, row("1", full_time_salary="2700.00"), now=now())  # 48.99 less a month
    allocate(session, "2026-03", now=now())
    march = budget(session, "2026-03")
    assert (str(march.available), str(march.owed)) == ("0.00", "39.09")
    assert str(march.allocated) == "440.91"

    allocate(session, "2026-04", now=now())
    april = budget(session, "2026-04")
    assert (str(april.allocated), str(april.owed)) == ("440.91", "0.00")
    assert str(april.available) == "401.82"
    assert str(april.spent) == "39.09"
    before = session.scalar(select(func.count()).select_from(Transfer))
    allocate(session, "2026-04", now=now())
    assert session.scalar(select(func.count()).select_from(Transfer)) == before
    assert prove(session) == []


def test_a_debt_larger_than_a_month_is_set_off_over_months(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), now=now())
    for month in ("2026-01", "2026-02"):
        allocate(session, month, now=now())
    spend(session, "1", 97_980, Month(2026, 2))
    people(session, row("1", full_time_salary="300.00"), now=now())

    allocate(session, "2026-03", now=now())
    assert str(budget(session, "2026-03").owed) == "832.83"  # 881.82 back, 48.99 came in
    allocate(session, "2026-04", now=now())

    april = budget(session, "2026-04")
    assert (str(april.owed), str(april.available)) == ("783.84", "0.00")
    assert prove(session) == []


HOURS = (
    SIMPLE
    + """
hours:
  granted: {formula: "26 * part_time_factor", moment: january, round: up, unit: hour}
"""
)


def leave(session: Session) -> str:
    return str(queries.leave_balance(session, queries.employee_of(session, "1").id))


def test_yearly_hours_are_granted_once_and_follow_the_contract(session: Session) -> None:
    publish(session, HOURS)
    now = Clock()
    people(session, row("1"), now=now())
    allocate(session, "2026-01", now=now())
    assert leave(session) == "26.00"
    allocate(session, "2026-02", now=now())
    assert leave(session) == "26.00"

    people(session, row("1", valid_from="2026-03-16", part_time_factor="0.6"), now=now())
    allocate(session, "2026-03", now=now())

    # 74 days of 26 and 291 of 15.6 hours: 17.70..., rounded up
    assert leave(session) == "18.00"
    grants = session.execute(
        select(Transfer.month, Transfer.for_month, Transfer.amount_minor)
        .where(Transfer.unit == "MIN")
        .order_by(Transfer.month)
    ).all()
    assert [tuple(map(str, g)) for g in grants] == [
        ("2026-01", "2026-01", "1560"),
        ("2026-03", "2026-01", "480"),
    ]
    assert prove(session) == []


def test_who_joins_in_the_year_gets_hours_for_the_rest_of_it(session: Session) -> None:
    publish(session, HOURS)
    now = Clock()
    people(session, row("2"), now=now())
    allocate(session, "2026-06", now=now())
    people(session, row("1", hired_on="2026-07-01", valid_from="2026-07-01"), now=now())
    allocate(session, "2026-07", now=now())
    assert leave(session) == "14.00"  # 184 of 365 days of 26 hours: 13.1, rounded up
