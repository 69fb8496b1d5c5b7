"""Limits of every variant, quotas, balances, leave that may be sold, as much as fits; movements."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from ideals.kernel.month import Month
from ideals.ledger.states import AccountKind
from ideals.pricing.rules import Terms
from ideals.schemes.rules import Cancellation, Counts, LimitNow, Per, ProductKind, ProductUnit
from ideals.shop import rules
from ideals.shop.errors import (
    EvidenceUnusable,
    InsufficientBudget,
    LimitExceeded,
    NotCancellable,
    NotSellable,
    QuotaUsedUp,
)
from ideals.shop.rules import MediaType, Ordered, Room
from tests.shop.conftest import PDF

JANUARY, MARCH, DECEMBER = Month(2026, 1), Month(2026, 3), Month(2026, 12)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40 + b"\xff\xd9"
TERMS = Terms(
    ProductKind.LEAVE, ProductUnit.HOUR, "exempt", "budget", "none", False, "never",
    date(2026, 3, 15), Decimal(1), Decimal(1), None,
)  # fmt: skip
QUANTITY, EURO = Counts.QUANTITY, Counts.EURO


def ordered(month: Month, quantity: str, price_minor: int = 0) -> Ordered:
    return Ordered(month, Decimal(quantity), price_minor)


# Limits: (limit, orders so far, quantity, price, what is left on the wire or None when it fits)

HOURS_A_YEAR = LimitNow(Per.YEAR, QUANTITY, JANUARY, DECEMBER, Decimal(40), None)
HOURS_A_MONTH = LimitNow(Per.MONTH, QUANTITY, MARCH, MARCH, Decimal(10), None)
AN_ORDER = LimitNow(Per.ORDER, QUANTITY, MARCH, MARCH, Decimal(16), None)
EUROS_AN_ORDER = LimitNow(Per.ORDER, EURO, MARCH, MARCH, 50000, None)
BICYCLE = LimitNow(Per.YEARS, EURO, Month(2024, 1), DECEMBER, 300000, None)
ONCE_IN_THREE_YEARS = LimitNow(Per.YEARS, EURO, Month(2024, 1), DECEMBER, None, 1)
IN_ALL = LimitNow(Per.EMPLOYMENT, QUANTITY, Month(2019, 1), Month(2999, 12), Decimal(100), None)
TWICE_A_YEAR = LimitNow(Per.YEAR, QUANTITY, JANUARY, DECEMBER, Decimal(40), 2)
NOTHING = LimitNow(Per.YEAR, QUANTITY, JANUARY, DECEMBER, Decimal(0), None)


@pytest.mark.parametrize(
    ("limit", "orders", "quantity", "price", "left"),
    [
        (HOURS_A_YEAR, [], "40", 0, None),
        (HOURS_A_YEAR, [], "41", 0, "40"),
        (HOURS_A_YEAR, [ordered(MARCH, "32")], "8", 0, None),
        (HOURS_A_YEAR, [ordered(MARCH, "32")], "9", 0, "8"),
        (HOURS_A_YEAR, [ordered(JANUARY, "20"), ordered(DECEMBER, "20")], "1", 0, "0"),
        # Another year counts for itself.
        (HOURS_A_YEAR, [ordered(Month(2025, 12), "40"), ordered(Month(2027, 1), "40")], "40", 0,
         None),
        # More than the limit allows now, bought before it was lowered: nothing is left, not less.
        (HOURS_A_YEAR, [ordered(MARCH, "50")], "1", 0, "0"),
        (HOURS_A_MONTH, [ordered(Month(2026, 2), "10")], "10", 0, None),
        (HOURS_A_MONTH, [ordered(MARCH, "4.5")], "6", 0, "5.5"),
        (AN_ORDER, [ordered(MARCH, "16"), ordered(MARCH, "16")], "16", 0, None),
        (AN_ORDER, [], "17", 0, "16"),
        (EUROS_AN_ORDER, [], "1", 50000, None),
        (EUROS_AN_ORDER, [], "1", 50001, "500.00"),
        # Three calendar years: 2024, 2025, 2026.
        (BICYCLE, [ordered(Month(2023, 12), "1", 300000)], "1", 300000, None),
        (BICYCLE, [ordered(Month(2024, 1), "1", 180000)], "1", 120000, None),
        (BICYCLE, [ordered(Month(2024, 1), "1", 180000)], "1", 120001, "1200.00"),
        (ONCE_IN_THREE_YEARS, [ordered(Month(2024, 1), "1", 1)], "1", 1, "none"),
        (ONCE_IN_THREE_YEARS, [], "1", 10**9, None),
        (IN_ALL, [ordered(Month(2019, 5), "60"), ordered(MARCH, "30")], "10", 0, None),
        (IN_ALL, [ordered(Month(2019, 5), "60"), ordered(MARCH, "30")], "11", 0, "10"),
        (TWICE_A_YEAR, [ordered(MARCH, "1")], "1", 0, None),
        (TWICE_A_YEAR, [ordered(MARCH, "1"), ordered(MARCH, "1")], "1", 0, "38"),
        (NOTHING, [], "1", 0, "0"),
    ],
)  # fmt: skip
def test_each_kind_of_limit_says_what_is_left(
    limit: LimitNow, orders: list[Ordered], quantity: str, price: int, left: object
) -> None:
    if left is None:
        rules.check_limits([limit], orders, Decimal(quantity), price)
        return
    with pytest.raises(LimitExceeded) as refused:
        rules.check_limits([limit], orders, Decimal(quantity), price)
    data = refused.value.data
    assert data["per"] == limit.per
    if limit.times is not None:
        assert data["times_left"] == 0
    assert data["left"] == (None if limit.amount is None else left)


def test_of_several_limits_each_must_be_kept() -> None:
    both = [HOURS_A_YEAR, HOURS_A_MONTH]
    rules.check_limits(both, [ordered(JANUARY, "30")], Decimal(10), 0)
    with pytest.raises(LimitExceeded) as refused:
        rules.check_limits(both, [ordered(JANUARY, "31")], Decimal(10), 0)
    assert refused.value.data["per"] == "year"
    with pytest.raises(LimitExceeded) as refused:
        rules.check_limits(both, [ordered(MARCH, "1")], Decimal(10), 0)
    assert refused.value.data["per"] == "month"


@pytest.mark.parametrize(
    ("taken", "quantity", "left"), [("0", "3", None), ("2", "1", None), ("2", "2", "1"),
                                    ("3", "1", "0"), ("5", "1", "0")],
)  # fmt: skip
def test_a_quota_is_for_everybody_together(taken: str, quantity: str, left: str | None) -> None:
    if left is None:
        rules.check_quota(Decimal(3), Decimal(taken), Decimal(quantity))
        return
    with pytest.raises(QuotaUsedUp) as refused:
        rules.check_quota(Decimal(3), Decimal(taken), Decimal(quantity))
    assert refused.value.data == {"left": left}


@pytest.mark.parametrize(
    ("terms", "available", "unit", "price", "data"),
    [
        (TERMS, 16000, 2000, 16000, None),
        (TERMS, 15999, 2000, 16000, {"available": "159.99", "price": "160.00", "quantity": "7"}),
        (TERMS, 0, 2000, 2000, {"available": "0.00", "price": "20.00", "quantity": "0"}),
        (TERMS, -500, 2000, 2000, {"available": "0.00", "price": "20.00", "quantity": "0"}),
        # What it pays for is below the least of one order.
        (replace(TERMS, minimum=Decimal(8)), 15999, 2000, 16000,
         {"available": "159.99", "price": "160.00", "quantity": "0"}),
        (replace(TERMS, step=Decimal("0.5")), 5100, 2000, 8000,
         {"available": "51.00", "price": "80.00", "quantity": "2.5"}),
        (replace(TERMS, step=Decimal("0.01"), minimum=Decimal("0.01")), 1234, 100, 2000,
         {"available": "12.34", "price": "20.00", "quantity": "12.34"}),
    ],
)  # fmt: skip
def test_too_little_says_how_much_of_it_there_is_enough_for(
    terms: Terms, available: int, unit: int, price: int, data: dict[str, str] | None
) -> None:
    if data is None:
        rules.check_balance(terms, available, unit, price)
        return
    with pytest.raises(InsufficientBudget) as refused:
        rules.check_balance(terms, available, unit, price)
    assert refused.value.data == data | {"account": "budget"}


# Leave that may be sold


@dataclass(frozen=True)
class Lot:
    year: int
    statutory: bool
    source: str
    left: int


LOTS = [
    Lot(2026, True, "granted", 8640),
    Lot(2026, False, "granted", 1440),
    Lot(2025, False, "granted", 300),
    Lot(2026, False, "bought", 480),
    Lot(2025, False, "bought", 240),
    Lot(2020, False, "opening", 6000),
]


@pytest.mark.parametrize(
    ("granted", "bought", "minutes"),
    [(True, False, 1740), (False, True, 480), (True, True, 2220), (False, False, 0)],
)
def test_statutory_leave_is_never_sold_and_bought_leave_in_its_year_only(
    granted: bool, bought: bool, minutes: int
) -> None:
    assert rules.sellable_minutes(LOTS, 2026, granted=granted, bought=bought) == minutes


def test_a_sale_beyond_that_says_how_much_would_do() -> None:
    rules.check_sellable(TERMS, 480, Decimal(8), 480)
    with pytest.raises(NotSellable) as refused:
        rules.check_sellable(TERMS, 479, Decimal(8), 480)
    assert refused.value.data == {"minutes": 479, "quantity": "7"}
    with pytest.raises(NotSellable) as refused:
        rules.check_sellable(replace(TERMS, minimum=Decimal(8)), 479, Decimal(8), 480)
    assert refused.value.data == {"minutes": 479, "quantity": "0"}


# As much as fits


@pytest.mark.parametrize(
    ("wanted", "available", "rooms", "quota", "sellable", "fits"),
    [
        ("10", 100000, [], None, None, "10"),
        ("10", 15000, [], None, None, "7"),
        ("10", 1999, [], None, None, "0"),
        ("10", 100000, [Room(HOURS_A_YEAR, Decimal(4), None)], None, None, "4"),
        ("10", 100000, [Room(BICYCLE, 5000, None)], None, None, "2"),
        ("10", 100000, [Room(TWICE_A_YEAR, Decimal(40), 0)], None, None, "0"),
        ("10", 100000, [], Decimal(3), None, "3"),
        ("10", 100000, [], Decimal(0), None, "0"),
        ("10", None, [], None, Decimal("7.98"), "7"),
        ("2.7", 100000, [], None, None, "2"),
    ],
)
def test_the_largest_that_fits_keeps_to_everything(
    wanted: str, available: int | None, rooms: list[Room], quota: Decimal | None,
    sellable: Decimal | None, fits: str,
) -> None:  # fmt: skip
    found = rules.largest(
        TERMS, 2000, Decimal(wanted), available_minor=available, rooms=rooms, quota_left=quota,
        sellable=sellable,
    )  # fmt: skip
    assert found == Decimal(fits)


def test_less_than_the_least_of_one_order_does_not_fit() -> None:
    terms = replace(TERMS, minimum=Decimal(8), maximum=Decimal(12))
    usual = {"rooms": [], "quota_left": None, "sellable": None}
    assert rules.largest(terms, 2000, Decimal(20), available_minor=100000, **usual) == 12
    assert rules.largest(terms, 2000, Decimal(20), available_minor=15999, **usual) == 0


# Movements


@pytest.mark.parametrize("kind", [kind for kind in ProductKind if kind is not ProductKind.KEEP])
def test_each_kind_moves_what_the_table_in_the_docs_says(kind: ProductKind) -> None:
    from tests.shop.test_states import table

    row = next(row for row in table("What an order moves") if kind.value in row[0])
    move = rules.movement_of(kind, AccountKind.BUDGET)

    def said(leg: rules.Leg | None) -> str:
        if leg is None:
            return ""
        own, other = f"own {leg.own}", f"own {leg.other}" if leg.within else f"employer {leg.other}"
        return f"{own} → {other}" if leg.gives else f"{other} → {own}"

    assert (said(move.money), said(move.minutes)) == tuple(
        cell.replace("`", "") for cell in row[1:]
    )


def test_what_pays_may_be_savings_or_development() -> None:
    move = rules.movement_of(ProductKind.PAY_OUT, AccountKind.SAVINGS)
    assert (move.money.own, move.money.other) == (AccountKind.SAVINGS, AccountKind.PAY_OUT)
    move = rules.movement_of(ProductKind.OTHER, AccountKind.DEVELOPMENT)
    assert (move.money.own, move.money.other) == (AccountKind.DEVELOPMENT, AccountKind.PURCHASE)
    # The proceeds of a sale go into the budget whatever pays otherwise.
    move = rules.movement_of(ProductKind.SELL_LEAVE, AccountKind.SAVINGS)
    assert move.money.own is AccountKind.BUDGET
    assert move.gives is move.minutes


# Taking back


@pytest.mark.parametrize(
    ("rule", "month_open", "today", "why"),
    [
        (Cancellation.NEVER, True, date(2026, 3, 1), "never"),
        (Cancellation.UNTIL_DEADLINE, True, date(2026, 3, 15), None),
        (Cancellation.UNTIL_DEADLINE, True, date(2026, 3, 16), "deadline"),
        (Cancellation.UNTIL_DEADLINE, False, date(2026, 3, 1), "closed"),
        (Cancellation.UNTIL_CLOSE, True, date(2026, 3, 31), None),
        (Cancellation.UNTIL_CLOSE, False, date(2026, 3, 1), "closed"),
    ],
)
def test_an_order_is_taken_back_as_long_as_its_product_says(
    rule: Cancellation, month_open: bool, today: date, why: str | None
) -> None:
    def check() -> None:
        rules.check_cancellable(rule, MARCH, date(2026, 3, 15), month_open=month_open, today=today)

    if why is None:
        check()
        return
    with pytest.raises(NotCancellable) as refused:
        check()
    assert refused.value.data["why"] == why


# Evidence


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PDF, MediaType.PDF), (PNG, MediaType.PNG), (JPEG, MediaType.JPEG),
     (PDF.replace(b"1.7", b"1.4"), MediaType.PDF), (b"%PDF-2.0 %%EOF", MediaType.PDF)],
)  # fmt: skip
def test_a_file_is_what_it_holds(content: bytes, kind: MediaType) -> None:
    assert rules.checked_media_type(content) is kind


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (PDF + b"\0" * (5 * 1024 * 1024), "too_large"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "type"),
        (b"<html><script>alert(1)</script></html>", "type"),
        (b"GIF89a" + PDF, "type"),
        (b"MZ\x90\0" + b"\0" * 100, "type"),
        (b"PK\x03\x04" + b"\0" * 100, "type"),
        (b" " + PDF, "type"),
        (PDF[:20], "broken"),
        (PNG[:-8], "broken"),
        # An archive behind a picture.
        (PNG + b"PK\x03\x04" + b"\0" * 2000, "broken"),
        (b"\xff\xd8\xff" + b"<script>" * 200, "broken"),
    ],
)
def test_a_file_that_only_pretends_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        rules.checked_media_type(content)
    assert refused.value.data["why"] == why
