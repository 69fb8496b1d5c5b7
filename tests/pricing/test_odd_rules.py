"""Rules that make a price nothing, or touch nobody."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from ideals.pricing.commands.bounds import PutBounds, put_bounds
from ideals.pricing.errors import NothingToPay
from ideals.shop import queries
from tests.pricing.desk import on, opened
from tests.shop.conftest import APRIL, MARCH, Shop, employee_of, stored
from tests.shop.conftest import shop as shop  # a fixture

NOW = on(3, 10)


def test_a_rule_that_takes_off_more_than_it_costs_makes_nothing_to_pay_and_breaks_no_page(
    session: Session, shop: Shop
) -> None:
    desk = opened(session, shop)
    desk.agreed(NOW, condition="", change={"kind": "amount", "value": "-25.00"})
    with pytest.raises(NothingToPay):
        shop.quote(session, "leave", "1", month=APRIL)
    cards = queries.catalogue(session, employee_of(shop.anna), APRIL, date(2026, 3, 10)).cards
    (leave,) = [card for card in cards if card.product.code == "leave"]
    assert leave.unit_minor == 0
    # A bound of the product makes it something again.
    put_bounds(session, PutBounds("simple", "leave", 500), actor=desk.dora, now=NOW)
    assert shop.quote(session, "leave", "1", month=APRIL).price_minor == 500


def test_a_rule_that_touches_nobody_is_told_to_nobody_but_who_opens_a_price(
    session: Session, shop: Shop
) -> None:
    desk = opened(session, shop)
    desk.know(MARCH, "82", NOW)
    desk.publish(MARCH, NOW)
    desk.agreed(NOW, condition="years_of_service > 90")
    desk.publish(APRIL, NOW)
    assert desk.tell(APRIL, NOW) == 0
    order = shop.order(session, "leave", "1", month=APRIL)
    assert order.price_minor == 2000
    assert stored(session, order).not_applied == {"others": ["quiet_season"]}
