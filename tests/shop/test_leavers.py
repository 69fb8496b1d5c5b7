"""Leavers, settled by the close of the month of their last day; amounts worked by hand.

Anna has 1,000.00 in March and leaves on the 31st; an hour of leave costs her 20.00. She was granted
144 statutory hours and 24 extra ones for the year; of them 90/365 are hers, 36 and 6 hours.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.budgets.commands.leave import PostLeaveTaken, post_leave_taken
from ideals.budgets.models import Run
from ideals.kernel.actor import SYSTEM
from ideals.ledger import queries as ledger
from ideals.seeds import factories
from ideals.shop.commands.closing import NoteDeath, note_death
from ideals.shop.models import Charge, Commitment
from tests.shop.conftest import (
    APRIL,
    MARCH,
    NOW,
    Shop,
    employee_of,
    proved,
    stored,
)
from tests.shop.test_closing import AFTER, SOLD, close, moved, opened

LEAVING = {"rest": "pay", "unused_bought": "reverse_at_price_paid", "debt": "set_off"}
AT_VALUE = LEAVING | {"unused_bought": "pay_at_value_today"}


def left(session: Session, leaving: dict[str, str] = LEAVING, **keys: Any) -> Shop:
    """The shop of whom Anna leaves; what is left is kept, so that the close pays only her."""
    keep = {"left_over": "keep_until_december"}
    return opened(session, leaving=leaving, **({"calendar": keep} | keys))


def leaves(session: Session, shop: Shop, on: date = MARCH.last, **columns: Any) -> None:
    factories.a_change(session, shop.people.anna, on, leaves_on=on, **columns)


def takes_leave(session: Session, shop: Shop, day: date, hours: int) -> None:
    factories.a_leave(session, shop.people.anna, day, minutes=hours * 60)
    cmd = PostLeaveTaken([employee_of(shop.anna)])
    post_leave_taken(session, cmd, actor=SYSTEM, now=AFTER)


def nothing_left(session: Session, shop: Shop) -> bool:
    found = ledger.balances(session, employee_of(shop.anna))
    assert {(each.posted_minor, each.held_minor) for each in found} == {(0, 0)}, found
    return proved(session)


def test_what_was_learned_of_a_leaver_is_allocated_before_they_are_settled(
    session: Session,
) -> None:
    shop = left(session)
    factories.a_change(session, shop.people.boris, MARCH.first, full_time_salary="6000")
    close(session)
    factories.a_run(session, APRIL)
    leaves(session, shop, APRIL.last)
    close(session, APRIL, now=AFTER.replace(month=5))
    runs = session.execute(
        select(Run.month, Run.kind, Run.round).where(Run.month >= MARCH).order_by(Run.id)
    )
    assert [(str(month), kind, number) for month, kind, number in runs] == [
        ("2026-03", "allocation", 1),
        ("2026-03", "close", 1),  # Boris stays: what was learned of him can wait
        ("2026-04", "allocation", 1),
        ("2026-04", "allocation", 2),
        ("2026-04", "close", 1),
    ]
    assert nothing_left(session, shop)


def test_the_rest_and_what_was_put_aside_is_paid(session: Session) -> None:
    shop = left(session)
    shop.order(session, "savings", "300")
    shop.order(session, "training", "150")
    leaves(session, shop)
    close(session)
    assert moved(session, shop.anna) == [
        ("budget", "employer pay_out", "settlement rest", 55_000),
        ("development", "employer pay_out", "settlement development", 15_000),
        ("leave", "employer leave", "settlement untold", 42 * 60),
        ("savings", "employer pay_out", "settlement savings", 30_000),
    ]
    assert moved(session, shop.boris) == []
    assert nothing_left(session, shop)


def test_unused_bought_hours_are_reversed_at_the_price_paid(session: Session) -> None:
    """8 h for 160.00, before a raise to 3,300.00 that makes an hour 22.00; 5 h more for 110.00.

    All 13 h go back for the 270.00 that were paid, which with the 730.00 left makes 1,000.00.
    """
    shop = left(session)
    shop.order(session, "leave", "8")
    factories.a_change(session, shop.people.anna, NOW.date(), full_time_salary="3300")
    assert shop.order(session, "leave", "5").price_minor == 11_000
    leaves(session, shop)
    close(session)
    assert moved(session, shop.anna) == [
        ("budget", "employer pay_out", "settlement rest", 100_000),
        ("employer purchase", "budget", "settlement leave", 11_000),
        ("employer purchase", "budget", "settlement leave", 16_000),
        ("leave", "employer leave", "settlement leave", 300),
        ("leave", "employer leave", "settlement leave", 480),
        ("leave", "employer leave", "settlement untold", 42 * 60),
    ]
    assert nothing_left(session, shop)


def test_unused_bought_hours_are_paid_at_todays_value(session: Session) -> None:
    """The same 13 h at today's 22.00: 286.00, with the 730.00 left 1,016.00."""
    shop = left(session, AT_VALUE)
    shop.order(session, "leave", "8")
    factories.a_change(session, shop.people.anna, NOW.date(), full_time_salary="3300")
    shop.order(session, "leave", "5")
    leaves(session, shop)
    close(session)
    assert moved(session, shop.anna) == [
        ("budget", "employer pay_out", "settlement rest", 101_600),
        ("employer budget", "budget", "settlement leave", 28_600),
        ("leave", "employer leave", "settlement leave", 780),
        ("leave", "employer leave", "settlement untold", 42 * 60),
    ]
    assert nothing_left(session, shop)


