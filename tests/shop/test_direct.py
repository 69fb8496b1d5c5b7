"""Orders without a quote: what standing choices place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ideals.kernel.actor import SYSTEM
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_id
from ideals.ledger import commands as ledger
from ideals.pricing.errors import MonthClosed, NotEligible, ProductUnknown, QuantityMissing
from ideals.pricing.queries import price_book
from ideals.schemes import queries as schemes
from ideals.schemes.errors import QuantityTooLarge, QuantityTooSmall
from ideals.schemes.facts import facts_to_sell
from ideals.shop import commands
from ideals.shop.commands.choices import SetChoice, What, set_choice
from ideals.shop.errors import (
    InsufficientBudget,
    LimitExceeded,
    NotSellable,
    OrderDiffers,
    QuotaUsedUp,
)
from ideals.shop.models import Order
from ideals.shop.states import ChoiceMode, OrderState
from tests.counting import counted_all
from tests.shop.conftest import (
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


def directly(
    session: Session,
    shop: Shop,
    product: str,
    *,
    order_id: UUID | None = None,
    known: commands.Known | None = None,
    **asked: Any,
) -> Order:
    kept = {"month": MARCH} | asked
    if isinstance(kept.get("quantity"), str):
        kept["quantity"] = Decimal(kept["quantity"])
    cmd = commands.DirectOrder(order_id or new_id(), employee_of(shop.anna), product, **kept)
    return commands.order_directly(session, cmd, actor=SYSTEM, now=NOW, zone=ZONE, known=known)


def test_so_many_units_at_the_price_of_the_day(session: Session, shop: Shop) -> None:
    what = What(ChoiceMode.QUANTITY, Decimal(8))
    cmd = SetChoice(employee_of(shop.anna), "leave", what)
    choice = set_choice(session, cmd, actor=shop.anna, now=NOW, zone=ZONE).id
    order = stored(session, directly(session, shop, "leave", quantity="8", choice_id=choice))
    assert (order.price_minor, order.minutes, order.state) == (16000, 480, OrderState.POSTED)
    assert (order.quote_id, order.choice_id, order.ordered_by) == (None, choice, "system")
    assert [step["code"] for step in order.steps] == ["list_price", "quantity"]
    assert balance(session, shop.anna) == (84000, 0)
    assert proved(session)


@pytest.mark.parametrize(
    ("product", "euros", "quantity", "price"),
    [("leave", 15999, "7", 14000), ("leave", 16000, "8", 16000), ("cash", 12345, "123.45", 12345)],
)
def test_as_many_steps_as_so_many_euros_pay_for(
    session: Session, shop: Shop, product: str, euros: int, quantity: str, price: int
) -> None:
    order = directly(session, shop, product, euros_minor=euros)
    assert (order.quantity, order.price_minor) == (Decimal(quantity), price)


@pytest.mark.parametrize(
    ("product", "asked", "before", "quantity"),
    [
        ("cash", "5000", [], "1000"),
        ("leave", "100", [], "40"),
        ("leave", "100", [("leave", "35")], "5"),
        ("leave", "10", [("cash", "930")], "3"),
        ("seat", "9", [("seat", "2")], "1"),
        ("sell", "100", [], "24"),
    ],
)
def test_as_much_as_there_is_room_for(
    session: Session, shop: Shop, product: str, asked: str, before: list[tuple[str, str]],
    quantity: str,
) -> None:  # fmt: skip
    for bought, number in before:
        shop.order(session, bought, number)
    order = directly(session, shop, product, quantity=asked, most=True)
    assert order.quantity == Decimal(quantity)
    assert proved(session)


@pytest.mark.parametrize(
    ("product", "before", "error"),
    [
        ("leave", [("leave", "40")], LimitExceeded),
        ("leave", [("cash", "990")], InsufficientBudget),
        ("seat", [("seat", "3")], QuotaUsedUp),
        ("sell", [("sell", "24")], NotSellable),
    ],
)
def test_where_there_is_room_for_nothing_it_says_why(
    session: Session, shop: Shop, product: str, before: list[tuple[str, str]],
    error: type[IdealsError],
) -> None:  # fmt: skip
    for bought, number in before:
        shop.order(session, bought, number)
    with pytest.raises(error):
        directly(session, shop, product, quantity="10", most=True)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"product": "nothing", "quantity": "1"}, ProductUnknown),
        ({"product": "cash"}, QuantityMissing),
        ({"product": "leave", "euros_minor": 1999}, QuantityTooSmall),
        ({"product": "leave", "quantity": "41"}, LimitExceeded),
        ({"product": "cash", "quantity": "1000.01"}, InsufficientBudget),
        ({"product": "few", "quantity": "1"}, NotEligible),
        ({"product": "bounded", "quantity": "5"}, QuantityTooLarge),
    ],
)
def test_exactly_what_was_asked_for_or_the_reason(
    session: Session, asked: dict[str, Any], error: type[IdealsError]
) -> None:
    more = {"few": {"kind": "pay_out", "eligible": "full_time_salary > 4000"},
            "bounded": PRODUCTS["leave"] | {"maximum": "4"}}  # fmt: skip
    shop = open_shop(session, products=PRODUCTS | more)
    with pytest.raises(error):
        directly(session, shop, **asked)
    assert proved(session)


def test_at_most_the_maximum_where_less_will_do(session: Session) -> None:
    more = {"bounded": PRODUCTS["leave"] | {"maximum": "4"}}
    shop = open_shop(session, products=PRODUCTS | more)
    assert directly(session, shop, "bounded", quantity="5", most=True).quantity == 4


def test_the_same_choice_of_a_month_again_is_the_same_order(session: Session, shop: Shop) -> None:
    order_id = new_id()
    first = directly(session, shop, "leave", quantity="8", order_id=order_id)
    assert directly(session, shop, "leave", quantity="8", order_id=order_id).number == first.number
    assert balance(session, shop.anna) == (84000, 0)
    with pytest.raises(OrderDiffers):
        directly(session, shop, "cash", quantity="8", order_id=order_id)


def test_it_waits_for_who_has_to_agree_like_any_other(session: Session, shop: Shop) -> None:
    order = directly(session, shop, "leave_asked", quantity="8")
    assert (order.state, order.waits_for) == (OrderState.HELD, ["approval"])
    assert balance(session, shop.anna) == (100000, 16000)


def test_a_month_that_is_sealed_takes_none(session: Session, shop: Shop) -> None:
    for month in (MARCH.plus(-2), MARCH.plus(-1), MARCH):
        ledger.seal_month(session, ledger.SealMonth(month), actor=SYSTEM, now=NOW)
    with pytest.raises(MonthClosed):
        directly(session, shop, "cash", quantity="1")


def test_with_the_facts_of_a_whole_chunk_each_order_costs_few_statements(
    session: Session, shop: Shop
) -> None:
    scheme = schemes.scheme_for(session, "simple", MARCH)
    assert scheme is not None
    person = facts_to_sell(session, [employee_of(shop.anna)], scheme, MARCH)[0]
    known = commands.Known(scheme, person, price_book(session, "simple", MARCH))
    directly(session, shop, "leave", quantity="1", known=known)
    with counted_all() as seen:
        directly(session, shop, "leave", quantity="1", known=known)
    assert seen.statements == 5, str(seen)
