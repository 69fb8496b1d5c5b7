"""Ids, made before the write so that they can serve as retry keys.

A transfer's id shows its month in its first six hex digits (`202603...`), which the database
compares with the month column: the key (month, id) is therefore unique in the whole ledger though
each partition has an index of its own.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from uuid import UUID

from ideals.kernel.month import Month


def new_id() -> UUID:
    """A time-ordered id (the layout of UUID version 7)."""
    millis = time.time_ns() // 1_000_000
    value = (millis << 80) | (0x7 << 76) | (secrets.randbits(12) << 64)
    return UUID(int=value | (0b10 << 62) | secrets.randbits(62))


def new_transfer_id(month: Month) -> UUID:
    """For a transfer that answers one act of one person; make it once and retry with the same."""
    return UUID(hex=f"{month.number:06d}{secrets.token_hex(13)}")


def fact_transfer_id(month: Month, *fact: object) -> UUID:
    """For a transfer that a job posts by itself: the same fact is the same transfer, whoever tries
    it and however often."""
    text = "\x1f".join(str(part) for part in fact)
    digits = hashlib.blake2b(text.encode(), digest_size=13).hexdigest()
    return UUID(hex=f"{month.number:06d}{digits}")


def fact_tag(*parts: object) -> str:
    """Eight hex digits that stand for a business fact inside its run and employee."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def run_transfer_id(month: Month, run: int, employee: int, for_month: Month, tag: str) -> str:
    """The id of what a run posts: a function of the fact alone, adjacent in the index.

    Hex digits: month 6, run 6, employee 8, for_month 4 (as months since year 0), `fact_tag` 8.
    """
    return run_transfer_pattern(month, run, for_month, tag) % employee


def run_transfer_pattern(month: Month, run: int, for_month: Month, tag: str) -> str:
    """The same for every employee: `pattern % employee` is the id."""
    index = for_month.year * 12 + for_month.month - 1
    return f"{month.number:06d}{run:06x}%08x{index:04x}{tag}"
