"""Small programs for these tests: `python -m tests.embedded.stand_in VERB`.

`serve`: the real supervisor and servers around a real gunicorn and parts that only sleep.
`borrow`: holds borrowed servers until its input ends.
"""

from __future__ import annotations

import dataclasses
import os
import resource
import signal
import sys

import psycopg

from ideals import embedded
from ideals.config import Settings
from ideals.kernel.errors import IdealsError, NotFound

SLEEPERS = ("worker", "schedule", "relay")


def web() -> embedded.Part:
    real = embedded.part("web")
    command = real.command.replace("wsgi:app", "tests.embedded.web:app")
    return dataclasses.replace(real, command=command.replace("--workers 2", "--workers 1"))


def parts() -> list[embedded.Part]:
    return [
        web(),
        *(embedded.Part(name, f"tests.embedded.sleeper {name}") for name in SLEEPERS),
    ]


def count_a_start(servers: embedded.Servers) -> int:
    """Add a row, and say how many there are: data of earlier starts is counted too."""
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(1)")
        connection.execute("CREATE TABLE IF NOT EXISTS starts (id int)")
        connection.execute("INSERT INTO starts VALUES (1)")
        row = connection.execute("SELECT count(*) FROM starts").fetchone()
    assert row is not None
    return int(row[0])


def serve() -> int:
    counted: list[int] = []

    def ready(_: embedded.Servers) -> list[str]:
        if os.environ.get("BROKEN") == "yes":
            raise NotFound("no such organisation")
        return [f"start {counted[0]}"]

    return embedded.serve(
        Settings.read(),
        parts(),
        port_fixed=os.environ.get("FIXED") == "yes",
        prepare=lambda servers: counted.append(count_a_start(servers)),
        ready=ready,
    )


def borrow() -> int:
    with embedded.borrowed(Settings.read()) as servers:
        print(servers.database_url, servers.redis_url, count_a_start(servers), flush=True)
        sys.stdin.read()
        print(count_a_start(servers), flush=True)
    print("returned", flush=True)
    return 0


if __name__ == "__main__":
    # As a test asks, however the tests themselves were started.
    under_nohup = os.environ.get("NOHUP") == "yes"
    signal.signal(signal.SIGHUP, signal.SIG_IGN if under_nohup else signal.SIG_DFL)
    if "FILES_UP_TO" in os.environ:
        limit = int(os.environ["FILES_UP_TO"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        sys.exit({"serve": serve, "borrow": borrow}[sys.argv[1]]())
    except IdealsError as error:
        sys.exit(error.message)
