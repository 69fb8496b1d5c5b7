"""Many at the shop at once: each in a transaction of their own, let go together.

Every race ends with a ledger that proves, orders and all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals.approvals.commands import Decide, decide
from ideals.approvals.errors import AlreadyDecided
from ideals.approvals.queries import of_subject
from ideals.approvals.states import Decision
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger.queries import prove
from ideals.pricing.errors import MonthClosed, QuoteUsed
from ideals.seeds import factories
from ideals.shop import commands
from ideals.shop.errors import (
    InsufficientBudget,
    LimitExceeded,
    MoveNotAllowed,
    NotCancellable,
    NotSellable,
    QuotaUsedUp,
)
from ideals.shop.models import Order
from tests.race.test_ledger import together
from tests.shop.conftest import (
    MARCH,
    NOW,
    PRODUCTS,
    ZONE,
    Shop,
    balance,
    employee_of,
    open_shop,
)

Act = Callable[[Session], object]


@pytest.fixture
def shop(own_database: str) -> Shop:
    with unit_of_work() as session:
        return open_shop(session)


def quotes(shop: Shop, count: int, product: str, quantity: str | None = None, **more: object):
    with unit_of_work() as session:
        return [shop.quote(session, product, quantity, **more) for _ in range(count)]


def placing(shop: Shop, quote: object, **more: object) -> Act:
    return lambda session: shop.place(session, quote, **more).id


def proves() -> bool:
    with unit_of_work() as session:
        assert prove(session) == []
    return True


def standing(product: str) -> list[tuple[str, Decimal]]:
    with unit_of_work() as session:
        query = select(Order.state, Order.quantity).where(
            Order.product == product, Order.state.in_(("held", "posted"))
        )
        return [(state, quantity) for state, quantity in session.execute(query)]


def left(shop: Shop, kind: str = "budget") -> tuple[int, int]:
    with unit_of_work() as session:
        return balance(session, shop.anna, kind)


def test_of_twenty_orders_on_one_budget_those_that_it_pays_are_placed(shop: Shop) -> None:
    made = quotes(shop, 20, "cash", "150")
    answers = together([placing(shop, quote) for quote in made])
    assert answers.count(InsufficientBudget) == 14
    assert len({answer for answer in answers if isinstance(answer, UUID)}) == 6
    assert left(shop) == (10000, 0)
    assert proves()


def test_posted_and_held_orders_share_one_budget(shop: Shop) -> None:
    made = quotes(shop, 10, "leave_asked", "7") + quotes(shop, 10, "savings", "140")
    answers = together([placing(shop, quote) for quote in made])
    assert answers.count(InsufficientBudget) == 13, "seven of 140.00 are 980.00"
    posted, held = left(shop)
    assert posted - held == 2000
    assert proves()


def test_a_limit_holds_however_many_ask_at_once(shop: Shop) -> None:
    made = quotes(shop, 16, "leave", "6")
    answers = together([placing(shop, quote) for quote in made])
    assert answers.count(LimitExceeded) == 10
    assert sum(quantity for _, quantity in standing("leave")) == 36
    assert proves()


def test_a_quota_gives_exactly_what_there_is_to_who_comes_first(own_database: str) -> None:
    seat = PRODUCTS["seat"] | {"quota": {"per": "year", "amount": "5"}}
    with unit_of_work() as session:
        shop = open_shop(session, products={"seat": seat})
        crowd = [an_actor(session, number) for number in range(16)]
        factories.a_run(session, MARCH)
        made = [(who, shop.quote(session, "seat", who=who)) for who in crowd]
    answers = together([placing(shop, quote, who=who) for who, quote in made])
    assert answers.count(QuotaUsedUp) == 11
    assert len(standing("seat")) == 5
    assert proves()


def an_actor(session: Session, number: int) -> Actor:
    employee = factories.an_employee(session, f"E{number}")
    return Actor(f"e{number}@example.org", user_id=1000 + number, employee_id=employee.id)


def test_leave_is_sold_once_however_many_sell_it(shop: Shop) -> None:
    made = quotes(shop, 12, "sell", "5") + quotes(shop, 4, "sell_asked", "5")
    answers = together([placing(shop, quote) for quote in made])
    assert answers.count(NotSellable) == 12, "24 hours are four times five"
    posted, held = left(shop, "leave")
    assert posted - held == (168 - 20) * 60
    assert proves()


def test_one_quote_sent_by_sixteen_is_one_order(shop: Shop) -> None:
    (quote,) = quotes(shop, 1, "leave", "8")
    answers = together([placing(shop, quote) for _ in range(16)])
    assert answers.count(QuoteUsed) == 15
    assert left(shop) == (84000, 0)
    assert proves()


def test_one_order_sent_by_sixteen_is_one_order_for_all_of_them(shop: Shop) -> None:
    (quote,) = quotes(shop, 1, "leave", "8")
    order_id = new_id()
    answers = together([placing(shop, quote, order_id=order_id) for _ in range(16)])
    assert answers == [order_id] * 16
    assert left(shop) == (84000, 0)
    assert proves()


def test_a_standing_choice_and_a_person_share_limit_and_budget(shop: Shop) -> None:
    made = quotes(shop, 8, "leave", "6")

    def directly(session: Session) -> object:
        cmd = commands.DirectOrder(
            new_id(), employee_of(shop.anna), "leave", MARCH, quantity=Decimal(40), most=True
        )
        order = commands.order_directly(session, cmd, actor=SYSTEM, now=NOW, zone=ZONE)
        return order.quantity

    together([placing(shop, quote) for quote in made] + [directly] * 8)
    assert sum(quantity for _, quantity in standing("leave")) == 40
    assert left(shop) == (100000 - 80000, 0)
    assert proves()


def test_an_order_and_the_seal_of_its_month_at_once_a_hundred_rounds(own_database: str) -> None:
    """An order is in the sealed month or was refused: none comes after, none is left out."""
    with unit_of_work() as session:
        shop = open_shop(session, budget="100000")
        first = Month(2026, 9)
        months = ledger.OpenMonths(first, first.plus(100))
        ledger.open_months(session, months, actor=SYSTEM, now=NOW)
        for month in Month(2026, 1).until(Month(2026, 8)):
            ledger.seal_month(session, ledger.SealMonth(month), actor=SYSTEM, now=NOW)
    placed = late = 0
    for month in first.until(first.plus(99)):
        at = datetime(month.year, month.month, 10, 9, tzinfo=UTC)
        with unit_of_work() as session:
            made = [
                shop.quote(session, product, "1", now=at) for product in ("cash", "leave_asked")
            ]
            assert {quote.month for quote in made} == {month}

        def seal(session: Session, month: Month = month) -> None:
            ledger.seal_month(session, ledger.SealMonth(month), actor=SYSTEM, now=NOW)

        answers = together([placing(shop, made[0], now=at), placing(shop, made[1], now=at), seal])
        assert answers[2] is None
        assert {type(each) if isinstance(each, UUID) else each for each in answers[:2]} <= {
            UUID, MonthClosed,
        }  # fmt: skip
        placed += sum(isinstance(each, UUID) for each in answers)
        late += answers.count(MonthClosed)
        release_what_is_held(month)
        with unit_of_work() as session:
            sealed, there = session.execute(
                text(
                    "SELECT (SELECT row_count FROM ledger_month WHERE month = :month),"
                    " (SELECT count(*) FROM ledger_transfer WHERE month = :month"
                    "   AND reason = 'order' AND phase <> 'void')"
                ),
                {"month": month.number},
            ).one()
            kept = session.scalar(select(func.count()).where(Order.month == month))
        assert sealed >= there == kept
    assert placed + late == 200
    assert proves()


def release_what_is_held(month: Month) -> None:
    """As the close would have before it sealed: here the seal comes without a close."""
    with unit_of_work() as session:
        held = session.scalars(
            select(Order.id).where(Order.month == month, Order.state == "held")
        ).all()
        for order_id in held:
            cmd = commands.ReleaseOrder(order_id, "closed")
            commands.release_order(session, cmd, actor=SYSTEM, now=NOW)


def test_cancelled_and_agreed_to_at_once_ends_one_way_fifty_times(shop: Shop) -> None:
    ends: Counter[str] = Counter()
    for _ in range(50):
        order_id, approval_id = held_order(shop)

        def agree(session: Session, approval_id: UUID = approval_id) -> str:
            decide(session, Decide(approval_id, Decision.APPROVE), actor=shop.boris, now=NOW)
            return "agreed"

        answers = together([agree, cancelling(shop, order_id)])
        state = state_of(order_id)
        if answers[0] is AlreadyDecided:
            assert (answers[1], state) == ("cancelled", "cancelled")
        else:
            # Agreed to first, and then taken back as well: this product allows it.
            assert (answers, state) == (["agreed", "cancelled"], "cancelled")
        ends[str(answers[0])] += 1
        assert left(shop) == (100000, 0)
    assert proves()


def test_cancelled_refused_released_and_agreed_to_at_once_ends_one_way(shop: Shop) -> None:
    for _ in range(30):
        order_id, approval_id = held_order(shop)

        def answer(choice: Decision, approval_id: UUID = approval_id) -> Act:
            def act(session: Session) -> str:
                cmd = Decide(approval_id, choice, "because")
                decide(session, cmd, actor=shop.boris, now=NOW)
                return choice.value

            return act

        def release(session: Session, order_id: UUID = order_id) -> str:
            cmd = commands.ReleaseOrder(order_id, "closed")
            return commands.release_order(session, cmd, actor=SYSTEM, now=NOW).state

        answers = together(
            [
                answer(Decision.APPROVE),
                answer(Decision.REFUSE),
                release,
                cancelling(shop, order_id),
                cancelling(shop, order_id),
            ]
        )
        refusals = {AlreadyDecided, MoveNotAllowed, NotCancellable}
        done = [each for each in answers if each not in refusals]
        state = state_of(order_id)
        assert state in ("refused", "released", "cancelled")
        assert set(done) <= {"approve", "refuse", "released", "cancelled"}
        if state != "cancelled":
            assert len(done) == 1
        assert left(shop) == (100000, 0)
    assert proves()


def held_order(shop: Shop) -> tuple[UUID, UUID]:
    with unit_of_work() as session:
        order = shop.order(session, "leave_asked", "8")
        return order.id, of_subject(session, order.source)[0].id


def cancelling(shop: Shop, order_id: UUID) -> Act:
    def act(session: Session) -> str:
        cmd = commands.CancelOrder(order_id)
        return commands.cancel_order(session, cmd, actor=shop.anna, now=NOW, zone=ZONE).state

    return act


def state_of(order_id: UUID) -> str:
    with unit_of_work() as session:
        return session.scalars(select(Order.state).where(Order.id == order_id)).one()


def test_an_order_cancelled_by_eight_at_once_is_reversed_once(shop: Shop) -> None:
    with unit_of_work() as session:
        order_id = shop.order(session, "leave", "8").id
    assert together([cancelling(shop, order_id)] * 8) == ["cancelled"] * 8
    assert left(shop) == (100000, 0)
    assert proves()


def test_bought_leave_is_given_back_or_sold_never_both(own_database: str) -> None:
    leave = PRODUCTS["leave"] | {"resale": "bought_only"}
    with unit_of_work() as session:
        shop = open_shop(session, products=PRODUCTS | {"leave": leave})
    for _ in range(20):
        with unit_of_work() as session:
            order_id = shop.order(session, "leave", "1").id
            sale = shop.quote(session, "leave", "1", selling=True)
        answers = together([cancelling(shop, order_id), placing(shop, sale)])
        sold = isinstance(answers[1], UUID)
        assert (answers[0] == "cancelled") != sold, answers
        if sold:
            with unit_of_work() as session:
                session.execute(
                    text("UPDATE shop_order SET cancellation = 'until_close' WHERE id = :id"),
                    {"id": answers[1]},
                )
            together([cancelling(shop, answers[1])])
            together([cancelling(shop, order_id)])
    assert left(shop) == (100000, 0)
    assert left(shop, "leave") == (168 * 60, 0)
    assert proves()
