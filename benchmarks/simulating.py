"""What a simulation of price rules costs, beside merely fetching the orders it looks at.

Everybody has ordered five times in the past twelve months, four times leave and once a gift. Two
drafts are put beside what held: leave for 15% less for whom works at least four days, as long as an
indicator is low, and gifts for 5.00 less. So for each order of leave a condition is asked about the
facts of whose it is.

The simulation runs by the two processes of one worker, with the relay, as in `make run`, from
before it was started until it was seen to be done. Beside it the same rows with the same columns
are fetched by one psycopg connection, through a cursor of the server, and thrown away.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.shown import aligned
from benchmarks.stand import POLL_SECONDS, Stand, processor_seconds, stand
from ideals.app import connect_features
from ideals.config import ROOT, Settings
from ideals.db import unit_of_work
from ideals.insight.simulating import commands
from ideals.insight.simulating.commands import StartSimulation
from ideals.insight.simulating.queries.orders import AT_A_TIME, ORDERS
from ideals.insight.simulating.states import SimulationKind
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.pricing.commands.indicators import (
    DefineIndicator,
    PutIndicator,
    define_indicator,
    put_indicator,
)
from ideals.pricing.commands.steering import SaveRule, save_rule
from ideals.schemes.commands import PublishScheme, publish_scheme
from ideals.seeds.large import SCHEME

TARGET = 15.0
EACH = 5
SIZES = (20_000, 200_000)
GROWTH = 1.25
"""How much larger a worker may be with the larger size than with the smaller one: flat."""
LONGEST_SECONDS = 900
VERSION = "2010-02"
HR = Actor("hr@bench.example", roles=frozenset({Role.HR_PRICES}))
PRODUCTS = """
  leave: {kind: leave, unit: hour, step: 1, price: full_time_salary / 165}
  gift: {kind: other, unit: piece, price: "50", tax: free_space}
"""
ORDERED = """
INSERT INTO shop_order (id, employee_id, scheme, scheme_version, product, kind, unit, tax,
    paid_from, month, quantity, unit_minor, price_minor, minutes, addition_minor, steps,
    cancellation, last_day, scarce, state, ordered_at, ordered_by)
SELECT gen_random_uuid(), employee_id, '{scheme}', {version}, product,
       CASE product WHEN 'leave' THEN 'leave' ELSE 'other' END,
       CASE product WHEN 'leave' THEN 'hour' ELSE 'piece' END,
       CASE product WHEN 'leave' THEN 'taxed' ELSE 'free_space' END,
       'budget', to_char(day, 'YYYYMM')::integer, quantity, unit, unit * quantity,
       CASE product WHEN 'leave' THEN quantity * 60 ELSE 0 END, 0,
       jsonb_build_array(
           jsonb_build_object(
               'code', 'list_price', 'amount', unit,
               'text', 'One hour by the rules of your scheme, with your facts of %(as_of)s',
               'values', jsonb_build_object('as_of', jsonb_build_object('day', day::text)),
               'parts', jsonb_build_array(
                   jsonb_build_array('fact', 'full_time_salary',
                                     jsonb_build_object('number', salary::text), ''),
                   jsonb_build_array('result', 'full_time_salary / 165',
                                     jsonb_build_object('number', exact::text), ''))),
           jsonb_build_object(
               'code', 'quantity', 'amount', unit * quantity, 'text', '%(quantity)s × %(price)s',
               'values', jsonb_build_object(
                   'quantity', jsonb_build_object('number', quantity::text),
                   'price', jsonb_build_object('euros', unit)))),
       'until_deadline', day, false, 'posted', day, 'bench'
  FROM (SELECT *, round(exact * 100)::bigint AS unit
          FROM (SELECT e.employee_id, e.full_time_salary_minor / 100.0 AS salary,
                       CASE WHEN n < {each} THEN 'leave' ELSE 'gift' END AS product,
                       CASE WHEN n < {each} THEN 4 + e.employee_id % 13 ELSE 1 END AS quantity,
                       CASE WHEN n < {each} THEN e.full_time_salary_minor / 16500.0
                            ELSE 50 END AS exact,
                       (date '{first}' + ((e.employee_id * 7 + n * 5) % 12 || ' months')::interval
                         )::date AS day
                  FROM people_employment e, generate_series(1, {each}) AS n
                 WHERE e.superseded_at IS NULL) AS wanted) AS priced
