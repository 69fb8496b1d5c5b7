"""`make run`: the servers and the parts, under one process that ends them together."""

from __future__ import annotations

import errno
import fcntl
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TypeVar

from ideals.config import Settings
from ideals.embedded import database, parts, places, processes
from ideals.embedded.errors import CannotStart
from ideals.embedded.keeper import Loan, lend
from ideals.embedded.parts import PARTS, Part
from ideals.embedded.servers import Servers
from ideals.kernel.errors import IdealsError

LOOK_SECONDS = 0.2
TRIM_SECONDS = 60.0
UP_SECONDS = 90.0
LEFTOVER_SECONDS = 8.0
PORTS_TO_TRY = 100

T = TypeVar("T")


class Stopped(Exception):
    """Somebody asked for the end: Ctrl-C, SIGTERM, a closed terminal."""


class PartEnded(Exception):
    """A part or a server ended by itself: the message says which."""


def serve(
    settings: Settings,
    wanted: Sequence[Part] = PARTS,
    *,
    port_fixed: bool = False,
    prepare: Callable[[Servers], object] | None = None,
    ready: Callable[[Servers], Sequence[str]] | None = None,
) -> int:
    """Run everything until asked to stop; returns the exit code.

    `port_fixed`: the port was asked for, so no other may take its place. `prepare` runs after the
    migrations; `ready` once everything answers, and returns the lines to print below the address.
    Both run in a thread while the parts are watched; what they raise stops everything.
    """
    if "MAKELEVEL" in os.environ:
        processes.die_with_parent()
    supervisor = Supervisor(settings, wanted)
    try:
        with supervisor.listening_to_signals(), _only_here(settings):
            supervisor.run(port_fixed, prepare, ready)
    except Stopped:
        return 0
    except (IdealsError, PartEnded) as error:
        _say(str(error), error=True)
    return 1


def is_served(settings: Settings) -> str | None:
    """The address of the living `make run` of this var folder."""
    state = processes.read_json(_state(settings.var))
    alive = "supervisor" in state and processes.is_alive(state["supervisor"])
    return str(state["url"]) if alive and "url" in state else None


class Supervisor:
    """What runs, and the one loop that watches it."""

    def __init__(self, settings: Settings, wanted: Sequence[Part]) -> None:
        self.settings = settings
        self.var = settings.var
        self.wanted = wanted
        self.loans: list[Loan] = []
        self.running: list[tuple[Part, subprocess.Popen[bytes]]] = []
        self.stopping = False
        self.in_a_hurry = False
        self.trimmed = time.monotonic()

    def run(
        self,
        port_fixed: bool,
        prepare: Callable[[Servers], object] | None,
        ready: Callable[[Servers], Sequence[str]] | None,
    ) -> None:
        """Up, and watched until something ends it: always leaves by an exception."""
        _clear_leftovers(self.var)
        with closing(_listen(self.settings, port_fixed)) as web, lend(self.settings) as lent:
            servers, self.loans = lent
            self._say_where()
            port = web.getsockname()[1]
            url = f"http://{_spoken(self.settings.host)}:{port}"

            def before() -> None:
                database.migrate(servers.database_url)
                if prepare:
                    prepare(servers)

            def after() -> Sequence[str]:
                _wait_until_up(_spoken(self.settings.host), port)
                return ready(servers) if ready else ()

            try:
                self._watched(before)
                self._start(servers, web)
                self._remember(url)
                lines = self._watched(after)
                _say("\n".join((url, *lines)))
                self._watch(lambda: False)
            finally:
                self._stop()

    @contextmanager
    def listening_to_signals(self) -> Iterator[None]:
        """The first signal raises `Stopped`; a second Ctrl-C ends the patience."""
        numbers = [signal.SIGINT, signal.SIGTERM]
        # Under nohup the terminal may close.
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._asked) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        if self.stopping:
            self.in_a_hurry = self.in_a_hurry or number == signal.SIGINT
            return
        self.stopping = True
        raise Stopped

    def _start(self, servers: Servers, web: socket.socket) -> None:
        environ = _environment(self.settings, web.getsockname()[1])
        for each in self.wanted:
            socket_for_it = web.fileno() if parts.BIND in each.command else None
            process = parts.spawn(each, servers, self.var, environ, web=socket_for_it)
            self.running.append((each, process))
        # Only the web holds it now: it is refused, not kept waiting, when the web is gone.
        web.close()

    def _remember(self, url: str) -> None:
        content = {
            "url": url,
            "supervisor": processes.identity(os.getpid()),
            "parts": [processes.identity(process.pid) for _, process in self.running],
        }
        processes.write_json(_state(self.var), content)

    def _stop(self) -> None:
        self.stopping = True
        parts.stop_all(self.running, in_a_hurry=lambda: self.in_a_hurry)
        _state(self.var).unlink(missing_ok=True)

    def _watched(self, work: Callable[[], T]) -> T:
        """The result of `work`, done in a thread while the parts are watched."""
        result: list[T] = []
        raised: list[BaseException] = []

        def do() -> None:
            try:
                result.append(work())
            except BaseException as error:
                raised.append(error)

        thread = threading.Thread(target=do, daemon=True)
        thread.start()
        self._watch(lambda: not thread.is_alive())
        if raised:
            raise raised[0]
        return result[0]

    def _watch(self, is_over: Callable[[], bool]) -> None:
        """Until it is over; raises `PartEnded` when a part or a server ends before."""
        while not is_over():
            for each, process in self.running:
                if (code := process.poll()) is not None:
                    raise PartEnded(_obituary(each, code, self.var))
            for loan in self.loans:
                if failure := loan.failure():
                    raise PartEnded(f"{failure}\nEverything is stopped.")
            self._trim_logs()
            time.sleep(LOOK_SECONDS if self.running else LOOK_SECONDS / 10)

    def _trim_logs(self) -> None:
        if time.monotonic() - self.trimmed > TRIM_SECONDS:
            self.trimmed = time.monotonic()
            for log in (self.var / "log").glob("*.log"):
                processes.trim(log)

    def _say_where(self) -> None:
        for loan in self.loans:
            if loan.home != self.var.resolve():
                _say(
                    f"The database lies in {loan.home}: PostgreSQL runs as nobody here, "
                    f"who cannot enter {self.var}.",
                    error=True,
                )


