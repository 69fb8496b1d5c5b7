"""What somebody reads of price rules: what did nothing and why, marks, prices over time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.config import Settings
from ideals.kernel.month import Month
from ideals.notices.models import Notice
from ideals.pricing.commands import publishing
from ideals.pricing.commands.bounds import PutBounds, put_bounds
from ideals.pricing.commands.indicators import PutIndicator, put_indicator
from ideals.pricing.models import PriceRule
from ideals.pricing.over_time import PriceThen, changes
from ideals.pricing.pages.words import prices_changed
from ideals.pricing.queries import did_nothing
from ideals.pricing.queries.over_time import prices_over_time
from ideals.seeds import factories
from ideals.shop.models import Order
from tests.counting import counted_all
from tests.pricing.desk import Desk, on, opened
from tests.shop.conftest import Shop, Site, employee_of, stored
from tests.shop.conftest import shop as shop  # fixtures
from tests.shop.conftest import site as site

MARCH, APRIL, MAY, JUNE, JULY = (Month(2026, month) for month in range(3, 8))
NOW = on(3, 10)
OTHERS = {
    "code": "far_away",
    "name": {"en": "Far away", "nl": "Ver weg"},
    "says": {"en": "For those far away", "nl": "Voor wie ver weg is"},
    "condition": "unit == 'Moon' and weekly_hours > 2",
    "order": 20,
}
UNKNOWN = {**OTHERS, "code": "thin_book", "condition": "indicator_orders < 10", "order": 30}
FLOOR = {
    **OTHERS, "code": "not_below", "condition": "", "order": 40,
    "change": {"kind": "floor", "value": "12.00"},
}  # fmt: skip


@pytest.fixture
def desk(session: Session, shop: Shop) -> Desk:
    return steered(session, shop)


def steered(session: Session, shop: Shop) -> Desk:
    """From April through June 15% less, beside three rules that do nothing to Anna's price."""
    desk = opened(session, shop)
    desk.know(MARCH, "82", NOW)
    for more in ({}, OTHERS, UNKNOWN, FLOOR):
        if more is UNKNOWN:
            put = PutIndicator("orders", Month(2024, 1), Decimal(5))
            put_indicator(session, put, actor=desk.dora, now=NOW)
        desk.agreed(NOW, **more)
    return desk


def over_time(desk: Desk, day: int = 10, month: int = 3) -> list[PriceThen]:
    anna = employee_of(desk.shop.anna)
    return prices_over_time(desk.session, anna, "leave", on(month, day).date())[1]


def told(prices: list[PriceThen]) -> list[tuple[str, int, bool]]:
    return [(str(each.month), each.minor, each.published) for each in prices]


FOR_OTHERS = "It is for others: when the unit is Moon and the number of hours a week is more than 2"

# What did nothing


def test_quotes_and_orders_keep_the_rules_that_did_nothing_and_why(desk: Desk) -> None:
    order = desk.shop.order(desk.session, "leave", "1", month=APRIL)
    kept = stored(desk.session, order)
    assert kept.not_applied == {
        "others": ["far_away"], "not_known": [["thin_book", "indicator_orders"]],
        "idle": ["not_below"],
    }  # fmt: skip
    again = did_nothing(desk.session, kept.not_applied)
    found = [(each.code, str(each.name), str(each.why)) for each in again]
    assert found == [
        (
            "far_away",
            "Far away",
            FOR_OTHERS,
        ),
        ("thin_book", "Far away", "It goes by orders, which is not known"),
        ("not_below", "Far away", "The price is not below 12.00 anyway"),
    ]
    assert [step["code"] for step in kept.steps] == ["list_price", "quiet_season"]


def test_nobodys_facts_are_in_what_did_nothing(desk: Desk) -> None:
    """What is kept is the same for two people to whom the same rules do nothing."""
    orders = [
        desk.shop.order(desk.session, "leave", "1", month=APRIL, who=who)
        for who in (desk.shop.anna, desk.shop.egor)
    ]
    first, second = (stored(desk.session, order).not_applied for order in orders)
    assert first == second != {}


def test_an_order_explains_itself_when_the_rules_are_over(desk: Desk, session: Session) -> None:
    order = desk.shop.order(session, "leave", "1", month=APRIL)
    for rule in session.scalars(select(PriceRule)).all():
        desk.end(rule, NOW)
    kept = session.scalars(select(Order).where(Order.id == order.id)).one()
    assert [each.code for each in did_nothing(session, kept.not_applied)] == [
        "far_away", "thin_book", "not_below",
    ]  # fmt: skip


# Prices over time


def test_each_month_with_a_list_or_open_has_its_price(desk: Desk) -> None:
    assert told(over_time(desk)) == [
        ("2026-03", 2000, False), ("2026-04", 1700, False), ("2026-05", 1700, False),
    ]  # fmt: skip
    desk.publish(MARCH, NOW)
    desk.publish(APRIL, NOW)
    assert told(over_time(desk))[:2] == [("2026-03", 2000, True), ("2026-04", 1700, True)]
    # In July, what was published is still told; what was not, and is closed, is not.
    assert told(over_time(desk, 1, 7))[:2] == [("2026-03", 2000, True), ("2026-04", 1700, True)]
    assert "2026-05" not in [month for month, _, _ in told(over_time(desk, 1, 7))]


