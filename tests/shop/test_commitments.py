"""Commitments: agreed afresh, charged each month before choices, short or not, ended by their rule.

Anna has 1,000.00 each month. A bicycle of 2,400.00 costs 100.00 a month for 24 months; a lease car
costs 950.00 a month for 48.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ideals.access.errors import SignInNotFresh
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import queries as ledger
from ideals.notices.models import Notice
from ideals.seeds import factories
from ideals.shop.commands import ConfirmOrder, commitments, confirm_order
from ideals.shop.commands.commitments import EndCommitment
from ideals.shop.errors import CommitmentStays, CommitmentUnknown, InsufficientBudget
from ideals.shop.models import Charge, Commitment, Order
from ideals.shop.queries.commitments import commitments_of, prove_charges
from ideals.shop.states import ChoiceMode
from tests.shop.conftest import (
    APRIL,
    MARCH,
    MAY,
    NOW,
    PDF,
    Shop,
    balance,
    employee_of,
    open_shop,
    proved,
)
from tests.shop.test_choices import chosen, orders_of

JUNE = Month(2026, 6)
PRODUCTS: dict[str, dict[str, Any]] = {
    "cash": {"kind": "pay_out"},
    "bicycle": {
        "kind": "bicycle",
        "price": "2400",
        "unit": "piece",
        "instalments": {"months": "24", "early_end": "yes", "leaving": "pay_rest"},
        "tax": "addition",
        "addition": "7% * price",
        "cancellation": "until_deadline",
    },
    "car": {
        "kind": "lease_car",
        "price": "950",
        "unit": "piece",
        "term": {"months": "48", "early_end": "yes", "leaving": "end"},
    },
    "sofa": {
        "kind": "other",
        "unit": "piece",
        "price": "600",
        "instalments": {"months": "6", "early_end": "no", "leaving": "end"},
        "approval": "manager",
        "evidence": {"en": "The invoice"},
    },
}


@pytest.fixture
def shop(session: Session) -> Shop:
    opened = open_shop(session, products=PRODUCTS)
    opened.anna = replace(opened.anna, proved_at=NOW)
    return opened


def ordered(session: Session, shop: Shop, product: str) -> Commitment:
    order = shop.order(session, product, "1")
    return session.get_one(Commitment, order.id)


def charges(session: Session, commitment: Commitment) -> list[tuple[str, int, int, int]]:
    rows = session.scalars(
        select(Charge).where(Charge.commitment_id == commitment.id).order_by(Charge.month)
    )
    return [(str(c.month), c.charged_minor, c.shortfall_minor, c.addition_minor) for c in rows]


def taken_from_pay(session: Session, shop: Shop) -> int:
    """Cents deducted from Anna's pay: what moved from pay_out to what she owes."""
    rows = session.execute(
        text(
            "SELECT sum(t.amount_minor)::bigint FROM ledger_transfer t"
            " JOIN ledger_account a ON a.id = t.from_account AND a.kind = 'pay_out'"
            " JOIN ledger_account b ON b.id = t.to_account AND b.kind = 'owed'"
            " WHERE b.employee_id = :anna"
        ),
        {"anna": employee_of(shop.anna)},
    )
    return rows.scalar() or 0


def owed(session: Session, shop: Shop) -> int:
    return sum(
        each.posted_minor
        for each in ledger.balances(session, employee_of(shop.anna))
        if each.kind == "owed" and each.unit is Unit.EUR
    )


# Agreed


def test_it_is_agreed_with_a_fresh_sign_in_alone(session: Session, shop: Shop) -> None:
    for proved_at in (None, NOW - timedelta(minutes=16)):
        stale = replace(shop.anna, proved_at=proved_at)
        with pytest.raises(SignInNotFresh):
            shop.order(session, "bicycle", "1", who=stale)
    assert session.scalars(select(Order)).all() == []
    shop.order(session, "cash", "10", who=replace(shop.anna, proved_at=None))
    assert ordered(session, shop, "bicycle").months == 24