"""


@dataclass(frozen=True, slots=True)
class Case:
    """Medians over the rounds. `ratio`: of each round, the simulation over the fetching beside it.
    `touched`: the people with another price; so that nobody measures what does nothing."""

    employees: int
    orders: int
    touched: int
    rounds: int
    seconds: float
    fetch_seconds: float
    ratios: list[float]
    ratio: float
    processor_seconds: float
    worker_peak_bytes: int


def measure(
    sizes: Sequence[int] = SIZES, *, rounds: int = 3, tell: Callable[[str], None]
) -> list[Case]:
    """The small sizes first."""
    connect_features()
    return [_measure(employees, rounds, tell) for employees in sorted(sizes)]


def _measure(employees: int, rounds: int, tell: Callable[[str], None]) -> Case:
    tell(f"{employees:,} employees: loading them and {EACH} orders of each")
    with stand(employees) as place:
        rules = _prepare(place)
        done, result = [], {}
        for number in range(rounds):
            fetched, orders = _fetch(place)
            seconds, used, result = _simulate(place, rules, number)
            done.append((seconds, fetched, used))
            tell(f"  round {number + 1}: {seconds:.2f} s beside {fetched:.2f} s of fetching")
        peak = place.peak_of_worker()
    ratios = [seconds / fetched for seconds, fetched, _ in done]
    return Case(
        employees=employees,
        orders=orders,
        touched=result["people"]["touched"],
        rounds=rounds,
        seconds=median(each[0] for each in done),
        fetch_seconds=median(each[1] for each in done),
        ratios=ratios,
        ratio=median(ratios),
        processor_seconds=median(each[2] for each in done),
        worker_peak_bytes=peak,
    )


def _prepare(place: Stand) -> list[UUID]:
    """The shop, a year of orders, an indicator, two drafts; the ids of those."""
    now, this = clock.now(), place.this
    text = (ROOT / "ideals" / "seeds" / "large.yaml").read_text("utf-8")
    text = text.replace('version: "2010-01"', f'version: "{VERSION}"')
    text = text.replace("products:\n", f"products:{PRODUCTS}", 1)
    with unit_of_work() as session:
        publish_scheme(session, PublishScheme(text), actor=SYSTEM, now=now)
        named = {"en": "Utilisation", "nl": "Bezetting"}
        define = DefineIndicator("utilisation", named, "%")
        define_indicator(session, define, actor=HR, now=now)
        for month in this.plus(-14).until(this.plus(-1)):
            cmd = PutIndicator("utilisation", month, Decimal(80))
            put_indicator(session, cmd, actor=HR, now=now)
        rules = [
            _draft(session, this, "quiet", "leave", "-15", "percent"),
            _draft(session, this, "gifts", "gift", "-5", "amount"),
        ]
    place.sql(
        ORDERED.format(
            scheme=SCHEME,
            version=VERSION.replace("-", ""),
            each=EACH,
            first=this.plus(-12).first.isoformat(),
        )
    )
    place.sql("VACUUM (ANALYZE) shop_order")
    place.sql("CHECKPOINT")
    return rules


def _draft(session: Any, this: Month, code: str, product: str, value: str, kind: str) -> UUID:
    condition = "indicator_utilisation < 85 and part_time_factor >= 0.8"
    plain = {
        "code": code,
        "name": {"en": code},
        "says": {"en": code},
        "products": [product],
        "scheme": SCHEME,
        "from_month": str(this.plus(1)),
        "through_month": "",
        "condition": condition if product == "leave" else "",
        "change": {"kind": kind, "value": value},
        "order": 10,
        "combines": True,
        "reason": "",
    }
    return save_rule(session, SaveRule(new_id(), plain), actor=HR, now=clock.now()).id


def _fetch(place: Stand) -> tuple[float, int]:
    """Seconds, and how many rows."""
    this = place.this
    values = {
        "after": 0,
        "through": 2**62,
        "scheme": SCHEME,
        "first": this.plus(-12).number,
        "last": this.plus(-1).number,
        "zone": Settings.read().zone.key,
    }
    count = 0
    begun = time.perf_counter()
    with (
        psycopg.connect(place.servers.database_url) as connection,
        connection.cursor(name="orders") as cursor,
    ):
        cursor.itersize = AT_A_TIME
        cursor.execute(ORDERS, values)
        for _ in cursor:
            count += 1
    return time.perf_counter() - begun, count


def _simulate(
    place: Stand, rules: Sequence[UUID], number: int
) -> tuple[float, float, dict[str, Any]]:
    """Seconds, processor seconds, and the result. Each round asks two hours later: the same within
    the hour would be the simulation there is."""
    asked = clock.now() + timedelta(hours=2 * number)
    cmd = StartSimulation(SimulationKind.PRICES, {"rules": [str(rule) for rule in rules]})
    used = processor_seconds()
    begun = time.perf_counter()
    with unit_of_work() as session:
        made = commands.start(session, cmd, actor=HR, now=asked)
    state = f"SELECT state, result FROM insight_simulation WHERE id = '{made}'"
    while (found := place.sql(state)[0])[0] in ("queued", "running"):
        if time.perf_counter() - begun > LONGEST_SECONDS:
            raise SystemExit(f"the simulation is {found[0]} after {LONGEST_SECONDS} s")
        time.sleep(POLL_SECONDS)
    seconds = time.perf_counter() - begun
    if found[0] != "done" or not isinstance(found[1], dict):
        raise SystemExit(f"the simulation is {found[0]}")
    return seconds, processor_seconds() - used, found[1]


HEADINGS = (
    "employees", "orders", "touched", "simulation s", "µs/order", "cpu s", "fetching s", "ratio",
    "worker MB",
)  # fmt: skip


def table(cases: Sequence[Case]) -> str:
    rows = [
        (
            f"{case.employees:,}",
            f"{case.orders:,}",
            f"{case.touched:,}",
            f"{case.seconds:.2f}",
            f"{case.seconds / case.orders * 1e6:.0f}",
            f"{case.processor_seconds:.2f}",
            f"{case.fetch_seconds:.2f}",
            f"{case.ratio:.2f}",
            f"{case.worker_peak_bytes / 1e6:.0f}",
        )
        for case in cases
    ]
    return aligned(HEADINGS, rows)


def growth(cases: Sequence[Case]) -> float:
    """The largest worker with the most people over the one with the fewest."""
    return cases[-1].worker_peak_bytes / cases[0].worker_peak_bytes


def verdict(cases: Sequence[Case]) -> str:
    largest = cases[-1]
    word = "within" if largest.ratio <= TARGET else "ABOVE"
    told = (
        f"{largest.employees:,} people and {largest.orders:,} orders: a simulation takes "
        f"{largest.ratio:.2f} times as long as fetching the orders, {word} the target of {TARGET}"
    )
    if len(cases) < 2:
        return told
    flat = "flat" if growth(cases) <= GROWTH else "GROWING"
    return (
        f"{told}; a worker is {growth(cases):.2f} times as large at its largest as with "
        f"{cases[0].employees:,} people: {flat}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulating", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="employees")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found = measure(
        given.sizes,
        rounds=given.rounds,
        tell=lambda text: print(text, file=sys.stderr, flush=True),
    )
    print(f"{table(found)}\n\n{verdict(found)}")
    print(json.dumps([asdict(case) for case in found]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
