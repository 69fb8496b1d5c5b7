"""Children that end with us, and logs that stay within bounds."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ideals import embedded
from ideals.config import Settings
from ideals.embedded import processes
from tests.embedded.conftest import wait_for

SLEEPER = embedded.Part("relay", "tests.embedded.sleeper relay")


def test_parts_of_a_command_live_as_long_as_the_block(
    servers: embedded.Servers, tmp_path: Path
) -> None:
    settings = dataclasses.replace(Settings.read({}), var=tmp_path)
    ours = f"/proc/{os.getpid()}/task/{os.getpid()}/children"
    before = Path(ours).read_text().split()
    with embedded.running([SLEEPER], servers, settings):
        (started,) = set(Path(ours).read_text().split()) - set(before)
        wait_for(lambda: b"sleeper" in Path(f"/proc/{started}/cmdline").read_bytes(), "the sleeper")
        environ = Path(f"/proc/{started}/environ").read_bytes().split(b"\0")
        assert f"DATABASE_URL={servers.database_url}".encode() in environ
    assert not Path(f"/proc/{started}").exists()


def test_stopping_a_child_sweeps_what_it_left_in_its_session(tmp_path: Path) -> None:
    child = processes.spawn(
        ["/bin/sh", "-c", "sleep 1000 & echo $!; wait"], tmp_path / "log", orphaned=signal.SIGKILL
    )
    wait_for(lambda: (tmp_path / "log").read_text().strip() != "", "the grandchild")
    grandchild = processes.identity(int((tmp_path / "log").read_text()))
    processes.stop(child, ((signal.SIGTERM, 5.0),))
    wait_for(lambda: not processes.is_alive(grandchild), "the end of the grandchild")


def test_a_dead_process_that_nobody_collected_does_not_count_as_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1)
    who = processes.identity(child.pid)
    assert processes.is_alive(who)
    child.kill()
    wait_for(lambda: not processes.is_alive(who), "its end")
    assert Path(f"/proc/{child.pid}").exists()
    assert processes.name_of(child.pid) is None
    child.communicate()


def test_another_process_with_the_same_id_is_not_taken_for_it() -> None:
    pid, started = processes.identity(os.getpid())
    assert processes.is_alive((pid, started))
    assert not processes.is_alive((pid, str(int(started) - 1)))


def test_a_long_log_is_set_aside_and_written_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LOG_LIMIT", 10)
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"short\n")
        processes.trim(log)
        assert log.read_bytes() == b"short\n"
        writer.write(b"now too long\n")
        processes.trim(log)
        writer.write(b"next\n")
    assert log.read_bytes() == b"next\n"
    assert (tmp_path / "web.log.1").read_bytes() == b"short\nnow too long\n"


def test_the_last_lines_of_a_log_are_those_since_the_start(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("of an earlier run\n")
    since = processes.size(log)
    with log.open("a") as file:
        file.write("one\n\ntwo\nthree\n")
    assert processes.tail(log, since=since, lines=2) == ["two", "three"]
    assert processes.tail(log, since=since) == ["one", "two", "three"]
