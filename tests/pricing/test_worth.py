"""A price that a rule lowers is no machine that makes money: what leave is bought for, sold for and
settled at."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.shop.errors import NotSellable
from tests.pricing.desk import Desk, on, opened
from tests.shop.conftest import NOW, PRODUCTS, Shop, balance, open_shop, proved
from tests.shop.test_closing import close, moved
from tests.shop.test_leavers import AT_VALUE, LEAVING, leaves, left, nothing_left

FEBRUARY = Month(2026, 2)
RESALE = PRODUCTS | {"leave": PRODUCTS["leave"] | {"resale": "bought_only"}}


def in_march(session: Session, shop: Shop, percent: str = "-15") -> Desk:
    """A rule for March alone, on leave alone."""
    desk = opened(session, shop)
    desk.know(FEBRUARY, "82", NOW)
    change = {"kind": "percent", "value": percent}
    desk.agreed(NOW, from_month="2026-03", through_month="2026-03", change=change)
    return desk


def settled(session: Session, shop: Shop) -> list[tuple[str, str, str, int]]:
    leaves(session, shop)
    close(session)
    assert nothing_left(session, shop)
    return [each for each in moved(session, shop.anna) if each[2] == "settlement leave"]


@pytest.mark.parametrize("leaving", [LEAVING, AT_VALUE])
def test_who_buys_leave_cheaper_and_leaves_gets_back_what_it_cost(
    session: Session, leaving: dict[str, str]
) -> None:
    """8 h at 17.00, worth 20.00 each without the rule: 136.00 by either rule of leaving."""
    shop = left(session, leaving)
    in_march(session, shop)
    assert shop.order(session, "leave", "8").price_minor == 13_600
    paid = [minor for source, *_, minor in settled(session, shop) if source.startswith("employer")]
    assert paid == [13_600]


def test_hours_bought_at_the_usual_price_keep_their_value(session: Session) -> None:
    """5 h for 100.00 before the rule are worth 100.00; 8 h for 136.00 are settled at that."""
    shop = left(session, AT_VALUE)
    assert shop.order(session, "leave", "5").price_minor == 10_000
    in_march(session, shop)
    shop.order(session, "leave", "8")
    paid = [minor for source, *_, minor in settled(session, shop) if source.startswith("employer")]
    assert paid == [10_000 + 13_600]


def test_who_paid_more_by_a_rule_is_settled_at_what_leave_is_worth(session: Session) -> None:
    """At today's value, as the scheme says: 8 h at 20.00, though they cost 22.00."""
    shop = left(session, AT_VALUE)
    in_march(session, shop, "10")
    assert shop.order(session, "leave", "8").price_minor == 17_600
    paid = [minor for source, *_, minor in settled(session, shop) if source.startswith("employer")]
    assert paid == [16_000]


def test_what_was_bought_cheaper_is_not_sold_for_more(session: Session) -> None:
    """In March an hour costs and brings 17.00; in April 20.00, and the cheaper hours are kept."""
    shop = open_shop(session, products=RESALE)
    in_march(session, shop)
    shop.order(session, "leave", "8")
    assert shop.order(session, "leave", "2", selling=True).price_minor == 3_400
    later = on(3, 20)  # orders go into April now
    with pytest.raises(NotSellable):
        shop.order(session, "leave", "1", selling=True, now=later)
    shop.order(session, "leave", "3", now=later)
    with pytest.raises(NotSellable) as refused:
        shop.order(session, "leave", "4", selling=True, now=later)
    assert refused.value.data["minutes"] == 180
    assert shop.order(session, "leave", "3", selling=True, now=later).price_minor == 6_000
    assert balance(session, shop.anna) == (100_000 - 13_600 + 3_400, 0)
    assert proved(session)


def test_what_is_left_over_and_saved_as_leave_costs_what_it_is_worth(session: Session) -> None:
    """The rule is for who chooses: 1,000.00 that nobody chose for are 50 h at 20.00, though an
    hour costs 17.00 in the shop."""
    shop = left(session, calendar={"left_over": "save_as_leave"})
    in_march(session, shop)
    assert shop.quote(session, "leave", "1").price_minor == 1_700
    close(session)
    saved = [each for each in moved(session, shop.anna) if each[2].startswith("left_over")]
    assert [minor for _from, to, _why, minor in saved if to == "leave"] == [50 * 60]
