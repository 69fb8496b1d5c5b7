"""What the results of all kinds of simulations have alike, from the sum of their parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ideals.insight.simulating.computation.tally import GROUPS
from ideals.insight.simulating.rules import histogram
from ideals.kernel.month import Month

_GROUP = ("people", "touched", "better", "worse", "change")


def with_all(counts: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    """All of the names; nothing where nothing was counted."""
    return {name: counts.get(name, 0) for name in names}


def by_month(
    told: Mapping[str, Any], names: Iterable[str], first: Month, last: Month
) -> list[dict[str, Any]]:
    months, names = told.get("months", {}), tuple(names)
    return [
        {"month": str(month), **with_all(months.get(str(month.number), {}), names)}
        for month in first.until(last)
    ]


def by_change(told: Mapping[str, Any]) -> list[dict[str, int]]:
    changes = {int(change): people for change, people in told.get("change", {}).items()}
    return [
        {"from": each.start, "to": each.below, "people": each.people} for each in histogram(changes)
    ]


def by_group(told: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [
            {"key": key, **with_all(counts, _GROUP)}
            for key, counts in sorted(told.get("groups", {}).get(name, {}).items())
        ]
        for name in GROUPS
    }
