"""What PostgreSQL itself needs to take in the rows of a run: one plain COPY from a file of its own.

The file is written by COPY TO from the rows the run has just posted. The table has the same
columns, key, checks and indexes as a partition of the ledger, foreign keys to the accounts, and no
triggers. The ledger itself looks in its trigger, for all rows of a statement together, whether the
accounts exist; a bare COPY, without foreign keys, is measured as well.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.stand import TICK, Stand, processor_seconds
from ideals.kernel.month import Month

FOREIGN_KEYS = """
    ALTER TABLE yardstick
        ADD FOREIGN KEY (from_account) REFERENCES ledger_account,
        ADD FOREIGN KEY (to_account) REFERENCES ledger_account
"""


class Copied(NamedTuple):
    seconds: float
    processor_seconds: float


def copied(stand: Stand, month: Month, *, foreign_keys: bool = True) -> Copied:
    """`COPY yardstick FROM file` with the rows of this month, commit included."""
    with tempfile.TemporaryDirectory(prefix="ideals-yardstick-") as folder:
        os.chmod(folder, 0o777)  # noqa: PTH101  the server may run as another user
        file = Path(folder) / "rows"
        stand.sql(f"COPY ledger_transfer_{month.number} TO '{file}'")
        stand.sql("DROP TABLE IF EXISTS yardstick")
        stand.sql("CREATE TABLE yardstick (LIKE ledger_transfer INCLUDING ALL)")
        if foreign_keys:
            stand.sql(FOREIGN_KEYS)
        stand.sql("CHECKPOINT")
        used = processor_seconds()
        begun = time.perf_counter()
        stand.sql(f"COPY yardstick FROM '{file}'")
        seconds = time.perf_counter() - begun
        # The kernel counts in ticks: less than one is one.
        used = max(processor_seconds() - used, TICK)
        stand.sql("DROP TABLE yardstick")
        return Copied(seconds, used)
