"""A real PostgreSQL and a real Redis-compatible server from installed wheels.

Each listens on a Unix socket in a folder of its own and on no port.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ideals.embedded import places, processes
from ideals.embedded.errors import CannotStart
from ideals.embedded.places import OURS, Account

START_SECONDS = 120.0
"""Long enough for a recovery after a crash."""

Signals = tuple[tuple[signal.Signals, float], ...]


@dataclass(frozen=True, slots=True)
class Servers:
    """`redis_url` of an embedded server is `unix:///path`, with nothing in it to be quoted."""

    database_url: str
    redis_url: str


@dataclass(frozen=True, slots=True)
class Launch:
    """How one server is started, asked and stopped."""

    title: str
    home: Path
    command: Sequence[str | os.PathLike[str]]
    account: Account
    log: Path
    socket_folder: Path
    url: str
    answers: Callable[[str], bool]
    stop_signals: Signals


def postgres(var: Path, *, fast: bool = False) -> Launch:
    """PostgreSQL on its data below `var`, which is made when it is not there."""
    place = places.postgres_place(var)
    log = var / "log" / "postgres.log"
    if not (place.data / "PG_VERSION").exists():
        _make_data(place, log, sync=not fast)
    _check_version_of(place)
    _drop_stale_pid(place.data)
    sockets = places.socket_folder(place.home, "postgres", place.account)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "256MB",
        "max_wal_size": "4GB",
        "jit": "off",
        "log_checkpoints": "off",
        # The detail of a refused row is the row: salaries have no place in a log.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if fast:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Launch(
        title="PostgreSQL",
        home=place.home,
        command=[place.bin / "postgres", "-D", place.data, *options],
        account=place.account,
        log=log,
        socket_folder=sockets,
        url=f"postgresql://postgres@/postgres?host={sockets}",
        answers=postgres_answers,
        # Fast shutdown; immediate shutdown; the end.
        stop_signals=((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)),
    )


def redis(var: Path, *, fast: bool = False) -> Launch:
    """Redis with its append-only file below `var`; never evicts, because it carries messages."""
    data = var / "redis"
    data.mkdir(mode=0o700, exist_ok=True)
    sockets = places.socket_folder(var, "redis", OURS)
    settings = {
        "port": "0",
        "unixsocket": str(sockets / "redis.sock"),
        "unixsocketperm": "700",
        "dir": str(data),
        "save": "",
        "appendonly": "no" if fast else "yes",
        "aof-load-truncated": "yes",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
    }
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return Launch(
        title="Redis",
        home=var,
        command=[places.redis_binary(), *options],
        account=OURS,
        log=var / "log" / "redis.log",
        socket_folder=sockets,
        url=f"unix://{sockets / 'redis.sock'}",
        answers=redis_answers,
        stop_signals=((signal.SIGTERM, 10), (signal.SIGKILL, 5)),
    )


LAUNCHES: dict[str, Callable[[Path], Launch]] = {"postgres": postgres, "redis": redis}


def start(launch: Launch) -> subprocess.Popen[bytes]:
    """The server as a direct child, answering; raises `CannotStart` with its own last words."""
    since = processes.size(launch.log)
    child = processes.spawn(
        launch.command,
        launch.log,
        orphaned=launch.stop_signals[0][0],
        account=launch.account,
    )
    try:
        processes.wait_until(
            lambda: child.poll() is not None or launch.answers(launch.url), START_SECONDS
        )
        if child.poll() is None and launch.answers(launch.url):
            return child
    except BaseException:
        stop(launch, child)
        raise
    stop(launch, child)
    raise CannotStart(f"{launch.title} does not start: {_reason(launch.log, since)}")


def stop(launch: Launch, child: subprocess.Popen[bytes]) -> None:
    processes.stop(child, launch.stop_signals)
    shutil.rmtree(launch.socket_folder, ignore_errors=True)


@contextmanager
def temporary(*, fast: bool = True) -> Iterator[Servers]:
    """Servers with an empty database, gone with the block: for tests and benchmarks.

    `fast` leaves out every wait for the disk.
    """
    var = places.temporary_home()
    (var / "log").mkdir()
    started: list[tuple[Launch, subprocess.Popen[bytes]]] = []
    try:
        for make in (postgres, redis):
            launch = make(var, fast=fast)
            started.append((launch, start(launch)))
        yield Servers(started[0][0].url, started[1][0].url)
    finally:
        for launch, child in reversed(started):
            stop(launch, child)
        shutil.rmtree(var, ignore_errors=True)


def postgres_answers(url: str) -> bool:
    import psycopg  # a keeper of Redis has no use for it

    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def redis_answers(url: str) -> bool:
    with socket.socket(socket.AF_UNIX) as link, suppress(OSError):
        link.settimeout(5)
        link.connect(url.removeprefix("unix://"))
        link.sendall(b"PING\r\n")
        return link.recv(16).startswith(b"+PONG")
    return False


def _make_data(place: places.PostgresPlace, log: Path, *, sync: bool) -> None:
    """initdb beside the final name, so that a half-made folder is never taken for data."""
    half = place.data.with_name("postgres.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    places.give(half, place.account, 0o700)
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-instructions"]
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"]
    since = processes.size(log)
    initdb = processes.spawn(
        [place.bin / "initdb", "-D", half, *options, *locale, *([] if sync else ["--no-sync"])],
        log,
        orphaned=signal.SIGKILL,
        account=place.account,
    )
    try:
        code = initdb.wait()
    finally:
        processes.stop(initdb, ())
    if code:
        shutil.rmtree(half, ignore_errors=True)
        raise CannotStart(f"the database cannot be made in {place.data}: {_reason(log, since)}")
    half.rename(place.data)


def _check_version_of(place: places.PostgresPlace) -> None:
    made_by = (place.data / "PG_VERSION").read_text().strip()
    if made_by != places.POSTGRES_MAJOR:
        raise CannotStart(
            f"the database in {place.data} was made by PostgreSQL {made_by}, this is "
            f"{places.POSTGRES_MAJOR}: carry it over with pg_dump, or set it aside to begin anew"
        )


def _drop_stale_pid(data: Path) -> None:
    """Our lock says that nobody runs this data, but PostgreSQL believes the id in its file.

    That may be another program's by now, or a dead process that nobody has collected.
    """
    file = data / "postmaster.pid"
    if sys.platform != "linux" or not file.exists():
        return
    words = file.read_text().split()
    if not words or processes.name_of(int(words[0])) != "postgres":
        file.unlink()


def _reason(log: Path, since: int) -> str:
    lines = processes.tail(log, since=since, lines=50)
    telling = [line for line in lines if "FATAL" in line or "rror" in line or "Can't" in line]
    said = (telling or lines or ["it said nothing"])[-1 if not telling else 0]
    return f"{said.strip()} ({log})"
