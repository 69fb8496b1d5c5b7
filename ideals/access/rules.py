"""How long a sign-in lasts, how attempts slow down, what a password must be, and digests.

A password is long rather than intricate: at least 12 characters, any characters, and not one of
those everybody tries first. What is tried from a browser that has signed in to this account before
is counted by itself, so that nobody outside can slow its owner down.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from ideals.access.errors import EmailUnreadable, PasswordWeak, SignInNotFresh
from ideals.kernel.actor import Actor

IDLE = timedelta(hours=2)
ABSOLUTE = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
"""A session's last use is written at most this often."""
FRESH = timedelta(minutes=15)
"""What binds somebody for long asks for a proof of who they are that is no older than this."""
INVITED_FOR = timedelta(days=7)
DEVICE_FOR = timedelta(days=180)

SHORTEST, LONGEST = 12, 256
TOKEN_PREFIX = "ideals_"  # noqa: S105 - how a token starts, so that it can be recognised in a leak

FORGOTTEN_AFTER = timedelta(hours=24)
"""Attempts longer ago than this count no more."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}\.[^@\s\x00-\x1f.]{2,63}")
_LEET = str.maketrans("0134578@$!", "oleastbasi")


class Counted(StrEnum):
    """What attempts are counted by."""

    ACCOUNT = "account"
    ADDRESS = "address"
    DEVICE = "device"


FREE = {Counted.ACCOUNT: 5, Counted.ADDRESS: 50, Counted.DEVICE: 5}
LONGEST_DELAY = {
    Counted.ACCOUNT: timedelta(minutes=1),
    Counted.ADDRESS: timedelta(minutes=1),
    Counted.DEVICE: timedelta(minutes=15),
}


def delay_after(counted: Counted, failures: int) -> timedelta:
    """The wait after this many failures: none while free, then 1, 2, 4 ... seconds, bounded."""
    beyond = failures - FREE[counted]
    if beyond < 0:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(beyond, 20)), LONGEST_DELAY[counted])


def attempt_keys(email: str, address: str, device: str | None) -> tuple[tuple[Counted, str], ...]:
    """What one attempt counts for, in the order of locking. A known device counts alone."""
    if device is not None:
        return ((Counted.DEVICE, f"device:{device}"),)
    return (
        (Counted.ACCOUNT, f"account:{fingerprint(email)}"),
        (Counted.ADDRESS, f"address:{network_of(address)}"),
    )


def network_of(address: str) -> str:
    """An address as it is counted: IPv6 by its /64, for one household holds that many."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def folded_email(email: str) -> str:
    """As it is stored and compared. Raises `EmailUnreadable`."""
    folded = email.strip().lower()
    if not _EMAIL.fullmatch(folded):
        raise EmailUnreadable(
            f"{email[:100]!r} is not an e-mail address; write it as name@example.org",
            field="email",
            value=email[:100],
        )
    return folded


def ends_at(now: datetime) -> datetime:
    return now + ABSOLUTE


def check_fresh(actor: Actor, now: datetime) -> None:
    """Raises `SignInNotFresh`. A token proves for whom it was made when it was made."""
    if actor.proved_at is None or now - actor.proved_at > FRESH:
        minutes = int(FRESH.total_seconds() // 60)
        raise SignInNotFresh(
            f"This binds you for a long time: sign in again, then do it within {minutes} minutes",
            minutes=minutes,
        )


def digest(token: str) -> bytes:
    """What is stored of a random token: enough to find it, useless to whoever reads it."""
    return hashlib.sha256(token.encode()).digest()


def fingerprint(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()[:32]


_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"), ("curl/", "curl"), ("python", "Python"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_name(agent: str) -> str:
    """What a person calls it, `Firefox, Windows`; as it came when we do not know it."""
    parts = [
        next((name for mark, name in marks if mark in agent), None)
        for marks in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(part for part in parts if part) or agent[:60]


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def password_matches(stored: str | None, given: str) -> bool:
    """Costs the same when nobody, or nobody with a password, is behind the name."""
    try:
        return _HASHER.verify(stored or _nobodys_hash(), given) and stored is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    return _HASHER.check_needs_rehash(stored)


def check_password(password: str, *, email: str) -> None:
    """Raises `PasswordWeak`, saying what would be right and never what was given."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordWeak(
            f"A password has {SHORTEST} to {LONGEST} characters; four or five words do well",
            field="password",
            reason="length",
        )
    if _is_common(password, own_words=(email.split("@")[0], email.split("@")[1].split(".")[0])):
        raise PasswordWeak(
            "This password is among the first that others try; four or five unrelated words do "
            "well",
            field="password",
            reason="common",
        )


def _is_common(password: str, *, own_words: tuple[str, ...]) -> bool:
    plain = password.casefold()
    bare = re.sub(r"[\W\d_]+", "", plain)
    stem = plain.rstrip("0123456789!?.@#$*-_ ")
    unleet = re.sub(r"[\W\d_]+", "", stem.translate(_LEET))
    known = _common() | {word for word in own_words if len(word) >= 4} | {"ideals"}
    candidates = {plain, bare, unleet, stem}
    return bool(candidates & known) or any(_is_pattern(text) for text in (plain, bare))


def _is_pattern(text: str) -> bool:
    """Few signs repeated, or a run of the alphabet, the digits or the keyboard."""
    if len(text) < 8:
        return False
    if len(set(text)) <= 4:
        return True
    runs = "abcdefghijklmnopqrstuvwxyz 01234567890123456789 qwertyuiopasdfghjklzxcvbnm 1qaz2wsx3edc"
    if text in runs or text[::-1] in runs:
        return True
    return any(
        text == (text[:size] * len(text))[: len(text)] for size in range(1, len(text) // 2 + 1)
    )


@cache
def _common() -> frozenset[str]:
    """Words and passwords that stand first in every published list, one a line, folded."""
    text = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("the password of nobody")
