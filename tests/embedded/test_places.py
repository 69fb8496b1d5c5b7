"""It works wherever the checkout lies and whoever runs it, or says in one line why not."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ideals.embedded import places, servers
from ideals.embedded.errors import CannotStart
from tests.embedded.conftest import PATIENCE, Place, line_of

IS_ROOT = os.geteuid() == 0


def borrow_twice(place: Place) -> str:
    """Works, keeps its data, and leaves nothing running; what the second one printed."""
    for expected in ("1", "3"):
        command = place.start("borrow")
        line = line_of(command)
        assert line.split()[-1] == expected
        _, errors = command.communicate(timeout=PATIENCE)
        assert command.returncode == 0, errors
        assert place.alive() == []
    return line


def longer(folder: Path, length: int) -> Path:
    return folder / ("x" * (length - len(str(folder)) - 1))


@pytest.mark.parametrize("kind", ["a space", "120 characters", "a letter beyond ASCII"])
def test_a_path_that_is_no_good_for_a_socket(folder: Path, kind: str) -> None:
    odd = {
        "a space": folder / "my own checkout",
        "120 characters": longer(folder, 120),
        "a letter beyond ASCII": folder / "prüfung",
    }[kind]
    odd.mkdir()
    place = Place(odd / "var")
    line = borrow_twice(place)
    assert str(odd) not in line
    assert list(place.data().parent.glob("run/*")) == []
    assert not Path(line.split("host=")[1].split()[0]).exists()
    place.close()


if IS_ROOT:

    @pytest.fixture
    def closed() -> Iterator[Path]:
        """Below a folder that only root may enter."""
        made = Path(tempfile.mkdtemp(prefix="ideals closed "))
        (made / "checkout").mkdir()
        yield made / "checkout"
        assert stat.S_IMODE(made.stat().st_mode) == 0o700, "nobody's folder was opened up"
        shutil.rmtree(made)

    def test_root_in_a_closed_folder_keeps_the_data_where_nobody_can_read_it(closed: Path) -> None:
        place = Place(closed / "var")
        borrow_twice(place)
        data = place.data()
        assert data.parent.parent in (Path("/var/lib"), Path("/var/tmp"))
        assert data.parent.name.startswith("ideals-checkout-")
        assert data.stat().st_uid == places.NOBODY
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        place.close()

    def test_make_run_says_where_the_data_is_when_it_is_elsewhere(closed: Path) -> None:
        place = Place(closed / "var")
        process = place.serve()
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
        assert errors.splitlines() == [
            f"The database lies in {place.data().parent}: PostgreSQL runs as nobody here, "
            f"who cannot enter {place.var}."
        ]
        place.close()

    def test_binaries_that_nobody_may_run_are_copied(
        folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = places.installed_postgres().parent
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, closed / part.name, symlinks=True)
        installed = closed / package.name / f"pginstall{places.POSTGRES_MAJOR}"
        monkeypatch.setattr(places, "installed_postgres", lambda: installed)
        with servers.temporary() as started, psycopg.connect(started.database_url) as connection:
            process = connection.info.backend_pid
            program = Path(f"/proc/{process}/exe").resolve()
        assert closed not in program.parents
        assert "binaries-" in str(program)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700

    def test_data_made_by_an_ordinary_user_stays_theirs_when_root_uses_it(place: Place) -> None:
        ordinary = 4321
        subprocess.run(["chown", "-R", str(ordinary), place.data()], check=True)
        borrow_twice(place)
        owners = {file.stat().st_uid for file in place.data().rglob("*")}
        assert owners == {ordinary}


def test_the_sockets_are_closed_to_others(place: Place) -> None:
    """Whoever reaches the socket is let in without a password."""
    command = place.start("borrow")
    database_url, redis_url, _ = line_of(command).split()
    for folder in (database_url.partition("host=")[2], Path(redis_url[7:]).parent):
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
    command.communicate(timeout=PATIENCE)


def failing(place: Place, **more: str) -> str:
    """The one line that a command ends with."""
    command = place.start("borrow", **more)
    _, errors = command.communicate(timeout=PATIENCE)
    assert command.returncode == 1
    lines = errors.splitlines()
    assert len(lines) == 1, errors
    assert place.alive() == []
    return lines[0]


def test_data_of_another_major_version_is_refused_and_left_alone(place: Place) -> None:
    (place.data() / "PG_VERSION").write_text("17\n")
    assert "was made by PostgreSQL 17, this is 18" in failing(place)
    assert (place.data() / "PG_VERSION").read_text() == "17\n"


def test_a_damaged_configuration_shows_what_postgresql_says(place: Place) -> None:
    with (place.data() / "postgresql.conf").open("a") as file:
        file.write("nonsense = 1\n")
    line = failing(place)
    assert line.startswith("PostgreSQL does not start:")
    assert "contains errors" in line
    assert str(place.var / "log" / "postgres.log") in line


def test_a_var_folder_that_cannot_be_written_is_refused(folder: Path) -> None:
    (folder / "file").touch()
    line = failing(Place(folder / "file" / "var"))
    assert line.startswith(f"cannot write in {folder / 'file' / 'var'}: Not a directory")
    assert "IDEALS_VAR" in line


def test_a_disk_that_is_full_while_the_database_is_made_is_one_line(folder: Path) -> None:
    """A limit on the size of files stands in for the disk: writing fails in the same place."""
    place = Place(folder / "var")
    line = failing(place, FILES_UP_TO="300000")
    assert line.startswith(f"the database cannot be made in {folder / 'var' / 'postgres'}:")
    assert not list(place.var.glob("postgres*/PG_VERSION"))
    borrow_twice(place)


def test_a_path_too_long_for_a_socket_is_measured_in_bytes() -> None:
    fits = "/" + "a" * (places.SOCKET_PATH_LIMIT - len(places.LONGEST_SOCKET_NAME) - 1)
    assert places.fits_a_socket(Path(fits))
    assert not places.fits_a_socket(Path(fits + "a"))


def test_the_account_decides_what_it_may_enter(folder: Path) -> None:
    stranger = places.Account(4321, 4321)
    inner = folder / "inner"
    inner.mkdir(mode=0o700)
    assert stranger.may_enter(folder)
    assert not stranger.may_enter(inner)
    inner.chmod(0o701)
    assert stranger.may_enter(inner)


def test_without_the_wheel_the_message_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "POSTGRES_MAJOR", "99")
    with pytest.raises(CannotStart, match="DATABASE_URL"):
        places.installed_postgres()
