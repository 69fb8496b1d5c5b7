"""Quotes: the price, the month it goes into, how long it holds, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger.queries import month_state
from ideals.pricing import commands
from ideals.pricing.commands import RenewQuote, forget_quotes, renew_quote
from ideals.pricing.errors import (
    MonthBeyondPlan,
    MonthClosed,
    NoSchemeOfOwn,
    NotEligible,
    NotForOrder,
    NothingToPay,
    PriceChanged,
    PriceNotAsked,
    ProductClosed,
    ProductUnknown,
    QuantityMissing,
    QuoteExpired,
    QuoteUnknown,
)
from ideals.pricing.models import Quote
from ideals.pricing.rules import Step, Terms
from ideals.schemes.errors import (
    FactsIncomplete,
    NeverSold,
    PriceStatedByBuyer,
    QuantityNotInSteps,
    QuantityTooLarge,
    QuantityTooSmall,
)
from ideals.schemes.rules import ProductKind
from ideals.seeds import factories
from tests.shop.conftest import (
    APRIL,
    HOUR_PRICE,
    MARCH,
    NOW,
    PRODUCTS,
    ZONE,
    Shop,
    employee_of,
    open_shop,
    publish,
)

JUNE = Month(2026, 6)


def steps(quote: Quote) -> list[tuple[str, str, int]]:
    told = [Step.of(step) for step in quote.steps]
    return [(step.code, str(step.text), step.amount_minor) for step in told]


def renew(session: Session, shop: Shop, quote: Quote, now: datetime) -> commands.Renewed:
    cmd = RenewQuote(quote.token, quote.employee_id)
    return renew_quote(session, cmd, actor=shop.anna, now=now, zone=ZONE)


def raise_salary(session: Session, shop: Shop, salary: str, since: date) -> None:
    factories.a_change(session, shop.people.anna, since, full_time_salary=salary)


def test_a_quote_tells_its_price_in_steps(session: Session, shop: Shop) -> None:
    quote = shop.quote(session, "leave", "8")
    assert (quote.unit_minor, quote.price_minor, quote.minutes) == (2000, 16000, 480)
    assert (quote.month, quote.scheme, quote.scheme_version) == (MARCH, "simple", Month(2020, 1))
    assert steps(quote) == [
        (
            "list_price",
            "One hour by the rules of your scheme, with your facts of 2026-03-10",
            2000,
        ),
        ("quantity", "8 × 20.00", 16000),
    ]
    first = Step.of(quote.steps[0])
    assert [(part.name, str(part.value)) for part in first.parts] == [
        ("full_time_salary", "3000.00"),
        (HOUR_PRICE, "20.00"),
    ]
    assert quote.expires_at == NOW + timedelta(minutes=15)
    assert len(quote.token) == 43, "256 bits"


@pytest.mark.parametrize(
    ("product", "quantity", "stated", "unit", "price", "codes"),
    [
        ("cash", "250.50", None, 100, 25050, ["amount"]),
        ("leave", "1", None, 2000, 2000, ["list_price"]),
        ("seat", None, None, 5000, 5000, ["list_price"]),
        ("seat", "2", None, 5000, 10000, ["list_price", "quantity"]),
        ("bicycle", None, 49995, 49995, 49995, ["stated"]),
        ("bicycle", "2", 49995, 49995, 99990, ["stated", "quantity"]),
    ],
)
def test_euros_pieces_and_hours_each_have_their_steps(
    session: Session, shop: Shop, product: str, quantity: str | None, stated: int | None,
    unit: int, price: int, codes: list[str],
) -> None:  # fmt: skip
    quote = shop.quote(session, product, quantity, price_minor=stated)
    assert (quote.unit_minor, quote.price_minor) == (unit, price)
    assert [code for code, _, _ in steps(quote)] == codes


def test_what_is_sold_back_is_priced_as_a_sale(session: Session) -> None:
    leave = PRODUCTS["leave"] | {"resale": "always", "sell_price": "full_time_salary / 200"}
    shop = open_shop(session, products={"leave": leave})
    quote = shop.quote(session, "leave", "4", selling=True)
    assert (quote.unit_minor, quote.price_minor) == (1500, 6000)
    terms = Terms.of(quote.terms)
    assert (terms.kind, terms.back) == (ProductKind.SELL_LEAVE, True)
    assert terms.limits == (), "limits are of what is bought"
    assert "sold" in steps(quote)[0][1]


def test_a_long_purchase_tells_how_it_is_charged(session: Session) -> None:
    bicycle = {"kind": "bicycle", "unit": "piece", "instalments": {"months": "24"}}
    shop = open_shop(session, products={"bicycle": bicycle})
    quote = shop.quote(session, "bicycle", price_minor=120000)
    assert steps(quote)[-1] == ("divided", "Charged in 24 months", 120000)
    assert Terms.of(quote.terms).commitment is not None


# The month


@pytest.mark.parametrize(
    ("now", "month"),
    [
        ("2026-03-15T22:59:59+00:00", MARCH),
        ("2026-03-15T23:00:00+00:00", APRIL),  # midnight in Amsterdam
        ("2026-03-10T09:00:00+00:00", MARCH),
        ("2026-06-15T21:59:59+00:00", JUNE),
        ("2026-06-15T22:00:00+00:00", JUNE.plus(1)),
    ],
)
def test_a_deadline_ends_at_midnight_of_the_organisation(
    session: Session, shop: Shop, now: str, month: Month
) -> None:
    assert shop.quote(session, "cash", "10", now=datetime.fromisoformat(now)).month == month


def test_a_month_that_closes_or_is_sealed_takes_no_quote(session: Session, shop: Shop) -> None:
    session.execute(text("UPDATE ledger_month SET state = 'closing' WHERE month = 202603"))
    assert shop.quote(session, "cash", "10").month == APRIL
    for month in Month(2026, 1).until(APRIL):
        ledger.seal_month(session, ledger.SealMonth(month), actor=shop.dina, now=NOW)
    assert shop.quote(session, "cash", "10").month == APRIL.plus(1)


def test_a_later_month_is_planned_as_far_as_the_product_allows(
    session: Session, shop: Shop
) -> None:
    assert shop.quote(session, "leave", "1", month=Month(2026, 5)).month == Month(2026, 5)
    with pytest.raises(MonthBeyondPlan) as refused:
        shop.quote(session, "leave", "1", month=JUNE)
    assert refused.value.data["last"] == "2026-05"
    with pytest.raises(MonthClosed) as closed:
        shop.quote(session, "leave", "1", month=Month(2026, 2))
    assert closed.value.data["possible"] == "2026-03"


def test_a_month_that_the_ledger_has_no_place_for_yet_is_opened(
    session: Session, shop: Shop
) -> None:
    september = Month(2026, 9)
    assert month_state(session, september) is None
    quote = shop.quote(session, "cash", "10", month=september)
    assert quote.month == september
    assert month_state(session, september) is not None
    assert shop.place(session, quote).month == september


def test_another_version_of_the_scheme_has_its_own_price(session: Session, shop: Shop) -> None:
    dearer = PRODUCTS | {"leave": PRODUCTS["leave"] | {"price": "full_time_salary / 100"}}
    publish(session, version="2026-04", products=dearer)
    assert shop.quote(session, "leave", "1").price_minor == 2000
    april = shop.quote(session, "leave", "1", month=APRIL)
    assert (april.price_minor, april.scheme_version) == (3000, APRIL)


# Refusals


@pytest.mark.parametrize(
    ("asked", "error", "data"),
    [
        ({"product": "nothing", "quantity": "1"}, ProductUnknown, {"product": "nothing"}),
        ({"product": "leave"}, QuantityMissing, {"unit": "hour"}),
        ({"product": "leave", "quantity": "0.5"}, QuantityTooSmall, {"minimum": "1"}),
        ({"product": "leave", "quantity": "1.5"}, QuantityNotInSteps, {"step": "1"}),
        ({"product": "cash", "quantity": "0.001"}, QuantityTooSmall, {"minimum": "0.01"}),
        ({"product": "cash", "quantity": "99999999999"}, QuantityTooLarge, {}),
        ({"product": "bicycle"}, PriceStatedByBuyer, {}),
        ({"product": "seat", "price_minor": 100}, PriceNotAsked, {}),
        ({"product": "keep"}, NotForOrder, {}),
        ({"product": "leave", "quantity": "1", "selling": True}, NeverSold, {}),
        ({"product": "closed", "quantity": "1"}, ProductClosed, {"opens": "2026-11"}),
        ({"product": "chosen_few", "quantity": "1"}, NotEligible,
         {"why": {"en": "Only for scale 9.", "nl": "Alleen voor schaal 9."}}),
        ({"product": "free", "quantity": "1"}, NothingToPay, {}),
        ({"product": "by_scale", "quantity": "1"}, FactsIncomplete, {"fact": "scale"}),
    ],
)  # fmt: skip
def test_each_refusal_says_what_would_be_right(
    session: Session, asked: dict[str, Any], error: type[IdealsError], data: dict[str, Any]
) -> None:
    more = {
        "closed": {"kind": "pay_out", "opens": {"months": ["11"]}},
        "chosen_few": {
            "kind": "pay_out",
            "eligible": "full_time_salary > 4000",
            "not_eligible": {"en": "Only for scale 9.", "nl": "Alleen voor schaal 9."},
        },
        "free": {"kind": "leave", "unit": "hour", "price": "full_time_salary - 3000"},
        "by_scale": {"kind": "leave", "unit": "hour", "price": "20 if scale == '8' else 30"},
    }
    shop = open_shop(session, products=PRODUCTS | more)
    with pytest.raises(error) as refused:
        shop.quote(session, **asked)
    assert {key: refused.value.data[key] for key in data} == data


def test_who_has_no_scheme_has_nothing_to_choose(session: Session, shop: Shop) -> None:
    gone = factories.an_employee(session, "Gone", leaves_on=date(2026, 1, 31))
    cmd = commands.MakeQuote(gone.id, "cash")
    with pytest.raises(NoSchemeOfOwn):
        commands.make_quote(session, cmd, actor=shop.dina, now=NOW, zone=ZONE)


# Made anew


def test_a_quote_that_ran_out_at_the_same_price_comes_back_as_it_was(
    session: Session, shop: Shop
) -> None:
    old = shop.quote(session, "bicycle", price_minor=50000)
    later = NOW + timedelta(hours=1)
    renewed = renew(session, shop, old, later)
    assert isinstance(renewed.refusal, QuoteExpired)
    new = renewed.quote
    assert (new.price_minor, new.month, new.product) == (50000, MARCH, "bicycle")
    assert new.token != old.token
    assert new.expires_at == later + timedelta(minutes=15)


def test_a_price_that_changed_is_told_with_the_old_one_beside_it(
    session: Session, shop: Shop
) -> None:
    old = shop.quote(session, "leave", "8")
    raise_salary(session, shop, "3300", date(2026, 3, 1))
    renewed = renew(session, shop, old, NOW + timedelta(hours=1))
    assert isinstance(renewed.refusal, PriceChanged)
    assert renewed.refusal.data["was"] == "160.00"
    assert renewed.quote.price_minor == 17600


def test_a_month_that_closed_meanwhile_is_told_with_the_next_one(
    session: Session, shop: Shop
) -> None:
    old = shop.quote(session, "leave", "8")
    renewed = renew(session, shop, old, datetime(2026, 3, 16, 9, tzinfo=UTC))
    assert isinstance(renewed.refusal, MonthClosed)
    assert renewed.refusal.data["possible"] == "2026-04"
    assert renewed.quote.month == APRIL


def test_nobody_renews_the_quote_of_another(session: Session, shop: Shop) -> None:
    old = shop.quote(session, "leave", "8")
    cmd = RenewQuote(old.token, employee_of(shop.egor))
    with pytest.raises(QuoteUnknown):
        renew_quote(session, cmd, actor=shop.egor, now=NOW, zone=ZONE)


def test_what_nobody_used_is_forgotten_a_day_after_it_ran_out(session: Session, shop: Shop) -> None:
    old = shop.quote(session, "leave", "8")
    young = shop.quote(session, "leave", "8", now=NOW + timedelta(hours=2))
    at = old.expires_at + timedelta(days=1, seconds=1)
    assert forget_quotes(session, actor=shop.dina, now=at) == 1
    assert [quote.token for quote in session.scalars(select(Quote))] == [young.token]
