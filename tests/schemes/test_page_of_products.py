"""docs/schemes.md against the program: every worked number of what a scheme sells and leaves over.

The fourth cell of a row says what is done: `leave 8 for 2026-03 on 2026-03-05`, `sell leave 8 ...`,
`bicycle of 3,000.00 ...`, `429.00 left of 2026-03`, `10 hours bought for 180.00, 4 not taken`,
`a debt of 50.00`. The result is some of what the program gives for it, by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pytest

from ideals.kernel.errors import RuleBroken
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.schemes.rules import (
    BoughtHours,
    Counts,
    LimitNow,
    Person,
    Scheme,
    addition_minor,
    check_quantity,
    debt_to_set_off,
    last_day,
    left_over,
    limits_of,
    minutes_of,
    most_for,
    offered,
    order_bounds,
    owed_amounts,
    price_of,
    unit_price,
    unused_bought,
)
from tests.schemes.worked import cents, employee, scheme, table

VARIANTS = {
    "Price of an hour": 7 + 6,
    "Buying and selling": 4 + 2,
    "Moment of the price": 4 + 2,
    "Limits": 6 + 3,
    "Rounding of limits": 5,
    "Deadlines": 4 + 1,
    "What is left over": 3 + 3,
    "Leaving": 5,
}
"""The rows of each section: one for each variant of design.md, and then cases beside them."""


class Row(NamedTuple):
    section: str
    what: str
    scheme: str
    employee: str
    act: str
    result: str


ROWS = [Row(section, *cells[:5]) for section in VARIANTS for cells in table(section)]
_ORDER = re.compile(r"(sell )?(\w+) (of )?([0-9.,]+) for ([0-9-]+) on ([0-9-]+)")
_LEFT = re.compile(r"([0-9.,]+) left of ([0-9-]+)(?: with ([0-9]+) hours)?")
_BOUGHT = re.compile(r"([0-9]+) hours bought for ([0-9.,]+), ([0-9]+) not taken")
_DEBT = re.compile(r"a debt of ([0-9.,]+)(, died)?")
DAY = date(2026, 3, 20)


def hours(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def money(minor: int) -> str:
    return str(Money(minor))


def ordered(compiled: Scheme, person: Person, match: re.Match[str]) -> Iterator[tuple[str, str]]:
    selling, code, stated, text, month_text, day_text = match.groups()
    product, month, day = (
        compiled.products[code],
        Month.parse(month_text),
        date.fromisoformat(day_text),
    )
    at = (compiled, product, person, month, day)
    if stated:
        yield "addition", money(addition_minor(compiled, product, person, month, cents(text)))
    else:
        quantity = Decimal(text)
        priced = unit_price(*at, selling=bool(selling))
        yield "unit", money(priced.minor)
        yield "as of", str(priced.as_of)
        yield "price", money(price_of(priced.minor, quantity))
        yield "hours", hours(minutes_of(*at, quantity))
        accrued = sum(minor for _, minor in owed_amounts(compiled, person, month))
        yield "affordable", str(most_for(accrued, priced.minor, product.step))
        check_quantity(product, order_bounds(*at), quantity)
    yield "last day", str(last_day(compiled, product, month))
    yield "open", "yes" if offered(*at).available else "no"
    for limit in limits_of(*at):
        yield from told(limit)


def told(limit: LimitNow) -> Iterator[tuple[str, str]]:
    if limit.amount is not None:
        euros = limit.counts is Counts.EURO
        yield "limit", money(int(limit.amount)) if euros else str(limit.amount)
    yield "from", str(limit.first_month)
    yield "until", str(limit.last_month)
    yield "times", str(limit.times)


def left(compiled: Scheme, person: Person, match: re.Match[str]) -> Iterator[tuple[str, str]]:
    amount, month, held = match.groups()
    found = left_over(
        compiled,
        person,
        Month.parse(month),
        Month.parse(month).last,
        cents(amount),
        int(held or 0) * 60,
    )
    yield "paid", money(found.paid_minor)
    yield "kept", money(found.kept_minor)
    yield "saved", money(found.saved_minor)
    yield "hours", hours(found.minutes)


def bought(compiled: Scheme, person: Person, match: re.Match[str]) -> Iterator[tuple[str, str]]:
    lot = BoughtHours(int(match[1]) * 60, cents(match[2]), int(match[3]) * 60)
    yield "paid", money(unused_bought(compiled, person, Month(2026, 3), DAY, [lot]))


def owing(compiled: Scheme, _person: Person, match: re.Match[str]) -> Iterator[tuple[str, str]]:
    yield "set off", money(debt_to_set_off(compiled, cents(match[1]), died=bool(match[2])))


ACTS: list[tuple[re.Pattern[str], Callable[..., Iterator[tuple[str, str]]]]] = [
    (_ORDER, ordered),
    (_LEFT, left),
    (_BOUGHT, bought),
    (_DEBT, owing),
]


def results(row: Row) -> dict[str, str]:
    compiled = scheme(row.scheme)
    person = employee(row.employee, compiled.code)
    [(act, match)] = [(act, match) for form, act in ACTS if (match := form.fullmatch(row.act))]
    given: dict[str, str] = {}
    try:
        given.update(act(compiled, person, match))
    except RuleBroken as refused:
        given["refused"] = refused.code
    return given


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.section}-{row.what}" for row in ROWS])
def test_the_program_gives_the_number_on_the_page(row: Row) -> None:
    given = results(row)
    expected = dict(part.rsplit(" ", 1) for part in row.result.split(", "))
    assert {name: given.get(name) for name in expected} == expected


def test_every_variant_of_a_product_has_a_row() -> None:
    assert {section: len(table(section)) for section in VARIANTS} == VARIANTS