@contextmanager
def _only_here(settings: Settings) -> Iterator[None]:
    var = places.make_var(settings.var)
    with processes.held(var / "serve.lock", fcntl.LOCK_EX | fcntl.LOCK_NB) as only:
        if only is None:
            where = is_served(settings) or "it is just starting"
            raise CannotStart(f"Ideals runs here already: {where} ({var})")
        yield


def _clear_leftovers(var: Path) -> None:
    """Parts of a run that was killed are on their way out; they may still hold the port."""
    left = processes.read_json(_state(var)).get("parts", [])
    processes.wait_until(lambda: not any(map(processes.is_alive, left)), LEFTOVER_SECONDS)
    for who in left:
        if processes.is_alive(who):
            with suppress(ProcessLookupError):
                os.killpg(who[0], signal.SIGKILL)
    _state(var).unlink(missing_ok=True)


def _listen(settings: Settings, port_fixed: bool) -> socket.socket:
    """The web's socket: on the port of the settings, or on the next free one where that may be."""
    last = settings.port if port_fixed else settings.port + PORTS_TO_TRY
    for port in range(settings.port, min(last, 65535) + 1):
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        web = socket.socket(family)
        web.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            web.bind((settings.host, port))
            web.listen(64)
            return web
        except OSError as error:
            web.close()
            if error.errno != errno.EADDRINUSE:
                raise CannotStart(
                    f"cannot listen on {settings.host} port {port}: {error.strerror}"
                ) from None
    if port_fixed:
        raise CannotStart(
            f"port {settings.port} is taken by another program: free it, or choose another with "
            "PORT=..., or leave PORT out to get the next free one"
        )
    raise CannotStart(f"no free port from {settings.port} to {last}: choose one with PORT=...")


def _wait_until_up(host: str, port: int) -> None:
    def healthy() -> bool:
        connection = http.client.HTTPConnection(host, port, timeout=5)
        with suppress(OSError, http.client.HTTPException), closing(connection):
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        return False

    if not processes.wait_until(healthy, UP_SECONDS, step=0.05):
        raise CannotStart(f"the web does not answer 200 to /healthz after {UP_SECONDS:.0f} seconds")


def _environment(settings: Settings, port: int) -> dict[str, str]:
    of_make = {"MAKELEVEL", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES"}
    return {
        **{name: value for name, value in os.environ.items() if name not in of_make},
        "IDEALS_SECRET_KEY": settings.secret_key or _kept_secret(settings.var),
        "PORT": str(port),
    }


def _kept_secret(var: Path) -> str:
    """Random, made once, readable by us alone: signed cookies outlive a restart."""
    file = var / "secret-key"
    if not file.exists():
        half = var / "secret-key.half"
        half.unlink(missing_ok=True)
        half.touch(mode=0o600)
        half.write_text(secrets.token_urlsafe(48))
        half.replace(file)
    return file.read_text()


def _obituary(each: Part, code: int, var: Path) -> str:
    log = parts.log_of(each, var)
    last = "".join(f"\n  {line}" for line in processes.tail(log))
    return f"{each.name} {processes.how_it_ended(code)}, so everything is stopped. {log}:{last}"


def _spoken(host: str) -> str:
    """The host as a person on this machine types it."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104  compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _state(var: Path) -> Path:
    return var / "serve.json"


def _say(text: str, *, error: bool = False) -> None:
    """Print, also when the terminal has gone."""
    try:
        print(text, file=sys.stderr if error else sys.stdout, flush=True)
    except OSError:
        sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  until we end
