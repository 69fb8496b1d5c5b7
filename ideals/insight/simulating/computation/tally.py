"""Counts what orders cost and would cost, person by person, into the numbers of a part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ideals.insight.simulating.queries.orders import Ordered
from ideals.insight.simulating.queries.population import Someone
from ideals.insight.simulating.rules import Part, binned

GROUPS = ("unit", "gender", "age", "contract")
LINE = ("orders", "people", "touched", "minutes", "before", "after")


class Line:
    """Of a month, a product, or a rule in a month. `touched`: the people with an order that would
    have another price.
    Orders come person by person, so that who came last tells whether somebody is counted already.
    """

    __slots__ = (*LINE, "last", "last_touched")

    def __init__(self) -> None:
        self.orders = self.people = self.touched = self.minutes = self.before = self.after = 0
        self.last = self.last_touched = 0

    def add(self, employee: int, minutes: int, before: int, after: int) -> None:
        self.orders += 1
        self.minutes += minutes
        self.before += before
        self.after += after
        if employee != self.last:
            self.people += 1
            self.last = employee
        if before != after and employee != self.last_touched:
            self.touched += 1
            self.last_touched = employee

    def told(self) -> Part:
        return {name: getattr(self, name) for name in LINE}


class Tally:
    """Amounts are what people pay: what they get for leave they sell is less than nothing."""

    def __init__(self) -> None:
        self.months: dict[int, Line] = {}
        self.products: dict[str, Line] = {}
        self.people: Counter[str] = Counter()
        self.change: Counter[int] = Counter()
        self.groups: dict[str, dict[str, Counter[str]]] = {name: {} for name in GROUPS}
        self.free, self.leave = Line(), Line()
        self.worth = 0
        self.sums: dict[str, Counter[str]] = {"free_space": Counter(), "leave": Counter()}
        self.left_out: Counter[str] = Counter()
        self.rules: dict[str, dict[int, Line]] = {}

    def order(self, order: Ordered, after: int, applied: Mapping[str, int], worth: int) -> int:
        """What it changes for whose it is, in cents. `applied`: what each rule that applied did of
        it. `worth`: without any rule."""
        sign = -1 if order.sold else 1
        before, after = sign * order.price * order.charges, sign * after
        minutes = sign * order.minutes
        line = self.months.get(order.month)
        if line is None:
            line = self.months[order.month] = Line()
        line.add(order.employee_id, minutes, before, after)
        line = self.products.get(order.product)
        if line is None:
            line = self.products[order.product] = Line()
        line.add(order.employee_id, minutes, before, after)
        if order.free:
            self.sums["free_space"][order.product] += 1
            self.free.add(order.employee_id, minutes, before, after)
        if order.leave:
            self.sums["leave"][order.product] += 1
            self.leave.add(order.employee_id, minutes, before, after)
            self.worth += sign * worth
        for rule, did in applied.items():
            months = self.rules.setdefault(rule, {})
            line = months.get(order.month)
            if line is None:
                line = months[order.month] = Line()
            line.add(order.employee_id, minutes, after - sign * did, after)
        return after - before

    def person(
        self, who: Someone, *, reached: bool, ordered: bool, touched: bool, change: int
    ) -> None:
        """One who is employed now, or who ordered something."""
        said = {
            "people": 1,
            "touched": touched,
            "better": change < 0,
            "worse": change > 0,
            "change": change,
        }
        self.people["all"] += 1
        self.people["left"] += not who.here
        self.people["reached"] += reached
        self.people["ordered"] += ordered
        for name in ("touched", "better", "worse"):
            self.people[name] += said[name]
        if ordered:
            self.change[binned(change)] += 1
        for name, key in zip(GROUPS, (who.unit, who.gender, who.age, who.contract), strict=True):
            groups = self.groups[name]
            counts = groups.get(key)
            if counts is None:
                counts = groups[key] = Counter()
            for what, number in said.items():
                counts[what] += number

    def part(self) -> Part:
        told: dict[str, Any] = {
            "months": _by_month(self.months),
            "products": {code: line.told() for code, line in self.products.items()},
            "people": dict(self.people),
            "change": {str(change): people for change, people in self.change.items()},
            "groups": {
                name: {key: dict(counts) for key, counts in groups.items()}
                for name, groups in self.groups.items()
            },
            "free_space": self.free.told(),
            "leave": {**self.leave.told(), "value": self.worth},
            "sums": {name: dict(products) for name, products in self.sums.items()},
            "left_out": dict(self.left_out),
            "rules": {rule: _by_month(months) for rule, months in self.rules.items()},
        }
        return told


def _by_month(lines: Mapping[int, Line]) -> Part:
    return {str(month): line.told() for month, line in lines.items()}
