"""The benchmark of simulations still runs, and what it simulates does something."""

from __future__ import annotations

from benchmarks import simulating


def test_a_simulation_is_measured_beside_fetching_its_orders() -> None:
    told: list[str] = []
    (case,) = simulating.measure([60], rounds=1, tell=told.append)
    assert (case.employees, case.orders, case.touched) == (60, 300, 60)
    assert case.ratio == case.seconds / case.fetch_seconds
    assert "60 people and 300 orders" in simulating.verdict([case])
    assert simulating.table([case]).count("\n") == 2
    assert told
