"""The worked tables of price rules in docs/pricing.md, line by line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ideals.kernel.money import Money
from ideals.pricing.steering import PriceBounds, overlaps, price, unclear
from tests.pricing.rules_page import rows, rule_of, rules_of

FACTS: dict[str, Any] = {
    "part_time_factor": Decimal("0.8"),
    "scale": "8",
    "indicator_utilisation": Decimal(82),
}
WORKED = list(rows("Worked"))
UNCLEAR = list(rows("What is refused as unclear"))
WINS = list(rows("Which one wins"))


def euros(cell: str) -> Decimal | None:
    return Decimal(cell) if cell else None


@pytest.mark.parametrize("row", WORKED, ids=lambda row: f"{row['list price']} {row['rules']}")
def test_each_line_comes_to_what_the_page_says(row: dict[str, str]) -> None:
    bounds = PriceBounds(euros(row.get("least", "")), euros(row.get("most", "")))
    found = price(Decimal(row["list price"]), rules_of(row["rules"]), bounds, FACTS)
    steps = ", ".join(f"{step.code} {Money(step.amount_minor)}" for step in found.steps)
    nothing = ", ".join(f"{each.code}: {each.why}" for each in found.not_applied)
    assert (steps, str(Money(found.minor)), nothing) == (
        row["steps"],
        row["price"],
        row["did nothing"],
    )


@pytest.mark.parametrize("row", UNCLEAR, ids=lambda row: f"{row['one']}; {row['other']}")
def test_each_pair_is_refused_or_not_as_the_page_says(row: dict[str, str]) -> None:
    one, other = rule_of(row["one"]), rule_of(row["other"])
    for pair in ([one, other], [other, one]):
        found = unclear(pair)
        assert [each.kind.value for each in found] == ([row["unclear"]] if row["unclear"] else [])
        for each in found:
            assert {each.rule, each.other} == {"a", "b"}
            assert "leave" in each.why
            assert "2026-04" in each.why


@pytest.mark.parametrize("row", WINS, ids=lambda row: f"{row['one']}; {row['other']}")
def test_each_pair_is_won_as_the_page_says(row: dict[str, str]) -> None:
    one, other = rule_of(row["one"]), rule_of(row["other"])
    (found,) = overlaps(one, [one, other])
    assert (found.for_whom, found.first, found.wins) == (
        row["for whom"],
        row["first"],
        row["wins"],
    )
    (turned,) = overlaps(other, [one])
    assert (turned.first, turned.wins, str(turned.why)) == (found.first, found.wins, str(found.why))


def test_the_page_has_tables() -> None:
    assert (len(WORKED) > 40, len(UNCLEAR) > 10, len(WINS) > 10) == (True, True, True)