def test_the_month_that_is_allocated_is_charged_at_once(session: Session, shop: Shop) -> None:
    bicycle = ordered(session, shop, "bicycle")
    assert charges(session, bicycle) == [("2026-03", 10_000, 0, 1_400)]
    assert balance(session, shop.anna) == (90_000, 0)
    assert proved(session)


def test_one_that_waits_for_an_approval_begins_when_it_is_given(
    session: Session, shop: Shop
) -> None:
    order = shop.order(session, "sofa", "1", evidence=(PDF,))
    assert order.state == "held"
    assert session.get(Commitment, order.id) is None
    assert balance(session, shop.anna) == (100_000, 0)
    confirm_order(session, ConfirmOrder(order.id, "agreed"), actor=shop.dina, now=NOW)
    assert charges(session, session.get_one(Commitment, order.id)) == [("2026-03", 10_000, 0, 0)]
    assert proved(session)


# Charged


def test_each_month_is_charged_once_before_the_choices(session: Session, shop: Shop) -> None:
    bicycle = ordered(session, shop, "bicycle")
    chosen(session, shop, "cash", ChoiceMode.REST)
    factories.a_run(session, APRIL)
    factories.a_run(session, APRIL)

    assert charges(session, bicycle) == [
        ("2026-03", 10_000, 0, 1_400),
        ("2026-04", 10_000, 0, 1_400),
    ]
    assert [price for _, _, price in orders_of(session, APRIL, shop.anna)] == [180_000]
    assert balance(session, shop.anna) == (0, 0)
    assert proved(session)


def test_what_the_budget_lacks_is_deducted_from_pay(session: Session, shop: Shop) -> None:
    shop.order(session, "cash", "400")
    car = ordered(session, shop, "car")
    assert charges(session, car) == [("2026-03", 95_000, 35_000, 0)]
    assert balance(session, shop.anna) == (0, 0)
    assert (taken_from_pay(session, shop), owed(session, shop)) == (35_000, 0)
    [notice] = session.scalars(select(Notice).where(Notice.kind == "commitment.short")).all()
    assert (notice.employee_id, notice.data["product"]) == (employee_of(shop.anna), "car")
    assert proved(session)


def test_a_debt_of_before_is_neither_grown_nor_paid_by_a_shortfall(
    session: Session, shop: Shop
) -> None:
    shop.order(session, "cash", "1000")
    factories.a_change(session, shop.people.anna, MARCH.first, part_time_factor="0.5")
    factories.a_run(session, MARCH)
    assert owed(session, shop) == -50_000
    ordered(session, shop, "bicycle")
    assert (taken_from_pay(session, shop), owed(session, shop)) == (10_000, -50_000)
    assert proved(session)


def test_the_oldest_commitment_is_paid_first(session: Session, shop: Shop) -> None:
    shop.order(session, "cash", "950")
    bicycle = ordered(session, shop, "bicycle")
    car = ordered(session, shop, "car")
    factories.a_run(session, APRIL)
    assert charges(session, bicycle)[-1][1:3] == (10_000, 0)
    assert charges(session, car)[-1][1:3] == (95_000, 5_000)


def test_instalments_come_to_the_price_and_then_end(session: Session, shop: Shop) -> None:
    order = shop.order(session, "sofa", "1", evidence=(PDF,))
    confirm_order(session, ConfirmOrder(order.id, "agreed"), actor=shop.dina, now=NOW)
    for month in APRIL.until(Month(2026, 10)):
        factories.a_run(session, month)
    sofa = session.get_one(Commitment, order.id)
    found = charges(session, sofa)
    assert [month for month, *_ in found] == [f"2026-0{number}" for number in range(3, 9)]
    assert sum(charged for _, charged, *_ in found) == 60_000
    assert proved(session)


def test_what_is_told_of_it_is_what_was_charged_and_what_comes(
    session: Session, shop: Shop
) -> None:
    ordered(session, shop, "bicycle")
    factories.a_run(session, APRIL)
    [told] = commitments_of(session, employee_of(shop.anna))
    assert (told.next, told.left_minor, len(told.charges)) == (MAY, 220_000, 2)
    assert sum(line.charge_minor for line in told.plan.lines()) == 240_000


# Ended before its time


