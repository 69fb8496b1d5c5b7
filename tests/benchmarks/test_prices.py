"""The benchmark of prices still runs, and its rules do what they are there for."""

from __future__ import annotations

from benchmarks import prices


def test_prices_are_measured_without_rules_and_with_them() -> None:
    told: list[str] = []
    found = prices.measure(times=1, rounds=1, tell=told.append)
    assert [(case.rules, case.each) for case in (found.none, found.spread, found.all_over)] == [
        (0, 0),
        (200, 25),
        (200, 200),
    ]
    # One of five holds, and a part of those are limits that have nothing to limit.
    assert found.none.steps < found.spread.steps < found.all_over.steps
    assert found.all_over.steps > 20 * prices.PRODUCTS
    assert "prices with 200 rules in force cost" in prices.verdict(found)
    assert prices.table(found).count("\n") == 4
    assert told
