"""Closing a month: what stands in its way, what it does, and that it may be repeated.

Everybody has 1,000.00 a month; an hour of leave costs 20.00. March takes orders through the 15th.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.audit import Entry
from ideals.budgets.models import Chunk, Run, Skip
from ideals.budgets.states import RunKind, StartedAs
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.ledger.models import Account, Transfer
from ideals.ledger.queries import month_state
from ideals.ledger.states import MonthState
from ideals.pricing.errors import MonthClosed
from ideals.seeds import factories
from ideals.seeds.commands import work_off
from ideals.shop.commands import closing
from ideals.shop.commands.closing import CloseMonth
from ideals.shop.errors import CloseRefused, MonthUnknown
from ideals.shop.queries.closing import month_view, prove_closes
from tests.shop.conftest import (
    APRIL,
    MARCH,
    NOW,
    PRODUCTS,
    ZONE,
    Shop,
    balance,
    employee_of,
    open_shop,
    proved,
    stored,
)

JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)
AFTER = datetime(2026, 3, 16, 9, tzinfo=UTC)
"""The day after the deadline."""
PAY_OUT = {"left_over": "pay_each_month"}


@pytest.fixture
def paying(session: Session) -> Shop:
    """What is left is paid each month. January and February are closed."""
    return opened(session, calendar=PAY_OUT)


SOLD = {code: product for code, product in PRODUCTS.items() if code != "keep"}


def opened(session: Session, products: Mapping[str, Any] = SOLD, **keys: Any) -> Shop:
    shop = open_shop(session, products=products, **keys)
    for month in (JANUARY, FEBRUARY):
        factories.a_close(session, month, now=NOW)
    return shop


def close(session: Session, month: Month = MARCH, *, now: datetime = AFTER, **more: str) -> None:
    factories.a_close(session, month, now=now, **more)


def started(
    session: Session, month: Month = MARCH, *, now: datetime = AFTER, early: str = ""
) -> list[Run]:
    cmd = CloseMonth(month, StartedAs.COMMAND, early)
    return closing.close_month(session, cmd, actor=factories.DINA, now=now, zone=ZONE)


def moved(session: Session, who: Actor, month: Month = MARCH) -> list[tuple[str, str, str, int]]:
    """What the close moved for somebody: (from, to, reason and code, amount), in an order."""
    rows = session.execute(
        text(
            """
            SELECT CASE WHEN a.employee_id IS NULL THEN 'employer ' ELSE '' END || a.kind,
                   CASE WHEN b.employee_id IS NULL THEN 'employer ' ELSE '' END || b.kind,
                   t.reason || ' ' || t.code, t.amount_minor
              FROM ledger_transfer t
              JOIN ledger_account a ON a.id = t.from_account
              JOIN ledger_account b ON b.id = t.to_account
             WHERE t.month = :month AND :anna IN (a.employee_id, b.employee_id)
               AND t.source LIKE 'close:%'
             ORDER BY 1, 2, 3, 4
            """
        ),
        {"month": month.number, "anna": employee_of(who)},
    )
    return [tuple(row) for row in rows]


# Whether it may


def test_a_month_is_closed_after_its_deadline(session: Session, paying: Shop) -> None:
    on_the_last_day = datetime(2026, 3, 15, 22, 30, tzinfo=UTC)  # half past eleven in Amsterdam
    with pytest.raises(CloseRefused) as refused:
        started(session, now=on_the_last_day)
    assert (refused.value.data["why"], refused.value.data["last_day"]) == ("deadline", "2026-03-15")
    an_hour_later = datetime(2026, 3, 15, 23, 30, tzinfo=UTC)
    assert started(session, now=an_hour_later)


def test_hr_may_close_early_and_says_why(session: Session, paying: Shop) -> None:
    with pytest.raises(CloseRefused):
        started(session, now=NOW, early="  ")
    close(session, now=NOW, early="payroll runs before the holiday")
    query = select(Entry).where(Entry.act == "shop.close_began").order_by(Entry.id.desc())
    told = session.scalars(query.limit(1)).one()
    assert told.details["early"] == "payroll runs before the holiday"


def test_earlier_months_are_closed_first(session: Session) -> None:
    shop = open_shop(session, products=SOLD, calendar=PAY_OUT)
    with pytest.raises(CloseRefused) as refused:
        started(session)
    assert (refused.value.data["why"], refused.value.data["earliest"]) == (
        "earlier_month",
        "2026-01",
    )
    for month in (JANUARY, FEBRUARY, MARCH):
        close(session, month)
    assert moved(session, shop.anna) == [
        ("budget", "employer pay_out", "left_over left_over", 100_000)
    ]
    assert proved(session)


def test_a_month_that_was_not_allocated_is_not_closed(session: Session, paying: Shop) -> None:
    close(session)
    with pytest.raises(CloseRefused) as refused:
        started(session, APRIL, now=datetime(2026, 4, 20, tzinfo=UTC))
    assert (refused.value.data["why"], refused.value.data["scheme"]) == ("not_allocated", "simple")


def test_a_run_at_work_is_waited_for(session: Session, paying: Shop) -> None:
    from ideals.budgets.commands import StartRun, start_run

    cmd = StartRun("simple", MARCH, False, StartedAs.API)
    start_run(session, cmd, actor=factories.DINA, now=NOW)
    with pytest.raises(CloseRefused) as refused:
        started(session)
    assert refused.value.data["run"] == "run:simple:2026-03:2"
    assert month_state(session, MARCH) is MonthState.OPEN


def test_what_stands_in_its_way_is_told_before(session: Session, paying: Shop) -> None:
    view = month_view(session, MARCH, date(2026, 3, 10))
    assert [obstacle.code for obstacle in view.obstacles] == ["deadline"]
    assert (view.state, view.schemes[0].allocated, view.schemes[0].close) == ("open", True, None)
    with pytest.raises(MonthUnknown):
        month_view(session, Month(2031, 1), date(2026, 3, 10))
    with pytest.raises(MonthUnknown):
        started(session, Month(2031, 1))


# What it does


def test_orders_go_to_the_next_month_while_it_closes(session: Session, paying: Shop) -> None:
    quote = paying.quote(session, "cash", "100")
    started(session)
    with pytest.raises(MonthClosed):
        paying.place(session, quote)
    assert paying.quote(session, "cash", "100", now=NOW).month == APRIL


def test_what_is_left_is_paid(session: Session, paying: Shop) -> None:
    paying.order(session, "cash", "250")
    close(session)
    assert moved(session, paying.anna) == [
        ("budget", "employer pay_out", "left_over left_over", 75_000)
    ]
    assert balance(session, paying.anna) == (0, 0)
    assert month_state(session, MARCH) is MonthState.SEALED
    assert proved(session)


def test_what_later_months_brought_is_not_paid_with_it(session: Session, paying: Shop) -> None:
    factories.a_run(session, APRIL)
    paying.order(session, "cash", "1400", now=datetime(2026, 4, 2, tzinfo=UTC), month=APRIL)
    paying.order(session, "cash", "300", who=paying.boris)
    close(session, now=datetime(2026, 4, 2, tzinfo=UTC))
    assert moved(session, paying.anna) == [
        ("budget", "employer pay_out", "left_over left_over", 60_000)
    ], "April spent 400.00 of what March had left"
    assert balance(session, paying.boris) == (100_000, 0)


def test_what_is_kept_stays_until_december(session: Session) -> None:
    shop = opened(session, calendar={"left_over": "keep_until_december"})
    close(session)
    assert moved(session, shop.anna) == []
    assert balance(session, shop.anna) == (100_000, 0)


SAVING = {"left_over": {"save_as_leave": {"at_most": "200"}}}


def test_what_is_saved_as_leave_is_bought_at_the_price_of_an_hour(session: Session) -> None:
    """168 h are there; 200 h are the most: 32 h for 640.00 are saved, and 360.00 paid."""
    shop = opened(session, calendar=SAVING)
    close(session)
    assert moved(session, shop.anna) == [
        ("budget", "employer pay_out", "left_over left_over", 36_000),
        ("budget", "employer purchase", "left_over left_over", 64_000),
        ("employer leave", "leave", "left_over left_over", 1_920),
    ]
    assert balance(session, shop.anna, "leave") == (200 * 60, 0)
    assert proved(session)


def test_somebody_whose_hour_has_no_price_is_skipped_and_looked_at_next_month(
    session: Session,
) -> None:
    leave = {"kind": "leave", "price": "10 / (part_time_factor - 0.5)"}
    shop = opened(session, products={"leave": leave}, calendar=SAVING)
    factories.a_change(session, shop.people.boris, MARCH.first, part_time_factor="0.5")
    close(session)
    [skip] = session.scalars(select(Skip)).all()
    assert (skip.employee_id, skip.code) == (employee_of(shop.boris), "component_failed")
    assert balance(session, shop.anna) == (0, 0)
    assert balance(session, shop.boris) == (100_000, 0)
    assert proved(session)


def test_orders_nobody_decided_are_released(session: Session, paying: Shop) -> None:
    order = paying.order(session, "leave_asked", "8")
    assert balance(session, paying.anna) == (100_000, 16_000)
    close(session)
    assert stored(session, order).state == "released"
    assert moved(session, paying.anna)[0][3] == 100_000
    assert proved(session)


def test_or_taken_for_a_yes_where_the_scheme_says_so(session: Session) -> None:
    shop = opened(session, calendar=PAY_OUT | {"pending": "approve"})
    leave = shop.order(session, "leave_asked", "8")
    dues = shop.order(session, "dues", "50")  # waits for a file
    close(session)
    assert (stored(session, leave).state, stored(session, dues).state) == ("posted", "released")
    assert moved(session, shop.anna)[0][3] == 84_000
    assert balance(session, shop.anna, "leave") == (176 * 60, 0)
    assert proved(session)


def test_a_month_in_which_nobody_chose_anything_closes(session: Session, paying: Shop) -> None:
    close(session)
    everybody = session.scalars(
        select(Transfer.amount_minor).where(Transfer.reason == "left_over")
    ).all()
    assert everybody == [100_000] * 5


def test_a_month_before_anybody_had_a_budget_is_sealed(session: Session, paying: Shop) -> None:
    assert month_state(session, JANUARY) is MonthState.SEALED
    rows = select(func.count()).select_from(Transfer).where(Transfer.month == JANUARY)
    assert session.scalar(rows) == 0


# Again


def test_closing_twice_changes_nothing(session: Session, paying: Shop) -> None:
    close(session)
    digest = month_view(session, MARCH, NOW.date()).digest
    rows = session.scalar(select(func.count()).select_from(Transfer))
    close(session)
    started(session)
    work_off(session, now=AFTER)
    assert month_view(session, MARCH, NOW.date()).digest == digest
    assert session.scalar(select(func.count()).select_from(Transfer)) == rows
    assert [
        run.round
        for run in session.scalars(select(Run).where(Run.kind == RunKind.CLOSE, Run.month == MARCH))
    ] == [1]


def test_it_is_announced_once(session: Session, paying: Shop) -> None:
    close(session)
    close(session)
    closing.sweep(session, actor=factories.DINA, now=AFTER)
    messages = session.scalars(
        select(outbox.Message.payload).where(outbox.Message.name == closing.SEALED)
    ).all()
    assert [message["month"] for message in messages if message["month"] == "2026-03"] == [
        "2026-03"
    ]


def test_starting_again_half_way_starts_no_second_run(session: Session, paying: Shop) -> None:
    first = started(session)
    assert started(session) == first
    work_off(session, now=AFTER)
    assert month_state(session, MARCH) is MonthState.SEALED


def test_a_month_is_sealed_once_every_scheme_is_through(session: Session, paying: Shop) -> None:
    factories.a_scheme(session, code="other", components={"budget": "500"}, calendar=PAY_OUT)
    egor = factories.an_employee(session, "Olga", scheme="other")
    factories.a_run(session, MARCH, scheme="other")
    runs = started(session)
    assert [run.scheme for run in runs] == ["other", "simple"]
    from ideals.budgets import commands as budgets

    for run in runs:
        assert month_state(session, MARCH) is MonthState.CLOSING
        budgets.plan_run(session, run.id, actor=factories.DINA, now=AFTER)
        for number in session.scalars(select(Chunk.number).where(Chunk.run_id == run.id)).all():
            lease = budgets.take_chunk(session, run.id, number, now=AFTER)
            assert lease is not None
            budgets.work_chunk(session, lease, now=AFTER)
        closing.seal_closed(session, MARCH, actor=factories.DINA, now=AFTER)
        budgets.close_run(session, run.id, actor=factories.DINA, now=AFTER)
        session.flush()
        sealed = closing.seal_closed(session, MARCH, actor=factories.DINA, now=AFTER)
        assert sealed == (run is runs[-1])
    budget = session.scalars(select(Account.posted_minor).where(Account.employee_id == egor.id))
    assert set(budget) == {0}
    assert proved(session)


def test_a_scheme_that_came_up_meanwhile_is_closed_too(session: Session, paying: Shop) -> None:
    started(session)
    factories.a_scheme(session, code="late", components={"budget": "500"}, calendar=PAY_OUT)
    factories.an_employee(session, "Olga", scheme="late")
    work_off(session, now=AFTER)
    schemes = session.scalars(
        select(Run.scheme).where(Run.kind == RunKind.CLOSE, Run.month == MARCH)
    ).all()
    assert sorted(schemes) == ["late", "simple"]
    assert month_state(session, MARCH) is MonthState.SEALED


def test_what_the_ledger_does_not_know_of_a_close_is_named(session: Session, paying: Shop) -> None:
    close(session)
    session.execute(
        text(
            'UPDATE budgets_chunk SET differences = \'[["left_over", "EUR", false, 5, -1]]\''
            " WHERE run_id = (SELECT id FROM budgets_run WHERE kind = 'close' AND month = 202603)"
        )
    )
    [found] = prove_closes(session)
    assert (found.what, found.expected, found.found) == (
        "close:simple:2026-03:1, left_over EUR: what its chunks moved",
        "-1",
        "-500000",
    )
