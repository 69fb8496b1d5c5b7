"""Child processes that end with us, however we die, and files that say who holds what."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ideals.embedded.places import OURS, Account

LOG_LIMIT = 20_000_000
"""Bytes of a log before it is set aside as `.1`."""
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str | os.PathLike[str]],
    log: Path,
    *,
    orphaned: signal.Signals,
    account: Account = OURS,
    environ: Mapping[str, str] | None = None,
    folder: Path = Path("/"),
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own. The kernel sends it `orphaned` when we die (Linux).

    Only from the main thread: the kernel takes the end of the spawning thread for our death.
    """
    trim(log)
    ours = os.getpid()

    def bind_to_us() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(orphaned))
        if os.getppid() != ours:
            os._exit(1)

    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=environ,
            cwd=folder,
            start_new_session=True,
            pass_fds=keep_open,
            preexec_fn=bind_to_us,
            **account.options(),
        )


def die_with_parent() -> None:
    """Ask for SIGTERM when the process that started us dies."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))


def stop(process: subprocess.Popen[bytes], signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal until the process has ended within its seconds; then sweep its session."""
    for number, seconds in signals:
        if process.poll() is None:
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def how_it_ended(code: int) -> str:
    return f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended (exit {code})"


def trim(log: Path) -> None:
    """Set a log aside that has grown long. Writers append, so they go on at the beginning."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def tail(log: Path, *, since: int = 0, lines: int = 5) -> list[str]:
    """The last lines written to a log after the byte `since`."""
    if not log.exists():
        return []
    with log.open("rb") as opened:
        opened.seek(max(since, size(log) - 20_000))
        text = opened.read().decode(errors="replace")
    return [line for line in text.splitlines() if line.strip()][-lines:]


Identity = tuple[int, str]
"""A process id and when that process started: ids are used again, pairs are not."""


def identity(pid: int) -> Identity:
    return pid, _started(pid) or ""


def is_alive(who: Sequence[Any]) -> bool:
    pid, started = int(who[0]), str(who[1])
    return _started(pid) == started


def name_of(pid: int) -> str | None:
    """The program a living process runs; `None` for a dead one or a zombie."""
    if not _started(pid):
        return None
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return None


def _started(pid: int) -> str | None:
    """The clock tick a living process started at; `None` for a dead one or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _started_without_proc(pid)
    except ProcessLookupError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def _started_without_proc(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""


def wait_until(true: Callable[[], bool], seconds: float, *, step: float = 0.02) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def take(path: Path, kind: int) -> IO[str] | None:
    """Lock a file until it is closed or we die; `None` when `kind` has LOCK_NB and it is taken."""
    opened = path.open("a+")
    try:
        fcntl.flock(opened, kind)
    except BlockingIOError:
        opened.close()
        return None
    return opened


@contextmanager
def held(path: Path, kind: int) -> Iterator[IO[str] | None]:
    opened = take(path, kind)
    try:
        yield opened
    finally:
        if opened is not None:
            opened.close()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    half = path.with_name(f"{path.name}.half")
    half.write_text(json.dumps(content))
    half.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """What was written last; empty when there is nothing."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return content
