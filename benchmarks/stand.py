"""A test stand: servers of its own, an organisation, the real worker and relay beside them."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import psycopg
from celery import Celery

from ideals import db, embedded
from ideals.budgets import commands as budgets
from ideals.budgets.states import StartedAs
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.seeds.large import SCHEME, load_large

POLL_SECONDS = 0.05
TICK = 1 / os.sysconf("SC_CLK_TCK")
"""Seconds: the kernel counts processor time in these."""
STATE = "SELECT state FROM budgets_run WHERE id = %s"
LONGEST_RUN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Allocation:
    """One run from before it was started until it was seen to be done."""

    month: Month
    employees: int
    transfers: int
    seconds: float
    processor_seconds: float


class Stand:
    def __init__(self, servers: embedded.Servers, settings: Settings, employees: int) -> None:
        self.servers = servers
        self.settings = settings
        self.employees = employees
        self.this = Month.of(clock.now().date())

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.servers.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def allocate(self, month: Month) -> Allocation:
        """By the worker and the relay that run beside us, as in `make run`."""
        self.sql("CHECKPOINT")
        used = processor_seconds()
        begun = time.perf_counter()
        with unit_of_work() as session:
            cmd = budgets.StartRun(SCHEME, month, look=False, started_as=StartedAs.COMMAND)
            run_id = budgets.start_run(session, cmd, actor=SYSTEM, now=clock.now()).id
        with psycopg.connect(self.servers.database_url, autocommit=True) as connection:
            while connection.execute(STATE, (run_id,)).fetchone() != ("done",):
                if time.perf_counter() - begun > LONGEST_RUN.total_seconds():
                    raise SystemExit(f"the run of {month} is not done after {LONGEST_RUN}")
                time.sleep(POLL_SECONDS)
        seconds = time.perf_counter() - begun
        used = processor_seconds() - used
        counted = self.sql(f"SELECT sum(transfers) FROM budgets_chunk WHERE run_id = {run_id}")
        return Allocation(month, self.employees, int(str(counted[0][0] or 0)), seconds, used)

    def peak_of_worker(self) -> int:
        """Bytes: the largest that any process of the worker has been."""
        return max(map(_peak_of_worker, _descendants(os.getpid())))


@contextmanager
def stand(employees: int, *, history: int = 0) -> Iterator[Stand]:
    """Settings of PostgreSQL as `make run` has them: it waits for the disk."""
    with (
        tempfile.TemporaryDirectory(prefix="ideals-bench-") as folder,
        embedded.temporary(fast=False) as servers,
    ):
        settings = replace(
            Settings.read(),
            var=Path(folder),
            database_url=servers.database_url,
            redis_url=servers.redis_url,
        )
        embedded.migrate(servers.database_url)
        engine = db.connect(servers.database_url)
        load_large(employees=employees, history=history, now=clock.now(), tell=lambda _: None)
        made = Stand(servers, settings, employees)
        made.sql("VACUUM (ANALYZE)")
        parts = [embedded.part("worker"), embedded.part("relay")]
        with embedded.running(parts, servers, settings):
            _wait_for_worker(settings)
            yield made
        engine.dispose()


def _wait_for_worker(settings: Settings) -> None:
    until = time.monotonic() + 60
    while not Celery(broker=settings.broker_url).control.ping(timeout=0.5):
        if time.monotonic() > until:
            raise SystemExit((settings.var / "log" / "worker.log").read_text()[-2000:])


def processor_seconds() -> float:
    """What we and every process below us have used so far, those that have ended included."""
    ticks = 0
    for pid in [os.getpid(), *_descendants(os.getpid())]:
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks * TICK


def _descendants(pid: int) -> Iterator[int]:
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _descendants(int(child))


def _peak_of_worker(pid: int) -> int:
    """0 for a process that is none, or has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        if b"workers.app" in Path(f"/proc/{pid}/cmdline").read_bytes():
            status = Path(f"/proc/{pid}/status").read_text()
            return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]
    return 0
