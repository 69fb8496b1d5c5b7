"""Where the time of one chunk goes: `python -m benchmarks.profile_chunk [--employees N] [--lines]`.

One chunk of the second month in this process: the processor time of each step, measured plain,
and, with `--lines`, the functions that took most of it, which a profiler slows down unevenly.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import os
import pstats
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from sqlalchemy import text
from sqlalchemy.orm import Session

from ideals import db, embedded
from ideals.budgets import commands, computation, rules
from ideals.budgets.states import StartedAs
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.seeds.commands import work_off
from ideals.seeds.large import SCHEME, load_large

P = ParamSpec("P")
R = TypeVar("R")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile_chunk")
    parser.add_argument("--employees", type=int, default=5_000)
    parser.add_argument("--lines", action="store_true")
    given = parser.parse_args()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # as in a worker
    with embedded.temporary(fast=False) as servers:
        embedded.migrate(servers.database_url)
        engine = db.connect(servers.database_url, pool_size=1)
        load_large(employees=given.employees, history=0, now=clock.now(), tell=lambda _: None)
        # The whole organisation in one chunk.
        with (
            patch.object(rules, "SMALLEST_CHUNK", given.employees),
            patch.object(rules, "LARGEST_CHUNK", given.employees),
        ):
            this = Month.of(clock.now().date())
            _allocate(this)
            for month in this.plus(1).until(this.plus(3)):
                _steps(month, given.employees)
            if given.lines:
                _functions(this.plus(4))
        engine.dispose()
    return 0


def _allocate(month: Month) -> None:
    with unit_of_work() as session:
        _start(session, month)
        work_off(session, now=clock.now())


def _start(session: Session, month: Month) -> int:
    cmd = commands.StartRun(SCHEME, month, look=False, started_as=StartedAs.COMMAND)
    return commands.start_run(session, cmd, actor=SYSTEM, now=clock.now()).id


def _planned(month: Month) -> int:
    with unit_of_work() as session:
        run_id = _start(session, month)
        commands.plan_run(session, run_id, actor=SYSTEM, now=clock.now())
    return run_id


class Meter:
    """Processor time, here and in our backend of PostgreSQL: other load does not disturb it."""

    def __init__(self, backend: int) -> None:
        self.backend = backend
        self.spent: dict[str, tuple[float, float]] = {}

    def times(self) -> tuple[float, float]:
        fields = Path(f"/proc/{self.backend}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        return time.process_time(), ticks / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        here, there = self.times()
        yield
        here_now, there_now = self.times()
        here_before, there_before = self.spent.get(name, (0.0, 0.0))
        self.spent[name] = (here_before + here_now - here, there_before + there_now - there)

    def measured(self, function: Callable[P, R], name: str) -> Callable[P, R]:
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with self.measure(name):
                return function(*args, **kwargs)

        return run

    def show(self, month: Month, employees: int) -> None:
        inner = [self.spent[name] for name in ("compute", "copy")]
        whole = self.spent.pop("chunk")
        self.spent["rest"] = (
            whole[0] - sum(part[0] for part in inner),
            whole[1] - sum(part[1] for part in inner),
        )
        parts = ", ".join(
            f"{name} {here / employees * 1e6:.0f} + {there / employees * 1e6:.0f}"
            for name, (here, there) in self.spent.items()
        )
        total = sum(map(sum, self.spent.values())) / employees * 1e6
        print(f"{month}: {parts}; together {total:.0f}")


def _steps(month: Month, employees: int) -> None:
    """µs of processor per employee, Python's + PostgreSQL's."""
    with unit_of_work() as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    meter = Meter(backend)
    with meter.measure("plan"):
        run_id = _planned(month)
    copy, compute = ledger.copy_transfers, computation.compute
    with (
        patch.object(computation, "compute", meter.measured(compute, "compute")),
        patch.object(ledger, "copy_transfers", meter.measured(copy, "copy")),
        meter.measure("chunk"),
        unit_of_work() as session,
    ):
        lease = commands.take_chunk(session, run_id, 1, now=clock.now())
        assert lease is not None
        commands.work_chunk(session, lease, now=clock.now())
    with unit_of_work() as session:
        commands.close_run(session, run_id, actor=SYSTEM, now=clock.now() + timedelta(seconds=1))
        work_off(session, now=clock.now())
    meter.show(month, employees)


def _functions(month: Month) -> None:
    run_id = _planned(month)
    profile = cProfile.Profile()
    with unit_of_work() as session:
        lease = commands.take_chunk(session, run_id, 1, now=clock.now())
        assert lease is not None
        profile.enable()
        commands.work_chunk(session, lease, now=clock.now())
        profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    sys.exit(main())
