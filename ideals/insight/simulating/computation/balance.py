"""Counts what people get now and would get, person by person, into the numbers of a part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from ideals.insight.simulating.queries.population import Someone
from ideals.insight.simulating.rules import Part, binned
from ideals.kernel.month import Month

Amounts = dict[tuple[Month, str], int]


class Given(NamedTuple):
    """Of one person over the months: cents by month and component, minutes by month and grant."""

    amounts: Amounts
    minutes: Amounts


class Balance:
    """`left_out`: whose budget cannot be worked out `before`, by what is published, or `after`."""

    def __init__(self) -> None:
        self.months: dict[str, Counter[str]] = {}
        self.components: dict[str, Counter[str]] = {}
        self.hours: dict[str, Counter[str]] = {}
        self.people: Counter[str] = Counter()
        self.change: Counter[int] = Counter()
        self.groups: dict[str, dict[str, Counter[str]]] = {
            name: {} for name in ("unit", "gender", "age", "contract")
        }
        self.left_out: Counter[str] = Counter()

    def person(self, who: Someone, now: Given, then: Given) -> None:
        change = sum(then.amounts.values()) - sum(now.amounts.values())
        by_month = _sums(now.amounts, place=0), _sums(then.amounts, place=0)
        for number, sums in _beside(*by_month).items():
            _count(self.months, str(number), sums)
        touched = False
        for into, one, other in (
            (self.components, now.amounts, then.amounts),
            (self.hours, now.minutes, then.minutes),
        ):
            for code, sums in _beside(_sums(one, place=1), _sums(other, place=1)).items():
                _count(into, str(code), sums)
                touched = touched or sums[0] != sums[1]
        # A month can differ where no component does over the year, and the other way round.
        touched = touched or by_month[0] != by_month[1]
        said = {
            "touched": touched,
            "better": change > 0,
            "worse": change < 0,
        }
        self.people["all"] += 1
        self.people.update(said)
        self.change[binned(change)] += 1
        keys = (who.unit, who.gender, who.age, who.contract)
        for groups, key in zip(self.groups.values(), keys, strict=True):
            counts = groups.setdefault(key, Counter())
            counts["people"] += 1
            counts["change"] += change
            counts.update(said)

    def part(self) -> Part:
        told: dict[str, Any] = {
            "months": _told(self.months),
            "components": _told(self.components),
            "hours": _told(self.hours),
            "people": dict(self.people),
            "change": {str(change): people for change, people in self.change.items()},
            "groups": {name: _told(groups) for name, groups in self.groups.items()},
            "left_out": dict(self.left_out),
        }
        return told


def _sums(amounts: Amounts, *, place: int) -> dict[int | str, int]:
    """By the number of the month (`place` 0) or by the code (1)."""
    found: dict[int | str, int] = {}
    for (month, code), amount in amounts.items():
        key = code if place else month.number
        found[key] = found.get(key, 0) + amount
    return found


def _beside(
    one: Mapping[int | str, int], other: Mapping[int | str, int]
) -> dict[int | str, tuple[int, int]]:
    return {key: (one.get(key, 0), other.get(key, 0)) for key in one.keys() | other.keys()}


def _count(lines: dict[str, Counter[str]], key: str, sums: tuple[int, int]) -> None:
    """Who has nothing either way is none of the people of the line."""
    line = lines.setdefault(key, Counter())
    if any(sums):
        line["people"] += 1
        line["touched"] += sums[0] != sums[1]
        line["before"] += sums[0]
        line["after"] += sums[1]


def _told(lines: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {key: dict(line) for key, line in lines.items()}
