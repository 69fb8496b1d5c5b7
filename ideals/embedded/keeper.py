"""A keeper holds one server for all who need it: `python -m ideals.embedded NAME VAR`.

Whoever needs a server holds a shared lock on `NAME.users`. The keeper starts the server as its own
child, writes its address to `NAME.json` and waits for the exclusive lock, which it gets when the
last user has gone, in whatever way. Then it stops the server and goes; who comes in that moment
waits for it and starts the next keeper. `NAME.lock` is held by the one keeper there may be.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from ideals.config import ROOT, Settings
from ideals.embedded import database, places, processes, servers
from ideals.embedded.errors import CannotStart
from ideals.embedded.servers import Launch, Servers

ANSWERS = {"postgres": servers.postgres_answers, "redis": servers.redis_answers}
LEFTOVER_SECONDS = 60.0
STARTING_SECONDS = 180.0


class Enough(Exception):
    """The server is not needed any more."""


def keep(name: str, var: Path) -> int:
    """Hold the server until nobody uses it; 1 when it fails, with the reason in the state file."""
    signal.signal(signal.SIGTERM, _enough)
    state = var / f"{name}.json"
    lock = processes.held(var / f"{name}.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    with ExitStack() as users, lock as only:
        if only is None:
            return 0
        try:
            _outlive(processes.read_json(state))
            state.unlink(missing_ok=True)
            _watch(var / f"{name}.users", users)
            launch, child = _start(name, var)
        except Enough:
            return 0
        except (CannotStart, OSError) as error:
            return _fail(state, str(error))
        try:
            _publish(state, launch, child)
            code = child.wait()
        except Enough:
            return 0
        finally:
            servers.stop(launch, child)
            state.unlink(missing_ok=True)
        return _fail(state, f"{launch.title} {processes.how_it_ended(code)}: see {launch.log}")


def _enough(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Enough


def _outlive(earlier: dict[str, object]) -> None:
    """Wait for the server of a keeper that was killed: it is on its way out."""
    who = earlier.get("server")
    if not isinstance(who, list):
        return
    if not processes.wait_until(lambda: not processes.is_alive(who), LEFTOVER_SECONDS):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(who[0]), signal.SIGKILL)
        processes.wait_until(lambda: not processes.is_alive(who), LEFTOVER_SECONDS)


def _start(name: str, var: Path) -> tuple[Launch, subprocess.Popen[bytes]]:
    launch = servers.LAUNCHES[name](var)
    appended = var / "redis" / "appendonlydir"
    try:
        return launch, servers.start(launch)
    except CannotStart:
        if name != "redis" or not appended.exists():
            raise
    # Nothing is lost with Redis: a file it cannot read is set aside, the database sends again.
    appended.rename(appended.with_name(f"unreadable-{time.time_ns()}"))
    launch = servers.LAUNCHES[name](var)
    return launch, servers.start(launch)


def _publish(state: Path, launch: Launch, child: subprocess.Popen[bytes]) -> None:
    content = {
        "url": launch.url,
        "home": str(launch.home),
        "keeper": processes.identity(os.getpid()),
        "server": processes.identity(child.pid),
    }
    processes.write_json(state, content)


def _watch(users: Path, until_we_end: ExitStack) -> None:
    """Have the main thread hear `Enough` once the last user has gone."""
    main = threading.main_thread().ident
    assert main is not None  # noqa: S101  it runs this

    def wait_for_the_last() -> None:
        until_we_end.enter_context(processes.held(users, fcntl.LOCK_EX))
        signal.pthread_kill(main, signal.SIGTERM)

    threading.Thread(target=wait_for_the_last, daemon=True).start()


def _fail(state: Path, message: str) -> int:
    with contextlib.suppress(OSError):
        processes.write_json(state, {"failed": message})
    return 1


class Loan:
    """The use of one server below `var`, from `begin` to `end`."""

    def __init__(self, name: str, var: Path) -> None:
        self.name = name
        self.var = var
        self._state = var / f"{name}.json"
        self._mark: IO[str] | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Say that we use it, and bring a keeper when it does not answer."""
        self._mark = processes.take(self.var / f"{self.name}.users", fcntl.LOCK_SH)
        if self._url() is None:
            self._bring_keeper()

    def url(self) -> str:
        """Where it answers. Waits while it starts; raises `CannotStart` when it cannot."""
        deadline = time.monotonic() + STARTING_SECONDS
        while (url := self._url()) is None:
            if self._keeper is None or self._keeper.poll() is not None:
                self._bring_keeper_again()
            if time.monotonic() > deadline:
                raise CannotStart(f"{self.name} did not answer for {STARTING_SECONDS:.0f} seconds")
            time.sleep(0.02)
        return url

    @property
    def home(self) -> Path:
        return Path(str(processes.read_json(self._state)["home"]))

    def failure(self) -> str | None:
        """In words, when the server is no longer kept."""
        state = processes.read_json(self._state)
        if "keeper" in state and processes.is_alive(state["keeper"]):
            return None
        return str(state.get("failed") or f"the keeper of {self.name} was killed")

    def end(self) -> None:
        """Use it no longer. When we were the last, it has stopped when this returns."""
        if self._mark is None:
            return
        self._mark.close()
        self._mark = None
        self._wait_for_keeper_or_users()
        if self._keeper is not None and self._keeper.poll() is None:
            # It goes on for others and ends without us.
            self._keeper.returncode = 0

    def _url(self) -> str | None:
        url = processes.read_json(self._state).get("url")
        return str(url) if url and ANSWERS[self.name](str(url)) else None

    def _bring_keeper(self) -> None:
        with (self.var / "log" / "keeper.log").open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "ideals.embedded", self.name, str(self.var)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    def _bring_keeper_again(self) -> None:
        """Ours has ended: it failed, or another one was there first, which may be ending too."""
        if self._keeper is not None and self._keeper.returncode != 0:
            said = processes.read_json(self._state).get("failed")
            raise CannotStart(str(said or f"the keeper of {self.name} failed: see {self.var}/log"))
        time.sleep(0.2)
        self._bring_keeper()

    def _wait_for_keeper_or_users(self) -> None:
        """Until the keeper has gone, or somebody else is seen to use the server."""
        keeper = processes.read_json(self._state).get("keeper")
        if keeper is None and self._keeper is not None:
            keeper = processes.identity(self._keeper.pid)
        users = self.var / f"{self.name}.users"
        while keeper and processes.is_alive(keeper):
            with processes.held(users, fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
                if alone is None and self._is_used_by_others(users):
                    return
            time.sleep(0.01)

    def _is_used_by_others(self, users: Path) -> bool:
        """Asked when we are not alone: a keeper that stops the server holds the lock to its end."""
        with processes.held(users, fcntl.LOCK_SH):
            return self._state.exists()


@contextmanager
def lend(settings: Settings) -> Iterator[tuple[Servers, list[Loan]]]:
    """The servers of these settings, and the loans among them."""
    wanted = {"postgres": settings.database_url, "redis": settings.redis_url}
    var = places.make_var(settings.var) if None in wanted.values() else settings.var
    loans = {name: Loan(name, var) for name, url in wanted.items() if url is None}
    try:
        for loan in loans.values():
            loan.begin()
        urls = {name: url or loans[name].url() for name, url in wanted.items()}
        if settings.database_url:
            database.check(settings.database_url)
        yield Servers(urls["postgres"], urls["redis"]), list(loans.values())
    finally:
        for loan in loans.values():
            loan.end()


@contextmanager
def borrowed(settings: Settings) -> Iterator[Servers]:
    """Servers for the block: those of the settings, those that run, or started for it.

    What was started for it is stopped when the last of all who use it has gone.
    """
    with lend(settings) as (lent, _):
        yield lent
