"""What closing a month costs, beside the allocation run of the same month and the same people.

The close is measured from before it was started until the month was seen to be sealed: its chunks,
and the digest of every row of the month. Everybody has all of their budget left: it is paid out.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psycopg

from benchmarks.shown import aligned
from benchmarks.stand import POLL_SECONDS, Allocation, Stand, processor_seconds, stand
from ideals.app import connect_features
from ideals.budgets.states import StartedAs
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.embedded.places import installed_postgres
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.shop.commands import closing

TARGET = 1.5
LONGEST_SECONDS = 600
SEALED = "SELECT state = 'sealed' FROM ledger_month WHERE month = {month}"
PGBENCH_SCALE = 10
PGBENCH_SECONDS = 10


class Closing(NamedTuple):
    """`seal_seconds`: of them, the digest of the month's rows."""

    seconds: float
    processor_seconds: float
    seal_seconds: float
    transfers: int


@dataclass(frozen=True, slots=True)
class CloseCase:
    """Medians over the rounds. `ratio`: of each round, the close over its allocation run.

    `tpcb_per_second`: transactions of `pgbench` (TPC-B-like) on the same server in the same run.
    """

    employees: int
    rounds: int
    transfers: int
    run_seconds: float
    close_seconds: float
    seal_seconds: float
    run_processor_seconds: float
    close_processor_seconds: float
    ratios: list[float]
    ratio: float
    processor_ratio: float
    tpcb_per_second: float


def measure(employees: int, *, rounds: int) -> CloseCase:
    """Month after month: allocate, then close."""
    connect_features()
    with stand(employees) as place:
        _close(place, place.allocate(place.this).month)  # opens the accounts
        done: list[tuple[Allocation, Closing]] = []
        for number in range(1, rounds + 1):
            run = place.allocate(place.this.plus(number))
            done.append((run, _close(place, run.month)))
        tpcb = pgbench(place.servers.database_url)
    ratios = [close.seconds / run.seconds for run, close in done]
    return CloseCase(
        employees=employees,
        rounds=rounds,
        transfers=done[-1][1].transfers,
        run_seconds=median(run.seconds for run, _ in done),
        close_seconds=median(close.seconds for _, close in done),
        seal_seconds=median(close.seal_seconds for _, close in done),
        run_processor_seconds=median(run.processor_seconds for run, _ in done),
        close_processor_seconds=median(close.processor_seconds for _, close in done),
        ratios=ratios,
        ratio=median(ratios),
        processor_ratio=median(
            close.processor_seconds / run.processor_seconds for run, close in done
        ),
        tpcb_per_second=tpcb,
    )


def _close(place: Stand, month: Month) -> Closing:
    """By the worker and the relay that run beside us."""
    place.sql("CHECKPOINT")
    used = processor_seconds()
    begun = time.perf_counter()
    with unit_of_work() as session:
        cmd = closing.CloseMonth(month, StartedAs.COMMAND, early="benchmark")
        closing.close_month(session, cmd, actor=SYSTEM, now=clock.now(), zone=Settings.read().zone)
    while place.sql(SEALED.format(month=month.number)) != [(True,)]:
        if time.perf_counter() - begun > LONGEST_SECONDS:
            raise SystemExit(f"{month} is not sealed after {LONGEST_SECONDS} s")
        time.sleep(POLL_SECONDS)
    seconds = time.perf_counter() - begun
    used = processor_seconds() - used
    [(transfers,)] = place.sql(
        "SELECT sum(c.transfers) FROM budgets_chunk c JOIN budgets_run r ON r.id = c.run_id"
        f" WHERE r.kind = 'close' AND r.month = {month.number}"
    )
    return Closing(seconds, used, _digest(place, month), int(str(transfers)))


def _digest(place: Stand, month: Month) -> float:
    """Once more, by itself."""
    begun = time.perf_counter()
    place.sql(f"SELECT (ledger_digest({month.number}, '')).digest")
    return time.perf_counter() - begun


def pgbench(url: str) -> float:
    """Transactions a second of TPC-B-like load, with as many clients as there are processors."""
    program = installed_postgres() / "bin" / "pgbench"
    clients = str(os.cpu_count() or 1)
    with _database(url) as target:
        _told([program, "-i", "-q", "-s", str(PGBENCH_SCALE), target])
        load = [program, "-b", "tpcb-like", "-c", clients, "-j", clients]
        told = _told([*load, "-T", str(PGBENCH_SECONDS), target])
    return float(re.search(r"tps = ([0-9.]+)", told)[1])  # type: ignore[index]


def _told(command: list[str | Path]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextmanager
def _database(url: str) -> Iterator[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE pgbench")
        yield url.replace("/postgres?", "/pgbench?", 1)
        connection.execute("DROP DATABASE pgbench WITH (FORCE)")


HEADINGS = (
    "employees", "transfers", "run s", "close s", "of it seal s", "close/run", "run cpu s",
    "close cpu s", "cpu ratio", "pgbench tps",
)  # fmt: skip


def row(case: CloseCase) -> tuple[str, ...]:
    return (
        f"{case.employees:,}",
        f"{case.transfers:,}",
        f"{case.run_seconds:.2f}",
        f"{case.close_seconds:.2f}",
        f"{case.seal_seconds:.2f}",
        f"{case.ratio:.2f}",
        f"{case.run_processor_seconds:.2f}",
        f"{case.close_processor_seconds:.2f}",
        f"{case.processor_ratio:.2f}",
        f"{case.tpcb_per_second:,.0f}",
    )


def verdict(case: CloseCase) -> str:
    word = "within" if case.ratio <= TARGET else "ABOVE"
    return (
        f"{case.employees:,} employees: closing a month takes {case.ratio:.2f} times as long as "
        f"allocating it, {word} the target of {TARGET}"
    )


def table(cases: list[CloseCase]) -> str:
    return aligned(HEADINGS, [row(case) for case in cases])
