"""Runs the supervisor and commands as processes of their own, and looks at what they leave."""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ideals import embedded
from ideals.config import ROOT, Settings

PATIENCE = 30.0
"""Seconds, far more than anything here takes."""


def wait_for(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Place:
    """A var folder, and the programs run on it."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port = free_port()
        self.started: list[subprocess.Popen[str]] = []

    def environ(self, **more: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL", "MAKELEVEL")
        }
        return {**kept, "IDEALS_VAR": str(self.var), "PORT": str(self.port), **more}

    def start(self, verb: str, **more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.embedded.stand_in", verb],
            cwd=ROOT,
            env=self.environ(**more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def serve(self, **more: str) -> subprocess.Popen[str]:
        """Started, and its two lines read into `address` and `start`."""
        process = self.start("serve", **more)
        self.address = line_of(process)
        self.count = int(line_of(process).removeprefix("start "))
        return process

    def health(self) -> int:
        host, _, port = self.address.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
        connection.close()
        return status

    def pid_of(self, name: str) -> int:
        """Of a part by its name, of a server, or of a server's keeper."""
        if name in ("postgres", "redis"):
            return int(self._state(name)["server"][0])
        if name.startswith("keeper of "):
            return int(self._state(name.removeprefix("keeper of "))["keeper"][0])
        order = ("web", "worker", "schedule", "relay")
        return int(self._state("serve")["parts"][order.index(name)][0])

    def _state(self, name: str) -> dict[str, list[list[int]]]:
        return json.loads((self.var / f"{name}.json").read_text())

    def data(self) -> Path:
        return (self.var / "postgres").resolve()

    def alive(self) -> list[str]:
        """Every process that has to do with this place: by command, environment or folder."""
        signs = [os.fsencode(self.var), os.fsencode(self.data())]
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes()
                if not command:  # a thread of the kernel, or a zombie
                    continue
                environ = (folder / "environ").read_bytes()
                cwd = os.fsencode((folder / "cwd").readlink())
            except OSError:
                continue
            if any(sign in command + environ + cwd for sign in signs):
                found.append(f"{folder.name} {command.decode(errors='replace')[:80]}")
        return found

    def wait_until_nothing_lives(self) -> None:
        wait_for(lambda: not self.alive(), f"the end of {self.alive()}")

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE)
        self.wait_until_nothing_lives()
        home = self.data().parent
        if home != self.var.resolve() and home.name.startswith("ideals-"):
            shutil.rmtree(home)


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        _, errors = process.communicate(timeout=PATIENCE)
        raise AssertionError(f"ended with {process.returncode}: {errors}")
    return line


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account may enter, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="t-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def stopped() -> Iterator[Path]:
    """A var folder with a migrated database in it, at rest."""
    made = Path(tempfile.mkdtemp(prefix="t-"))
    made.chmod(0o755)
    settings = dataclasses.replace(
        Settings.read({}), var=made / "var", database_url=None, redis_url=None
    )
    with embedded.borrowed(settings) as servers:
        embedded.migrate(servers.database_url)
    yield settings.var
    shutil.rmtree(made)


@pytest.fixture
def place(folder: Path, stopped: Path) -> Iterator[Place]:
    """A place that has been used before, which spares making and migrating a database."""
    subprocess.run(["cp", "-a", stopped, folder / "var"], check=True)
    opened = Place(folder / "var")
    yield opened
    opened.close()


@pytest.fixture
def new_place(folder: Path) -> Iterator[Place]:
    """A place where nothing has been yet."""
    opened = Place(folder / "var")
    yield opened
    opened.close()
