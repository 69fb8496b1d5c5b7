"""What payroll has, and where it came from.

`moved` and `claims` say what belongs into a batch. `batches`: what was made of it. `lines`: one line
down to its orders. `reconciliation`: batches beside the ledger. `codes`, `bonuses`, `refusals`.
"""

from __future__ import annotations

from ideals.payroll.queries.batches import (
    Asked,
    CodeTotal,
    Listing,
    access_batch,
    batch_of,
    batches,
    exported,
    line_of,
    lines_listing,
    months_without_batch,
    totals_of,
)
from ideals.payroll.queries.bonuses import BonusOfMonth, bonuses, bonuses_of
from ideals.payroll.queries.codes import kept_codes
from ideals.payroll.queries.lines import (
    Act,
    Behind,
    LineTold,
    access_line,
    claimed_by,
    line_told,
)
from ideals.payroll.queries.reconciliation import Reconciled, prove_batches, reconciliation
from ideals.payroll.queries.refusals import refusal_of, refusals

__all__ = [
    "Act",
    "Asked",
    "Behind",
    "BonusOfMonth",
    "CodeTotal",
    "LineTold",
    "Listing",
    "Reconciled",
    "access_batch",
    "access_line",
    "batch_of",
    "batches",
    "bonuses",
    "bonuses_of",
    "claimed_by",
    "exported",
    "kept_codes",
    "line_of",
    "line_told",
    "lines_listing",
    "months_without_batch",
    "prove_batches",
    "reconciliation",
    "refusal_of",
    "refusals",
    "totals_of",
]
