"""Commands borrow servers: nobody is cut off, and nothing stays behind the last one."""

from __future__ import annotations

import os
import signal
import subprocess

from ideals.embedded import Servers
from tests.embedded.conftest import PATIENCE, Place, line_of


def end(process: subprocess.Popen[str]) -> list[str]:
    """Let a borrower go on; what it printed after that."""
    out, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    return out.split()


def test_a_command_alone_starts_the_servers_and_stops_them_before_it_ends(place: Place) -> None:
    first = place.start("borrow")
    assert line_of(first).endswith(" 1")
    assert end(first) == ["2", "returned"]
    assert place.alive() == []
    again = place.start("borrow")
    assert line_of(again).endswith(" 3")
    end(again)


def test_the_first_to_come_may_be_the_first_to_go(place: Place) -> None:
    first = place.start("borrow")
    line_of(first)
    second = place.start("borrow")
    line_of(second)
    end(first)
    assert end(second) == ["4", "returned"]
    assert place.alive() == []


def test_many_that_come_at_once_into_a_new_place_share_one_server(new_place: Place) -> None:
    borrowers = [new_place.start("borrow") for _ in range(4)]
    lines = [line_of(each).split() for each in borrowers]
    assert len({tuple(line[:2]) for line in lines}) == 1
    assert sorted(int(line[2]) for line in lines) == [1, 2, 3, 4]
    for each in borrowers:
        end(each)
    assert new_place.alive() == []


def test_commands_that_follow_close_upon_each_other_all_work(place: Place) -> None:
    previous = place.start("borrow")
    line_of(previous)
    for _ in range(4):
        following = place.start("borrow")
        end(previous)
        line_of(following)
        previous = following
    assert end(previous)[0] == "10"
    assert place.alive() == []


def test_a_killed_command_leaves_nothing_running(place: Place) -> None:
    process = place.start("borrow")
    line_of(process)
    process.kill()
    place.wait_until_nothing_lives()


def test_a_command_killed_while_another_works_does_no_harm(place: Place) -> None:
    first = place.start("borrow")
    line_of(first)
    second = place.start("borrow")
    line_of(second)
    first.kill()
    assert end(second) == ["3", "returned"]
    # Who was killed may take longer to be gone than the other to end: then the keepers see to it.
    place.wait_until_nothing_lives()


def test_beside_make_run_a_command_uses_its_servers_and_leaves_them(place: Place) -> None:
    place.serve()
    command = place.start("borrow")
    assert line_of(command).endswith(" 2")
    end(command)
    assert place.health() == 200


def test_make_run_may_come_and_go_while_a_command_works(place: Place) -> None:
    command = place.start("borrow")
    line_of(command)
    serving = place.serve()
    assert place.count == 2
    serving.send_signal(signal.SIGTERM)
    assert serving.wait(PATIENCE) == 0
    assert end(command) == ["3", "returned"]
    assert place.alive() == []


def test_what_the_environment_names_is_used_and_nothing_started(
    new_place: Place, servers: Servers, own_database: str
) -> None:
    command = new_place.start("borrow", DATABASE_URL=own_database, REDIS_URL=servers.redis_url)
    assert line_of(command) == f"{own_database} {servers.redis_url} 1"
    assert [line.split()[0] for line in new_place.alive()] == [str(command.pid)]
    end(command)
    assert not new_place.var.exists()


def test_a_killed_keeper_is_followed_by_another_on_the_same_data(place: Place) -> None:
    first = place.start("borrow")
    line_of(first)
    os.kill(place.pid_of("keeper of postgres"), signal.SIGKILL)
    second = place.start("borrow")
    assert line_of(second).endswith(" 2")
    assert end(first) == ["3", "returned"]
    end(second)


def test_only_one_url_set_starts_only_the_other_server(new_place: Place, own_database: str) -> None:
    command = new_place.start("borrow", DATABASE_URL=own_database)
    database_url, redis_url, _ = line_of(command).split()
    assert database_url == own_database
    assert redis_url.startswith("unix://")
    assert not (new_place.var / "postgres").exists()
    end(command)
