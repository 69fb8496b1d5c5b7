"""Real parts of the service for a test: workers, the relay, the schedule."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from ideals import embedded
from ideals.config import ROOT

WORKER = ("-m", "celery", "-A", "workers.app", "worker", "-c", "2", "-l", "WARNING")
RELAY = ("-m", "workers.outbox")
SCHEDULE = ("-m", "celery", "-A", "workers.app", "beat", "--pidfile=", "-l", "WARNING")


@dataclass
class Service:
    """Parts of the service on a database and a Redis of their own."""

    environment: dict[str, str]
    redis_url: str
    parts: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        part = subprocess.Popen(
            [sys.executable, *arguments],
            env=os.environ | self.environment,
            cwd=ROOT,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.parts.append(part)
        return part

    def kill(self, part: subprocess.Popen[bytes]) -> None:
        """kill -9 of the part and its pool."""
        os.killpg(part.pid, signal.SIGKILL)
        part.wait(10)
        self.parts.remove(part)

    def flush_redis(self) -> None:
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()

    def end(self) -> None:
        for part in self.parts:
            os.killpg(part.pid, signal.SIGKILL)
            part.wait(10)


@contextmanager
def service_on(database_url: str, servers: embedded.Servers, folder: Path) -> Iterator[Service]:
    """On this database and an emptied Redis; whatever was started ends with the block."""
    url = f"{servers.redis_url}?db=7"
    environment = {"DATABASE_URL": database_url, "REDIS_URL": url, "IDEALS_VAR": str(folder)}
    started = Service(environment, url)
    started.flush_redis()
    try:
        yield started
    finally:
        started.end()


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"waited {seconds} s for {what}"
        time.sleep(0.1)
