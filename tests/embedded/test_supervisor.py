"""Everything starts together and ends together, however it ends, and starts again."""

from __future__ import annotations

import os
import pty
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ideals.config import ROOT
from ideals.embedded import Servers
from tests.embedded.conftest import PATIENCE, Place, wait_for

EVERYTHING = ("web", "worker", "schedule", "relay", "postgres", "redis")
KEEPERS = ("keeper of postgres", "keeper of redis")


def test_it_prints_the_address_answers_there_and_stops_at_sigterm_without_a_word(
    place: Place,
) -> None:
    process = place.serve()
    assert place.address == f"http://127.0.0.1:{place.port}"
    assert place.health() == 200
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, errors) == (0, "", "")
    assert place.alive() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_asked_to_stop_it_stops_everything_and_ends_with_0(
    place: Place, number: signal.Signals
) -> None:
    process = place.serve()
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert place.alive() == []


def test_under_nohup_a_closed_terminal_ends_nothing(place: Place) -> None:
    process = place.serve(NOHUP="yes")
    process.send_signal(signal.SIGHUP)
    time.sleep(1)
    assert process.poll() is None
    assert place.health() == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert place.alive() == []


def test_asked_to_stop_in_its_first_start_it_leaves_nothing_half_made(new_place: Place) -> None:
    process = new_place.start("serve")
    wait_for((new_place.var / "postgres.half").exists, "initdb")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert new_place.alive() == []
    new_place.serve()
    assert new_place.count == 1


def test_each_part_that_is_killed_ends_everything_says_which_and_leaves_the_data(
    place: Place,
) -> None:
    process = place.serve()
    for starts, name in enumerate(EVERYTHING + KEEPERS, start=2):
        os.kill(place.pid_of(name), signal.SIGKILL)
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1, name
        assert {"postgres": "PostgreSQL", "redis": "Redis"}.get(name, name) in errors
        assert "kill" in errors
        place.wait_until_nothing_lives()
        process = place.serve()
        assert place.count == starts
        assert place.health() == 200


def test_a_killed_supervisor_takes_everything_along(place: Place) -> None:
    place.serve().kill()
    started = time.monotonic()
    place.wait_until_nothing_lives()
    assert time.monotonic() - started < 10


def test_right_after_a_killed_supervisor_the_next_start_works_at_the_same_address(
    place: Place,
) -> None:
    process = place.serve()
    address = place.address
    process.kill()
    process.wait()
    place.serve()
    assert (place.count, place.address) == (2, address)


def test_when_everything_is_killed_at_once_the_next_start_works(place: Place) -> None:
    """As when the power goes: stale ids, sockets and state files of all of them."""
    process = place.serve()
    pids = [place.pid_of(name) for name in EVERYTHING + KEEPERS]
    for pid in [process.pid, *pids]:
        os.kill(pid, signal.SIGKILL)
    place.wait_until_nothing_lives()
    place.serve()
    assert place.count == 2


def test_a_stale_id_that_now_belongs_to_another_process_does_not_stop_the_start(
    place: Place,
) -> None:
    process = place.serve()
    os.kill(place.pid_of("postgres"), signal.SIGKILL)
    process.wait(PATIENCE)
    place.wait_until_nothing_lives()
    stale = place.data() / "postmaster.pid"
    lines = stale.read_text().splitlines()
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    place.serve()
    assert place.count == 2


def test_a_torn_and_then_an_unreadable_redis_file_do_not_stop_the_start(place: Place) -> None:
    process = place.serve()
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)
    written = next((place.var / "redis" / "appendonlydir").glob("*.incr.aof"))
    with written.open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$1")
    process = place.serve()
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)
    written.write_bytes(b"\0" * 4096 + b"rubbish\r\n")
    place.serve()
    assert place.count == 3
    assert list((place.var / "redis").glob("unreadable-*"))


def test_a_second_one_in_the_same_place_says_where_the_first_is(place: Place) -> None:
    place.serve()
    second = place.start("serve")
    _, errors = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert errors.strip().splitlines() == [
        f"Ideals runs here already: {place.address} ({place.var})"
    ]
    assert place.health() == 200


def test_two_places_run_side_by_side_on_ports_of_their_own(place: Place, folder: Path) -> None:
    other = Place(folder / "other")
    other.port = place.port
    try:
        place.serve()
        other.serve()
        assert place.address != other.address
        assert (place.health(), other.health()) == (200, 200)
        place.started[0].send_signal(signal.SIGTERM)
        place.started[0].wait(PATIENCE)
        assert other.health() == 200
    finally:
        other.close()


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(place: Place) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", place.port))
        taken.listen()
        process = place.start("serve", FIXED="yes")
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert len(errors.splitlines()) == 1
    assert f"port {place.port} is taken" in errors


def test_a_closed_terminal_ends_everything(place: Place) -> None:
    process, terminal = in_a_terminal(place)
    os.close(terminal)
    process.wait(PATIENCE)
    place.wait_until_nothing_lives()
    place.serve()
    assert place.count == 2


def test_ctrl_c_in_a_terminal_stops_everything_gently(place: Place) -> None:
    process, terminal = in_a_terminal(place)
    os.write(terminal, b"\x03")
    assert process.wait(PATIENCE) == 0
    os.close(terminal)
    assert place.alive() == []
    log = (place.var / "log" / "postgres.log").read_text().splitlines()
    assert "database system is shut down" in log[-1]


def test_a_second_ctrl_c_does_not_wait_for_a_part_that_does_not_listen(place: Place) -> None:
    process, terminal = in_a_terminal(place, STUBBORN="relay")
    started = time.monotonic()
    os.write(terminal, b"\x03")
    time.sleep(1)
    assert process.poll() is None
    os.write(terminal, b"\x03")
    assert process.wait(PATIENCE) == 0
    os.close(terminal)
    assert time.monotonic() - started < 9
    assert place.alive() == []


BECOME_THE_TERMINALS = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "tests.embedded.stand_in", "serve"])
"""


def in_a_terminal(place: Place, **more: str) -> tuple[subprocess.Popen[bytes], int]:
    """Serving, as the foreground program of a terminal of its own."""
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", BECOME_THE_TERMINALS],
        cwd=ROOT,
        env=place.environ(**more),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    while b"start 1" not in shown:
        shown += os.read(terminal, 1000)
    return process, terminal


def test_the_secret_key_is_kept_and_nobody_else_can_read_it(place: Place) -> None:
    process = place.serve()
    file = place.var / "secret-key"
    first = file.read_text()
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)
    place.serve()
    assert file.read_text() == first
    assert len(first) > 40
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_with_both_urls_set_no_server_is_started(
    new_place: Place, servers: Servers, own_database: str
) -> None:
    new_place.serve(DATABASE_URL=own_database, REDIS_URL=servers.redis_url)
    assert new_place.health() == 200
    assert not (new_place.var / "postgres").exists()
    assert not (new_place.var / "redis").exists()


def test_a_database_that_does_not_answer_is_one_line(place: Place) -> None:
    process = place.start(
        "serve", DATABASE_URL="postgresql://u:hidden@127.0.0.1:1/x", REDIS_URL="redis://x"
    )
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert len(errors.splitlines()) == 1
    assert "DATABASE_URL" in errors
    assert "hidden" not in errors


def test_what_goes_wrong_before_it_is_ready_stops_everything(place: Place) -> None:
    process = place.start("serve", BROKEN="yes")
    out, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert (out, errors) == ("", "no such organisation\n")
    assert place.alive() == []
