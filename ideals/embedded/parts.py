"""The processes beside the servers: `make run` starts them, docker-compose.yml repeats them."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ideals.config import ROOT, Settings
from ideals.embedded import processes
from ideals.embedded.servers import Servers

BIND = "{bind}"
VAR = "{var}"


@dataclass(frozen=True, slots=True)
class Part:
    """One process: `command` is a module of this Python with its words, as a shell reads them.

    In a word `{bind}` stands for the socket of the web, `{var}` for the var folder. `grace` is how
    many seconds it has after a SIGTERM; `orphaned` is what it hears when the supervisor was killed.
    """

    name: str
    command: str
    grace: float = 10.0
    orphaned: signal.Signals = signal.SIGTERM


PARTS = (
    Part(
        "web",
        "gunicorn --no-control-socket --worker-class gthread --workers 2 --threads 4 "
        f"--graceful-timeout 8 --bind {BIND} wsgi:app",
    ),
    Part(
        "worker",
        "celery -A workers.app worker --concurrency 2 --loglevel INFO "
        "--without-gossip --without-mingle",
        # A warm stop would wait for its tasks, whose servers are going too.
        orphaned=signal.SIGQUIT,
    ),
    Part("schedule", f"celery -A workers.app beat --loglevel INFO --pidfile= -s {VAR}/beat"),
    Part("relay", "workers.outbox"),
)


def part(name: str) -> Part:
    return next(each for each in PARTS if each.name == name)


def spawn(
    each: Part, servers: Servers, var: Path, environ: Mapping[str, str], *, web: int | None = None
) -> subprocess.Popen[bytes]:
    """Start one part; `web` is the open socket that takes the place of `{bind}`."""
    words = [
        word.replace(BIND, f"fd://{web}").replace(VAR, str(var))
        for word in shlex.split(each.command)
    ]
    return processes.spawn(
        [sys.executable, "-m", *words],
        log_of(each, var),
        orphaned=each.orphaned,
        environ={
            **environ,
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "IDEALS_VAR": str(var),
            "PYTHONUNBUFFERED": "1",
        },
        folder=ROOT,
        keep_open=[] if web is None else [web],
    )


def stop_all(
    started: Sequence[tuple[Part, subprocess.Popen[bytes]]],
    *,
    in_a_hurry: Callable[[], bool] = lambda: False,
) -> None:
    """Ask all of them, the last one first; end those that take longer than their grace."""
    asked = time.monotonic()
    for _, process in reversed(started):
        if process.poll() is None and not in_a_hurry():
            process.terminate()
    for each, process in reversed(started):
        left = max(0.0, asked + each.grace - time.monotonic())
        ended = partial(_has_ended, process, in_a_hurry)
        processes.wait_until(ended, left)
        processes.stop(process, ((signal.SIGKILL, 5.0),))


def _has_ended(process: subprocess.Popen[bytes], in_a_hurry: Callable[[], bool]) -> bool:
    return process.poll() is not None or in_a_hurry()


def log_of(each: Part, var: Path) -> Path:
    return var / "log" / f"{each.name}.log"


@contextmanager
def running(wanted: Sequence[Part], servers: Servers, settings: Settings) -> Iterator[None]:
    """These parts as our children for the block, as a command needs that brings its own worker."""
    (settings.var / "log").mkdir(parents=True, exist_ok=True)
    started: list[tuple[Part, subprocess.Popen[bytes]]] = []
    try:
        for each in wanted:
            started.append((each, spawn(each, servers, settings.var, os.environ)))
        yield
    finally:
        stop_all(started)
