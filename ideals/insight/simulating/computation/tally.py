"""Counts what orders cost and would cost, person by person, into the numbers of a part."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ideals.insight.simulating.queries.orders import Ordered
from ideals.insight.simulating.queries.population import Someone
from ideals.insight.simulating.rules import Part, binned

GROUPS = ("unit", "gender", "age", "contract")
LINE = ("orders", "people", "touched", "minutes", "before", "after")


class Line:
    """Of a month or a product. `touched`: the people with an order that would have another price.
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
        self.free = Line()
        self.leave: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.rules: dict[str, Counter[int]] = {}

    def order(self, order: Ordered, after: int, applied: list[str], worth: int) -> int:
        """What it changes for whose it is, in cents. `worth`: without any rule."""
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
            self.free.add(order.employee_id, minutes, before, after)
        if order.leave:
            leave = self.leave
            leave["minutes"] += minutes
            leave["value"] += sign * worth
            leave["paid_before"] += before
            leave["paid_after"] += after
        for rule in applied:
            self.rules.setdefault(rule, Counter())[order.month] += 1
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
            "months": {str(month): line.told() for month, line in self.months.items()},
            "products": {code: line.told() for code, line in self.products.items()},
            "people": dict(self.people),
            "change": {str(change): people for change, people in self.change.items()},
            "groups": {
                name: {key: dict(counts) for key, counts in groups.items()}
                for name, groups in self.groups.items()
            },
            "free_space": {"before": self.free.before, "after": self.free.after},
            "leave": dict(self.leave),
            "left_out": dict(self.left_out),
            "rules": {
                rule: {str(month): orders for month, orders in months.items()}
                for rule, months in self.rules.items()
            },
        }
        return told