def test_each_change_says_why(desk: Desk, session: Session) -> None:
    for month in (MARCH, APRIL, MAY, JUNE):
        desk.know(month, "82", on(month.month, 1))
        desk.publish(month, on(month.month, 1))
    put_bounds(session, PutBounds("simple", "leave", 2050), actor=desk.dora, now=on(6, 1))
    factories.a_change(session, desk.shop.people.anna, on(5, 1).date(), full_time_salary="3300")
    desk.publish(JULY, on(6, 30))
    found = changes(over_time(desk, 30, 6))
    assert [
        (str(each.month), each.was, each.now, [(why.cause, why.code) for why in each.because])
        for each in found
    ] == [
        ("2026-04", 2000, 1700, [("began", "quiet_season")]),
        ("2026-05", 1700, 1870, [("fact", "full_time_salary")]),
        ("2026-07", 1870, 2200, [("over", "quiet_season")]),
    ]
    assert "15% less" in str(found[0].because[0].said)
    assert str(found[1].because[0].said) == "full_time_salary was 3000.00 and is 3300.00"
    assert str(found[2].because[0].said) == "No longer: Quiet season"


def test_a_bound_is_a_reason(desk: Desk, session: Session) -> None:
    put_bounds(session, PutBounds("simple", "leave", 1800), actor=desk.dora, now=NOW)
    april = changes(over_time(desk))[0]
    assert (april.now, [why.code for why in april.because]) == (1800, ["quiet_season", "at_least"])


def test_a_bound_that_moves_is_a_reason_too(desk: Desk, session: Session) -> None:
    put_bounds(session, PutBounds("simple", "leave", 1800), actor=desk.dora, now=NOW)
    desk.publish(APRIL, NOW)
    put_bounds(session, PutBounds("simple", "leave", 1900, seen=2), actor=desk.dora, now=NOW)
    (change,) = [each for each in changes(over_time(desk)) if each.month == MAY]
    assert [(each.cause, str(each.said)) for each in change.because] == [
        ("began", "Never less than 19.00")
    ]


def test_what_the_buyer_prices_has_no_prices(desk: Desk, session: Session) -> None:
    _product, prices = prices_over_time(session, employee_of(desk.shop.anna), "bicycle", NOW.date())
    assert prices == []


def test_more_months_and_rules_are_no_more_statements(desk: Desk, session: Session) -> None:
    over_time(desk)
    with counted_all() as few:
        over_time(desk)
    for month in (MARCH, APRIL):
        desk.publish(month, NOW)
    over_time(desk)
    with counted_all() as more:
        over_time(desk)
    assert (more.statements, str(more)) == (few.statements, str(more))


# Over HTTP


@pytest.fixture
def page(site: Site, session: Session) -> Iterator[Site]:
    steered(session, site.shop)
    session.commit()
    yield site


def looked(page: Site, path: str, language: str = "en") -> str:
    answer = page.client.get(path, headers=page.headers() | {"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_api_tells_all_of_it(page: Site) -> None:
    asked = {"product": "leave", "quantity": "1", "month": "2026-04"}
    quote = page.post("/quotes", asked).json
    assert quote is not None
    assert quote["price"] == "17.00"
    assert quote["not_applied"][0] == {
        "code": "far_away",
        "name": "Far away",
        "why": FOR_OTHERS,
    }
    made: Any = page.post("/orders", {"quote": quote["id"]}).json
    order: Any = page.get(f"/orders/{made['id']}").json
    assert order["not_applied"] == quote["not_applied"]
    found: Any = page.get("/products/leave/prices").json
    assert [(each["month"], each["price"], each["list_price"]) for each in found["prices"]] == [
        ("2026-03", "20.00", "20.00"), ("2026-04", "17.00", "20.00"), ("2026-05", "17.00", "20.00"),
    ]  # fmt: skip
    (change,) = found["changes"]
    assert (change["month"], change["was"], change["now"]) == ("2026-04", "20.00", "17.00")
    assert change["because"][0]["code"] == "quiet_season"
    cards: Any = page.get("/products?month=2026-04").json
    (leave,) = [each for each in cards["items"] if each["code"] == "leave"]
    assert (leave["price_rules"], leave["price_until"]) == (["quiet_season"], "2026-06")


def test_what_is_not_there_is_not_found(page: Site) -> None:
    assert page.get("/products/nothing/prices").status_code == 404
    assert page.client.get("/shop/nothing/prices", headers=page.headers()).status_code == 404


def test_the_product_says_what_did_nothing_in_words(page: Site) -> None:
    text = looked(page, "/shop/leave?month=2026-04")
    assert "3 price rules did nothing to it" in text
    assert FOR_OTHERS in text
    assert "It goes by orders, which is not known" in text
    assert 'href="/shop/leave/prices"' in text


def test_the_order_says_it_in_the_readers_language(page: Site) -> None:
    made: Any = page.order("leave", "1", month="2026-04").json
    text = looked(page, f"/orders/{made['id']}", "nl")
    assert "Rustig seizoen: verlof kost 15% minder" in text
    assert "Ver weg" in text


def test_the_card_has_a_mark_until_the_last_day(page: Site) -> None:
    page.now = on(3, 20)  # March takes no more orders
    assert "15% less until 30 June" in looked(page, "/shop")


def test_the_page_of_prices_has_a_chart_its_table_and_the_reasons(page: Site) -> None:
    text = looked(page, "/shop/leave/prices")
    assert "<svg" in text
    assert "From €20.00 to €17.00" in text
    assert "Quiet season: leave costs 15% less (15% less)" in text
    assert text.count('<details class="number">') == 3


def test_the_notice_links_to_the_prices(session: Session, desk: Desk) -> None:
    desk.publish(MARCH, NOW)
    desk.publish(APRIL, NOW)
    desk.tell(APRIL, NOW)
    data = session.scalars(select(Notice.data).where(Notice.kind == publishing.CHANGED)).first()
    assert data is not None
    with create_app(Settings.read({})).test_request_context():
        assert prices_changed(data, "en").href == "/shop/leave/prices"