def end(session: Session, shop: Shop, commitment: Commitment, **more: Any) -> Commitment:
    who = more.get("who", shop.anna)
    cmd = EndCommitment(commitment.id)
    return commitments.end_commitment(session, cmd, actor=who, now=NOW)


def test_ending_instalments_early_pays_the_rest_at_once(session: Session, shop: Shop) -> None:
    bicycle = ordered(session, shop, "bicycle")
    with pytest.raises(InsufficientBudget) as refused, session.begin_nested():
        end(session, shop, bicycle)
    assert (refused.value.data["price"], refused.value.data["missing"]) == (230_000, 140_000)
    factories.a_run(session, APRIL)
    factories.a_run(session, MAY)  # 2,700.00 are there now

    ended = end(session, shop, bicycle)
    assert ended.ended_because == "early"
    assert balance(session, shop.anna) == (60_000, 0)
    assert sum(charged for _, charged, *_ in charges(session, bicycle)) == 240_000
    assert end(session, shop, bicycle).ended_at == ended.ended_at
    factories.a_run(session, JUNE)
    assert balance(session, shop.anna) == (160_000, 0)
    assert proved(session)


def test_ending_a_term_early_charges_nothing_more(session: Session, shop: Shop) -> None:
    car = ordered(session, shop, "car")
    end(session, shop, car)
    factories.a_run(session, APRIL)
    assert [month for month, *_ in charges(session, car)] == ["2026-03"]
    assert proved(session)


def test_what_cannot_end_early_stays(session: Session, shop: Shop) -> None:
    order = shop.order(session, "sofa", "1", evidence=(PDF,))
    confirm_order(session, ConfirmOrder(order.id, "agreed"), actor=shop.dina, now=NOW)
    with pytest.raises(CommitmentStays):
        end(session, shop, session.get_one(Commitment, order.id))


def test_nobody_else_ends_it(session: Session, shop: Shop) -> None:
    bicycle = ordered(session, shop, "bicycle")
    for who in (shop.boris, shop.dina, shop.egor):
        with pytest.raises(CommitmentUnknown):
            end(session, shop, bicycle, who=who)


def test_on_leaving_the_rest_is_paid_or_nothing_more_is(session: Session, shop: Shop) -> None:
    """The bicycle's 2,300.00: 900.00 from the budget before the car took it, else from pay."""
    bicycle = ordered(session, shop, "bicycle")
    car = ordered(session, shop, "car")
    anna = employee_of(shop.anna)
    commitments.end_for_leavers(session, [anna], MARCH, now=NOW)
    assert {bicycle.ended_because, car.ended_because} == {"leaving"}
    assert [each[1:3] for each in charges(session, bicycle)] == [(10_000, 0), (230_000, 230_000)]
    assert [each[1:3] for each in charges(session, car)] == [(95_000, 5_000)]
    assert owed(session, shop) == 0
    commitments.end_for_leavers(session, [anna], MARCH, now=NOW)
    assert len(charges(session, bicycle)) == 2
    assert proved(session)


# Taken back


def test_cancelling_the_order_takes_every_charge_back(session: Session, shop: Shop) -> None:
    shop.order(session, "cash", "940")
    order = shop.order(session, "bicycle", "1")
    assert charges(session, session.get_one(Commitment, order.id))[0][1:3] == (10_000, 4_000)
    shop.cancel(session, order)
    assert balance(session, shop.anna) == (6_000, 0)
    assert owed(session, shop) == 0
    factories.a_run(session, APRIL)
    assert balance(session, shop.anna) == (106_000, 0)
    assert session.get_one(Commitment, order.id).ended_because == "cancelled"
    assert proved(session)


def test_a_charge_that_the_ledger_does_not_know_is_named(session: Session, shop: Shop) -> None:
    bicycle = ordered(session, shop, "bicycle")
    session.execute(text("UPDATE shop_charge SET charged_minor = 9999"))
    [found] = prove_charges(session)
    assert found.what == f"commitment:{bicycle.id}:2026-03"
    assert (found.expected, found.found) == (
        "charged 9999, of it from pay 0",
        "charged 10000, of it from pay 0",
    )
