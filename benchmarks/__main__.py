"""`make bench`, or `python -m benchmarks [--employees N] [--quick] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks import (
    approvals,
    closing,
    deals,
    deals_there,
    orders,
    prices,
    shop,
    simulating,
)
from benchmarks.closing import CloseCase
from benchmarks.shown import aligned
from benchmarks.stand import Allocation, Stand, stand
from benchmarks.yardstick import Copied, copied

SIZES = (2_000, 20_000)
"""And the full number of employees."""
LONG_HISTORY = 120
MIDDLE = 20_000
TARGET = 2.0


@dataclass(frozen=True, slots=True)
class Case:
    """Medians over the rounds. `ratio`: of each round, the run over the COPY beside it.

    `bare`: a COPY that does not look whether the accounts exist. `processor_ratio`: of the
    processor time of everything that took part, which other load on the machine disturbs less.
    `again_seconds`: the same month once more, posting nothing.
    """

    employees: int
    history_months: int
    rounds: int
    transfers: int
    first_seconds: float
    run_seconds: float
    run_processor_seconds: float
    microseconds_per_employee: float
    processor_microseconds_per_employee: float
    copy_seconds: float
    bare_copy_seconds: float
    ratios: list[float]
    ratio: float
    bare_ratio: float
    processor_ratio: float
    again_seconds: float
    worker_peak_bytes: int


@dataclass(frozen=True, slots=True)
class Round:
    run: Allocation
    copy: Copied
    bare_copy: Copied


def measure(employees: int, *, history: int, rounds: int) -> Case:
    """The first run opens the accounts; then each round allocates one more month."""
    say(f"{employees:,} employees, {history} months of history: loading")
    with stand(employees, history=history) as place:
        first = place.allocate(place.this)
        done = [_round(place, number) for number in range(1, rounds + 1)]
        again = _again(place, done[-1].run)
        peak = place.peak_of_worker()
    seconds = median(each.run.seconds for each in done)
    processor = median(each.run.processor_seconds for each in done)
    ratios = [each.run.seconds / each.copy.seconds for each in done]
    return Case(
        employees=employees,
        history_months=history,
        rounds=rounds,
        transfers=done[-1].run.transfers,
        first_seconds=first.seconds,
        run_seconds=seconds,
        run_processor_seconds=processor,
        microseconds_per_employee=seconds / employees * 1e6,
        processor_microseconds_per_employee=processor / employees * 1e6,
        copy_seconds=median(each.copy.seconds for each in done),
        bare_copy_seconds=median(each.bare_copy.seconds for each in done),
        ratios=ratios,
        ratio=median(ratios),
        bare_ratio=median(each.run.seconds / each.bare_copy.seconds for each in done),
        processor_ratio=median(
            each.run.processor_seconds / each.copy.processor_seconds for each in done
        ),
        again_seconds=again.seconds,
        worker_peak_bytes=peak,
    )


def _round(place: Stand, number: int) -> Round:
    run = place.allocate(place.this.plus(number))
    made = Round(run, copied(place, run.month), copied(place, run.month, foreign_keys=False))
    say(
        f"  round {number}: run {run.seconds:.2f} s (processor {run.processor_seconds:.2f}), "
        f"copy {made.copy.seconds:.2f} s (processor {made.copy.processor_seconds:.2f}), "
        f"bare copy {made.bare_copy.seconds:.2f} s"
    )
    return made


def _again(place: Stand, last: Allocation) -> Allocation:
    again = place.allocate(last.month)
    if again.transfers:
        raise SystemExit(f"a repeated run posted {again.transfers} transfers; it must post none")
    return again


HEADINGS = (
    "employees", "history", "transfers", "run s", "µs/employee", "cpu µs", "COPY s", "run/COPY",
    "bare COPY s", "run/bare", "cpu ratio", "again s", "worker MB",
)  # fmt: skip


def table(cases: list[Case]) -> str:
    rows = [
        (
            f"{case.employees:,}",
            f"{case.history_months} months",
            f"{case.transfers:,}",
            f"{case.run_seconds:.2f}",
            f"{case.microseconds_per_employee:.0f}",
            f"{case.processor_microseconds_per_employee:.0f}",
            f"{case.copy_seconds:.2f}",
            f"{case.ratio:.2f}",
            f"{case.bare_copy_seconds:.2f}",
            f"{case.bare_ratio:.2f}",
            f"{case.processor_ratio:.2f}",
            f"{case.again_seconds:.2f}",
            f"{case.worker_peak_bytes / 1e6:.0f}",
        )
        for case in cases
    ]
    return aligned(HEADINGS, rows)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--employees", type=int, default=200_000, help="of the largest case")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="small sizes, in about a minute")
    parser.add_argument("--only", action="store_true", help="one case, of --employees")
    parser.add_argument("--history", type=int, default=0, help="months, with --only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="otherwise below the table")
    given = parser.parse_args()
    cases: list[Case] = []
    for employees, history in plan(given):
        cases.append(measure(employees, history=history, rounds=given.rounds))
    print(table(cases))
    largest = max(cases, key=lambda case: (case.employees, -case.history_months))
    verdict = "within" if largest.ratio <= TARGET else "ABOVE"
    print(
        f"\n{largest.employees:,} employees: {largest.ratio:.2f} times a plain COPY of the same "
        f"rows that looks by foreign keys whether their accounts exist, {verdict} the target of "
        f"{TARGET}; {largest.bare_ratio:.2f} times one that does not look"
    )
    closes = [_close(employees, given.rounds) for employees in close_sizes(given)]
    print(f"\n{closing.table(closes)}\n\n{closing.verdict(closes[-1])}")
    shown = shop.measure(requests=shop_requests(given), rounds=given.rounds, tell=say)
    print(f"\n{shop.table(shown)}\n\n{shop.verdict(shown)}")
    ordered = orders.measure(requests=order_requests(given), rounds=given.rounds, tell=say)
    print(f"\n{orders.table(ordered)}\n\n{orders.verdict(ordered)}")
    decided = approvals.measure(
        many=open_steps(given), rounds=look_rounds(given), requests=inbox_requests(given), tell=say
    )
    print(f"\n{approvals.table(decided)}\n\n{approvals.verdict(decided)}")
    bargained = deals.measure(
        many=deals_in_force(given),
        requests=inbox_requests(given),
        rounds=given.rounds,
        looks=look_rounds(given),
        tell=say,
    )
    print(f"\n{deals.table(bargained)}\n\n{deals.verdict(bargained)}")
    priced = prices.measure(times=price_times(given), rounds=look_rounds(given), tell=say)
    print(f"\n{prices.table(priced)}\n\n{prices.verdict(priced)}")
    simulated = simulating.measure(simulation_sizes(given), rounds=given.rounds, tell=say)
    print(f"\n{simulating.table(simulated)}\n\n{simulating.verdict(simulated)}")
    result = {
        "machine": {
            "processors": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
        },
        "target_ratio": TARGET,
        "cases": [asdict(case) for case in cases],
        "target_close_ratio": closing.TARGET,
        "closes": [asdict(case) for case in closes],
        "target_shop_ratio": shop.TARGET,
        "shop": asdict(shown),
        "target_order_ratio": orders.TARGET,
        "orders": asdict(ordered),
        "target_approvals_ratio": approvals.TARGET,
        "approvals": asdict(decided),
        "target_deal_page_ratio": deals.PAGE_TARGET,
        "target_deals_clock_ratio": deals.CLOCK_TARGET,
        "deals": asdict(bargained),
        "target_prices_ratio": prices.TARGET,
        "prices": asdict(priced),
        "target_simulation_ratio": simulating.TARGET,
        "simulations": [asdict(case) for case in simulated],
    }
    if given.json:
        given.json.write_text(json.dumps(result, indent=2) + "\n")
    else:
        print(json.dumps(result))
    return 0


def _close(employees: int, rounds: int) -> CloseCase:
    say(f"{employees:,} employees: closing months")
    return closing.measure(employees, rounds=rounds)


def close_sizes(given: argparse.Namespace) -> list[int]:
    if given.quick and not given.only:
        return [5_000]
    return [given.employees] if given.only else [MIDDLE, given.employees]


def shop_requests(given: argparse.Namespace) -> int:
    """Of each page in a round."""
    if given.only:
        return 5
    return 40 if given.quick else 200


def order_requests(given: argparse.Namespace) -> int:
    """Of each handler in a round."""
    if given.only:
        return 40
    return 200 if given.quick else 1000


def open_steps(given: argparse.Namespace) -> int:
    """Of the larger one that the clock goes over."""
    if given.only:
        return approvals.FEW * 2
    return approvals.FEW * 10 if given.quick else approvals.MANY


def deals_in_force(given: argparse.Namespace) -> int:
    """In the larger of two databases."""
    if given.only:
        return deals_there.FEW * 2
    return deals_there.FEW * 5 if given.quick else deals_there.MANY


def price_times(given: argparse.Namespace) -> int:
    """The forty prices in a round."""
    return 1 if given.only else 20


def simulation_sizes(given: argparse.Namespace) -> list[int]:
    if given.only:
        return [given.employees]
    return [2_000] if given.quick else list(simulating.SIZES)


def look_rounds(given: argparse.Namespace) -> int:
    """A look takes less than a second: many of them say more."""
    return 1 if given.only else 9


def inbox_requests(given: argparse.Namespace) -> int:
    return 3 if given.only else 30


def plan(given: argparse.Namespace) -> list[tuple[int, int]]:
    """(employees, months of history) of each case, the small ones first."""
    if given.only:
        return [(given.employees, given.history)]
    if given.quick:
        return [(500, 0), (5_000, 0), (5_000, 12)]
    sizes = [size for size in SIZES if size < given.employees]
    return [*((size, 0) for size in sizes), (given.employees, 0), (MIDDLE, LONG_HISTORY)]


if __name__ == "__main__":
    sys.exit(main())
