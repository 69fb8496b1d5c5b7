"""What the shop shows: every product with what it is for one employee, in few statements."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_id, new_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger.states import AccountKind, Reason
from ideals.seeds import factories
from ideals.shop import commands, queries
from ideals.shop.models import Chosen
from ideals.shop.queries import Card, Catalogue
from tests.counting import counted_all
from tests.shop.conftest import (
    APRIL,
    MARCH,
    MAY,
    NOW,
    PRODUCTS,
    ZONE,
    Shop,
    employee_of,
    open_shop,
)

TODAY = date(2026, 3, 10)


def shown(session: Session, shop: Shop, month: Month | None = None) -> Catalogue:
    session.flush()
    return queries.catalogue(session, employee_of(shop.anna), month, TODAY)


def cards(session: Session, shop: Shop, month: Month | None = None) -> dict[str, Card]:
    return {card.product.code: card for card in shown(session, shop, month).cards}


def test_a_card_says_what_a_product_is_for_her(session: Session, shop: Shop) -> None:
    shop.order(session, "leave", "8")
    card = cards(session, shop)["leave"]
    assert card.available and card.why is None
    assert (card.unit_minor, card.minutes) == (2000, 60)
    assert (card.month, card.months, card.last_day) == (
        MARCH,
        (MARCH, APRIL, MAY),
        date(2026, 3, 15),
    )
    assert (card.minimum, card.maximum) == (Decimal(1), None)
    assert [(room.left, room.times_left) for room in card.rooms] == [(Decimal(32), None)]
    assert (card.quota_left, card.people, card.sale_minor) == (None, None, None)


def test_products_stand_in_the_order_of_the_scheme_beside_the_balances(
    session: Session, shop: Shop
) -> None:
    found = shown(session, shop)
    assert [card.product.code for card in found.cards] == list(PRODUCTS)
    assert found.balances[AccountKind.BUDGET].available_minor == 100000
    assert found.balances[AccountKind.LEAVE].available_minor == 168 * 60


def test_each_closed_product_says_why_and_when_it_opens(session: Session) -> None:
    few = {"en": "From scale 9.", "nl": "Vanaf schaal 9."}
    more = {
        "few": {"kind": "pay_out", "eligible": "full_time_salary > 4000", "not_eligible": few},
        "november": {"kind": "pay_out", "opens": {"months": ["11"]}},
        "by_scale": {
            "kind": "leave", "unit": "hour", "price": "20 if scale == '8' else 30",
        },
    }  # fmt: skip
    shop = open_shop(session, products=PRODUCTS | more)
    shop.order(session, "seat", "3")
    shop.order(session, "leave", "32")
    factories.a_run(session, APRIL, now=NOW)
    shop.order(session, "leave", "8")
    found = cards(session, shop)
    closed = {code: str(card.why) for code, card in found.items() if not card.available}
    assert closed == {
        "few": str(few),
        "november": "It can be ordered from 2026-11-01.",
        "by_scale": "by_scale: the scale is not known; give scale in the people file",
        "seat": "Everything there was of it has been ordered.",
        "leave": "You ordered as much of it as your limit allows.",
        "keep": "This is not ordered: what you do not use stays.",
    }
    assert found["november"].opens_on == date(2026, 11, 1)
    assert found["seat"].quota_left == 0


def test_for_a_later_month_only_what_can_be_planned_is_open(session: Session, shop: Shop) -> None:
    found = cards(session, shop, MAY)
    assert {code for code, card in found.items() if card.available} == {"cash", "leave"}
    assert found["leave"].month == MAY
    assert found["savings"].why == "This month takes no orders of it."
    assert found["savings"].months == (MARCH,)


def test_what_may_be_sold_back_shows_what_it_brings(session: Session) -> None:
    leave = PRODUCTS["leave"] | {"resale": "always", "sell_price": "full_time_salary / 200"}
    shop = open_shop(session, products=PRODUCTS | {"leave": leave})
    shop.order(session, "leave", "8")
    shop.order(session, "leave", "8", selling=True)
    card = cards(session, shop)["leave"]
    assert card.sale_minor == 1500
    assert card.rooms[0].left == 32, "what was sold back counts against no limit"


def test_who_has_no_scheme_is_shown_nothing(session: Session, shop: Shop) -> None:
    gone = factories.an_employee(session, "Gone", leaves_on=date(2026, 1, 31))
    found = queries.catalogue(session, gone.id, None, TODAY)
    assert (found.scheme, found.cards) == (None, [])


def test_who_joins_next_month_is_shown_what_there_will_be(session: Session, shop: Shop) -> None:
    new = factories.an_employee(session, "New", hired_on=date(2026, 4, 1))
    found = queries.catalogue(session, new.id, None, TODAY)
    card = next(card for card in found.cards if card.product.code == "leave")
    assert (card.month, card.available, card.unit_minor) == (APRIL, True, 2000)


# The number of statements


@pytest.mark.parametrize("many", [False, True])
def test_forty_products_cost_as_many_statements_as_four(session: Session, many: bool) -> None:
    four = {code: PRODUCTS[code] for code in ("cash", "leave", "bicycle", "seat")}
    forty = {f"{code}_{n}": product for n in range(10) for code, product in four.items()}
    shop = open_shop(session, products=forty if many else four)
    shop.order(session, "leave_1" if many else "leave", "1")
    session.flush()
    with counted_all() as seen:
        found = queries.catalogue(session, employee_of(shop.anna), None, TODAY)
    assert len(found.cards) == (40 if many else 4)
    budget = {
        "months": 1, "employments": 1, "schemes": 1, "prices": 1, "facts": 1, "balances": 1,
        "orders": 1, "quotas": 1, "chosen": 1,
    }  # fmt: skip
    assert seen.statements == sum(budget.values()), str(seen)


# How many chose it


def people(session: Session, count: int) -> list[int]:
    return [factories.an_employee(session, f"P{number}").id for number in range(count)]


def count(session: Session, after: timedelta = timedelta()) -> bool:
    return commands.count_chosen(session, actor=SYSTEM, now=NOW + after)


def test_how_many_chose_it_is_shown_from_ten_up(session: Session, shop: Shop) -> None:
    nine = people(session, 9)
    for employee in nine[:8]:
        an_order(session, shop, employee)
    shop.order(session, "cash", "1")
    assert count(session)
    assert queries.chosen_by(session) == {}, "nine"
    an_order(session, shop, nine[8])
    an_order(session, shop, nine[8])
    assert not count(session, timedelta(minutes=9)), "not again within ten minutes"
    assert count(session, timedelta(minutes=10))
    assert queries.chosen_by(session) == {("simple", "cash"): 10}
    assert cards(session, shop)["cash"].people == 10
    row = session.scalars(select(Chosen).where(Chosen.product == "cash")).one()
    assert (row.orders, row.total_minor) == (11, 1100)


def test_an_order_of_a_year_ago_and_a_cancelled_one_do_not_count(
    session: Session, shop: Shop
) -> None:
    for employee in people(session, 10):
        an_order(session, shop, employee)
    shop.cancel(session, shop.order(session, "savings", "1"))
    count(session)
    assert queries.chosen_by(session) == {("simple", "cash"): 10}
    count(session, timedelta(days=366))
    assert queries.chosen_by(session) == {}
    assert session.scalars(select(Chosen.people)).all() == [0]


def an_order(session: Session, shop: Shop, employee_id: int) -> None:
    """One euro of pay, for somebody who is given a budget first."""
    budget = AccountKind.BUDGET
    account = ledger.open_accounts(session, [employee_id], budget, Unit.EUR)[employee_id]
    given = ledger.NewTransfer(
        new_transfer_id(MARCH), MARCH, MARCH, ledger.employer_account(session, budget, Unit.EUR),
        account, Unit.EUR, 100, Reason.GRANT, f"gift:{new_id()}",
    )  # fmt: skip
    ledger.post_transfers(session, ledger.PostTransfers((given,)), actor=SYSTEM, now=NOW)
    cmd = commands.DirectOrder(new_id(), employee_id, "cash", MARCH, quantity=Decimal(1))
    commands.order_directly(session, cmd, actor=SYSTEM, now=NOW, zone=ZONE)
