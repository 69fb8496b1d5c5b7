"""`python -m benchmarks.prices`: what price rules cost who looks at prices.

40 products are priced for one employee, with no rule and with 200 in force, in turn and in one
process. A price with none is all of it: the facts, the product's formula, its parts as they are
shown, the rounding. Rules are compiled and put in order beforehand, as a process keeps them, and
products with the same rules share their row: which of its rules hold for the employee is found out
once for each moment of prices.

Beside it the same decisions with the `rule-engine` library, where it is installed: which of the 200
rules hold, and what the price becomes; compiled beforehand there too. It says nothing of steps and
reasons, which ours does in the same time.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from statistics import median
from typing import Any

from benchmarks.shown import aligned
from ideals.kernel.formula import FixedNames, Kind, arithmetic
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.pricing.steering import Adjusted, Held, PriceBounds, Row, RuleText, price, read
from ideals.schemes.rules import MadeUp, PriceMoment, checked, made_up, unit_price

PRODUCTS, RULES = 40, 200
TARGET = 3.0
MONTH, DAY = Month(2026, 4), date(2026, 4, 10)
SCHEME = """
scheme: priced
version: "2020-01"
name: {en: Priced, nl: Geprijsd}
full_time_hours: 36
first_month: "2020-01"
facts: {hour_value: (full_time_salary + allowance.personal) / 156}
components: {allowance: {formula: "8% * salary"}}
products:
"""
NAMES = FixedNames(
    {
        "full_time_salary": Kind.NUMBER,
        "part_time_factor": Kind.NUMBER,
        "years_of_service": Kind.NUMBER,
        "scale": Kind.TEXT,
        "unit": Kind.TEXT,
        "indicator_utilisation": Kind.NUMBER,
        "indicator_orders": Kind.NUMBER,
    }
)
FACTS: dict[str, Any] = {
    "full_time_salary": Decimal("3456.78"),
    "part_time_factor": Decimal("0.8"),
    "years_of_service": Decimal(5),
    "scale": "8",
    "unit": "Bank/Retail/Zwolle",
    "indicator_utilisation": Decimal(82),
    "indicator_orders": Decimal(1250),
}
CONDITIONS = (
    "indicator_utilisation < {high}",
    "unit == 'Bank/Retail/{number}' and part_time_factor < 1",
    "scale in ('10', '11', '12', '{number}')",
    "indicator_orders > {many} or years_of_service >= 25",
    "full_time_salary < {low} and scale == '5'",
)
"""One of five holds: most rules are for others. No two rules have the same condition."""
CHANGES = (
    ("percent", "-2"), ("amount", "0.10"), ("floor", "5"), ("percent", "1.5"), ("cap", "900"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """Medians over the rounds: 40 prices, in microseconds. `each`: the rules of one product.

    `ratio`: of each round, with rules over without; its median. `per_second`: prices.
    """

    rules: int
    each: int
    steps: int
    microseconds: float
    per_second: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Beside:
    """Prices a second and core with 200 rules for one product, ours and theirs; `ratio`: of each
    round, our time over theirs; its median."""

    library: str
    ours_per_second: float
    theirs_per_second: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Prices:
    """`spread`: each rule is for five products. `all_over`: each is for all of them."""

    none: Case
    spread: Case
    all_over: Case
    beside: Beside | None


def rules_of(products: Callable[[int], Sequence[int]], count: int = RULES) -> list[RuleText]:
    """So many rules in force; `products`: which ones a rule is for."""
    return [_rule(number, products(number)) for number in range(count)]


def _rule(number: int, products: Sequence[int]) -> RuleText:
    kind, value = CHANGES[number // len(CONDITIONS) % len(CHANGES)]
    found = read(
        {
            "code": f"rule_{number}",
            "name": {"en": f"Rule {number}", "nl": f"Regel {number}"},
            "says": {"en": f"Because of {number}", "nl": f"Vanwege {number}"},
            "products": [f"product_{place}" for place in products],
            "scheme": "priced",
            "from_month": "2026-01",
            "condition": CONDITIONS[number % len(CONDITIONS)].format(
                number=100 + number, high=83 + number, low=2500 + number, many=2000 + number
            ),
            "change": {"kind": kind, "value": value},
            "order": number,
            "combines": True,
        },
        NAMES,
    )
    if isinstance(found, list):
        raise SystemExit("; ".join(map(str, found)))
    return found


def measure(*, times: int, rounds: int, tell: Callable[[str], None]) -> Prices:
    """`times`: that often the 40 prices, in each round."""
    asked = [
        _Asked([]),
        _Asked(rules_of(lambda number: [(number * 5 + step) % PRODUCTS for step in range(5)])),
        _Asked(rules_of(lambda _number: range(PRODUCTS))),
    ]
    tell(f"prices: {times} times {PRODUCTS} a round, without and with {RULES} rules")
    for each in asked:
        each.seconds(max(1, times // 10))  # warm
    done = [[each.seconds(times) for each in asked] for _ in range(rounds)]
    none, spread, all_over = (_case(each, place, done) for place, each in enumerate(asked))
    return Prices(none, spread, all_over, beside(times=times * 10, rounds=rounds))


def _case(asked: _Asked, place: int, done: list[list[float]]) -> Case:
    seconds = median(each[place] for each in done)
    ratio = median(each[place] / each[0] for each in done)
    return Case(
        asked.rules, asked.each, asked.steps(), seconds * 1e6, PRODUCTS / seconds, round(ratio, 4)
    )


def beside(*, times: int, rounds: int) -> Beside | None:
    """`None`: the library is not installed."""
    if find_spec("rule_engine") is None:
        return None
    library = import_module("rule_engine")
    rules = rules_of(lambda _number: range(PRODUCTS))
    row, exact = Row.of(rules), Decimal("22.158846")
    theirs = [(library.Rule(_as_theirs(each.rule)), each.change) for each in row]

    def our_price() -> int:
        return price(exact, row, BOUNDS, dict(FACTS)).minor

    def their_price() -> int:
        facts, now = dict(FACTS), exact
        with arithmetic():
            for rule, change in theirs:
                if rule.matches(facts):
                    now = change(now)
            return Money.of(now).minor

    if our_price() != their_price():
        raise SystemExit(f"two prices: {our_price()} and {their_price()}")
    done = [(_each(our_price, times), _each(their_price, times)) for _ in range(rounds)]
    return Beside(
        f"rule-engine {version('rule-engine')}",
        1 / median(ours for ours, _ in done),
        1 / median(theirs for _, theirs in done),
        median(ours / theirs for ours, theirs in done),
    )


def _as_theirs(rule: RuleText) -> str:
    """Their lists have other brackets; no condition here has a bracket of another kind."""
    source = rule.condition.source if rule.condition is not None else "true"
    return source.replace("(", "[").replace(")", "]")


def _each(act: Callable[[], object], times: int) -> float:
    begun = time.process_time()
    for _ in range(times):
        act()
    return (time.process_time() - begun) / times


class _Asked:
    """One employee, 40 products, and the rules of each."""

    def __init__(self, rules: list[RuleText]) -> None:
        lines = (
            f'  product_{place}: {{kind: leave, unit: hour, price: hour_value * 1.{place:02}}}\n'
            for place in range(PRODUCTS)
        )  # fmt: skip
        self.scheme = checked(SCHEME + "".join(lines))
        made = MadeUp(345_678, Decimal("0.8"), scale="8", unit="Bank/Retail/Zwolle")
        self.person = made_up(self.scheme, made, MONTH)
        self.rules = len(rules)
        self.own = {
            code: [rule for rule in rules if code in rule.products] for code in self.scheme.products
        }
        self.each = max(map(len, self.own.values()))

    def seconds(self, times: int) -> float:
        """Of the 40 prices."""
        return _each(self.prices, times)

    def steps(self) -> int:
        return sum(len(each.steps) for each in self.prices())

    def prices(self) -> list[Adjusted]:
        """As one request does."""
        held: dict[tuple[Row, PriceMoment], Held] = {}
        found = []
        for code, product in self.scheme.products.items():
            exact = unit_price(self.scheme, product, self.person, MONTH, DAY).exact
            row = Row.of(self.own[code])
            known = held.get((row, product.price_moment))
            if known is None:
                known = held[row, product.price_moment] = row.held(dict(FACTS))
            found.append(price(exact, known, BOUNDS, FACTS))
        return found


BOUNDS = PriceBounds(Decimal(1), Decimal(1000))
HEADINGS = ("rules", "a product", "steps", "µs for 40", "prices/s", "ratio")


def table(found: Prices) -> str:
    rows = [
        (
            str(case.rules),
            str(case.each),
            str(case.steps),
            f"{case.microseconds:.0f}",
            f"{case.per_second:,.0f}",
            f"{case.ratio:.2f}",
        )
        for case in (found.none, found.spread, found.all_over)
    ]
    return aligned(HEADINGS, rows)


def verdict(found: Prices) -> str:
    worst = max(found.spread.ratio, found.all_over.ratio)
    within = "within" if worst <= TARGET else "ABOVE"
    library = ""
    if found.beside is not None:
        faster = "as fast or faster" if found.beside.ratio <= 1 else "SLOWER"
        library = (
            f"; {found.beside.ours_per_second:,.0f} prices a second beside "
            f"{found.beside.theirs_per_second:,.0f} with {found.beside.library}, "
            f"{found.beside.ratio:.2f} of its time: {faster}"
        )
    return (
        f"{PRODUCTS} prices with {RULES} rules in force cost {found.spread.ratio:.2f} times those "
        f"without where each is for five products, and {found.all_over.ratio:.2f} times where each "
        f"is for all of them, {within} the target of {TARGET}{library}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prices", description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="the 40 prices in a round")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    found = measure(
        times=given.times,
        rounds=given.rounds,
        tell=lambda text: print(text, file=sys.stderr, flush=True),
    )
    print(f"{table(found)}\n\n{verdict(found)}")
    print(json.dumps(asdict(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