def test_where_leave_taken_is_told_granted_hours_are_paid_too(session: Session) -> None:
    """30 h taken, of the statutory ones, which expire first.

    12 granted hours are left at 20.00, 240.00; and the 8 h bought, 160.00, are reversed.
    """
    shop = left(session)
    shop.order(session, "leave", "8")
    takes_leave(session, shop, date(2026, 3, 12), 30)
    leaves(session, shop)
    close(session)
    assert moved(session, shop.anna) == [
        ("budget", "employer pay_out", "settlement rest", 124_000),
        ("employer budget", "budget", "settlement leave", 24_000),
        ("employer purchase", "budget", "settlement leave", 16_000),
        ("leave", "employer leave", "settlement leave", 480),
        ("leave", "employer leave", "settlement leave", 720),
    ]
    assert nothing_left(session, shop)


def test_leave_taken_beyond_what_there_was_is_paid_back(session: Session) -> None:
    """46 h taken of 42: 4 h at 20.00 are 80.00 of the 1,000.00."""
    shop = left(session)
    takes_leave(session, shop, date(2026, 3, 12), 46)
    leaves(session, shop)
    close(session)
    assert moved(session, shop.anna) == [
        ("budget", "employer pay_out", "settlement rest", 92_000),
        ("budget", "owed", "set_off debt", 8_000),
        ("employer leave", "owed", "settlement leave", 240),
        ("owed", "employer budget", "settlement leave", 8_000),
    ]
    assert nothing_left(session, shop)


def indebted(session: Session, shop: Shop) -> None:
    """Anna spent all of March, and turns out to have worked half of it: she owes 500.00."""
    shop.order(session, "cash", "900")
    shop.order(session, "savings", "100")
    factories.a_change(session, shop.people.anna, MARCH.first, part_time_factor="0.5")
    factories.a_run(session, MARCH)


def test_a_debt_is_set_off_and_the_rest_of_it_deducted_from_pay(session: Session) -> None:
    shop = left(session)
    indebted(session, shop)
    leaves(session, shop, part_time_factor="0.5")
    close(session)
    found = [line for line in moved(session, shop.anna) if "untold" not in line[2]]
    assert found == [
        ("employer pay_out", "owed", "settlement debt", 40_000),
        ("savings", "owed", "set_off debt", 10_000),
    ]
    assert nothing_left(session, shop)


def test_a_debt_is_waived_when_somebody_died(session: Session) -> None:
    shop = left(session, LEAVING | {"debt": "waive_on_death"})
    indebted(session, shop)
    leaves(session, shop, part_time_factor="0.5")
    anna = employee_of(shop.anna)
    for died in (True, True, False, True):
        note_death(session, NoteDeath(anna, died), actor=shop.dina, now=NOW)
    noted = select(Entry.subject).where(Entry.act.startswith("shop.death_")).distinct()
    assert session.scalars(noted).all() == ["employee:anna"]
    close(session)
    found = [line for line in moved(session, shop.anna) if "untold" not in line[2]]
    assert found == [
        ("employer budget", "owed", "waived debt", 50_000),
        ("savings", "employer pay_out", "settlement savings", 10_000),
    ]
    assert nothing_left(session, shop)


def test_what_was_planned_and_not_decided_is_released(session: Session) -> None:
    shop = left(session, calendar={"left_over": "keep_until_december", "pending": "approve"})
    order = shop.order(session, "leave_asked", "8", who=shop.anna)
    leaves(session, shop)
    close(session)
    assert stored(session, order).state == "released"
    assert nothing_left(session, shop)


def test_commitments_end_by_their_rule(session: Session) -> None:
    """600.00 in 6 instalments, 100.00 of them charged: the other 500.00 are paid on leaving."""
    sofa = {
        "kind": "other",
        "unit": "piece",
        "price": "600",
        "instalments": {"months": "6", "leaving": "pay_rest"},
    }
    shop = left(session, products=SOLD | {"sofa": sofa})
    order = shop.order(session, "sofa", "1", who=replace(shop.anna, proved_at=NOW))
    leaves(session, shop)
    close(session)
    found = session.execute(select(Charge.rest, Charge.charged_minor, Charge.shortfall_minor))
    assert sorted(map(tuple, found)) == [(False, 10_000, 0), (True, 50_000, 0)]
    assert session.get_one(Commitment, order.id).ended_because == "leaving"
    assert ("budget", "employer pay_out", "settlement rest", 40_000) in moved(session, shop.anna)
    assert nothing_left(session, shop)


def test_a_correction_after_the_leaving_is_settled_by_the_next_close(session: Session) -> None:
    """It turns out in April that Anna worked half as much again on 30 days of March: 483.87."""
    shop = left(session)
    leaves(session, shop)
    close(session)
    factories.a_change(session, shop.people.anna, MARCH.first, part_time_factor="1.5",
                       leaves_on=MARCH.last)  # fmt: skip
    factories.a_run(session, APRIL)
    close(session, APRIL, now=AFTER.replace(month=5))
    assert ("budget", "employer pay_out", "settlement rest", 48_387) in moved(
        session, shop.anna, APRIL
    )
    assert nothing_left(session, shop)


def test_who_comes_back_is_no_leaver(session: Session) -> None:
    shop = left(session)
    leaves(session, shop, date(2026, 3, 10))
    factories.a_change(session, shop.people.anna, date(2026, 3, 20), hired_on=date(2026, 3, 20),
                       leaves_on="")  # fmt: skip
    close(session)
    assert moved(session, shop.anna) == []
